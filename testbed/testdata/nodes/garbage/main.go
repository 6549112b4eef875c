// Command garbage is a broadcast node that prints one line that is no JSON
// after its fifth broadcast_ok, and goes on as if nothing were. Under
// Maelstrom nothing that such a node says is heard from then on, while the
// run's verdict may still be valid. It is there to show that the test bed does
// the same, and names the line.
package main

import (
	"log"
	"os"
	"sync"

	"treecast/testbed/testdata/nodes/naive"
)

const garbageAfter = 5

func main() {
	var out stdout
	n := naive.New()
	n.Stdout = &out
	n.Acknowledged = func(count int) {
		if count == garbageAfter {
			out.printGarbage()
		}
	}
	n.Main()
}

// stdout gives the garbage a line to itself. The library writes a line and its
// newline one after the other, and other goroutines may be between the two.
type stdout struct {
	mu      sync.Mutex
	inLine  bool
	garbage bool // waits for the end of the line
}

func (s *stdout) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := os.Stdout.Write(p)
	s.inLine = len(p) > 0 && p[len(p)-1] != '\n'
	s.print()
	return n, err
}

func (s *stdout) printGarbage() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.garbage = true
	s.print()
}

func (s *stdout) print() {
	if !s.garbage || s.inLine {
		return
	}
	s.garbage = false
	if _, err := os.Stdout.WriteString("this line is garbage\n"); err != nil {
		log.Print(err)
	}
}
