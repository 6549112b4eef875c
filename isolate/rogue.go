package isolate

import (
	"os"
	"syscall"
	"time"

	"treecast/isolate/frame"
	"treecast/isolate/hop"
	"treecast/node/inject"
)

// goRogue makes the process go wrong as a whole, at the times that its faults name: for
// tests, and for people who want to see what becomes of the node then.
func (c *child) goRogue(h *hop.Hello) {
	for i := range h.Faults {
		f := &h.Faults[i]
		if f.Kind == inject.Rogue && (f.Node == "" || f.Node == h.Node) && (f.For == 0 || h.Now < f.From+f.For) {
			time.AfterFunc(max(0, f.From-h.Now), func() { c.rogue(f.How) })
		}
	}
}

// rogue goes wrong in one way.
func (c *child) rogue(how string) {
	switch how {
	case "garbage":
		c.mu.Lock()
		defer c.mu.Unlock()
		c.out = append(c.out, "this is no frame, and goes on like that"...)
		c.write()
	case "flood":
		out := frame.Append(nil, &hop.StepOut{})
		for {
			c.say(hop.TypeDue, out)
		}
	case "hog":
		hold := make([][]byte, 0, 1<<20)
		for range time.Tick(5 * time.Millisecond) {
			b := make([]byte, 8<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			hold = append(hold, b) //nolint:staticcheck // what is held is memory
		}
	case "spin":
		c.spin.Store(true)
	case "silent":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case "exit":
		os.Exit(1)
	}
}
