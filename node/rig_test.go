package node

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip/service"
	"treecast/node/stdin"
	"treecast/wire"
)

// rig drives the steps of one node without goroutines, at times of the test's
// choice.
type rig struct {
	*Node
	t      require.TestingT
	stdout bytes.Buffer
	logs   bytes.Buffer
}

// newRig returns a node that has heard nothing yet.
func newRig(t require.TestingT, change ...func(*Config)) *rig {
	r := &rig{t: t}
	cfg := Config{Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.NewTextHandler(&r.logs, nil))}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	r.Node, err = New(cfg, &r.stdout)
	require.NoError(t, err)
	return r
}

// startedRig returns a node that has been initialised at time 0 as the first
// of the given ones, and has said so.
func startedRig(t require.TestingT, ids []string, change ...func(*Config)) *rig {
	r := newRig(t, change...)
	r.admit(0, initLine(0, ids[0], ids...))
	require.Equal(t, []string{say(ids[0], "c0", `{"type":"init_ok","in_reply_to":1}`)}, r.settle(0))
	return r
}

// ids returns n0, n1, ... n(count-1).
func ids(count int) []string {
	out := make([]string, count)
	for i := range out {
		out[i] = fmt.Sprintf("n%d", i)
	}
	return out
}

// say spells a message as the node spells its own.
func say(src, dest, body string) string {
	return fmt.Sprintf(`{"src":%q,"dest":%q,"body":%s}`, src, dest, body)
}

// initLine spells an init as Maelstrom does, with the envelope's id.
func initLine(id int, self string, nodes ...string) string {
	return fmt.Sprintf(`{"id":%d,"src":"c0","dest":%q,"body":{"type":"init","node_id":%q,"node_ids":["%s"],"msg_id":1}}`,
		id, self, self, strings.Join(nodes, `","`))
}

// broadcastLine is client c1's request to broadcast a value.
func broadcastLine(dest string, msgID int, value string) string {
	return say("c1", dest, fmt.Sprintf(`{"type":"broadcast","message":%s,"msg_id":%d}`, value, msgID))
}

// readLine is client c1's request to read.
func readLine(dest string, msgID int) string {
	return say("c1", dest, fmt.Sprintf(`{"type":"read","msg_id":%d}`, msgID))
}

// admit hands lines to the intake, one after the other.
func (r *rig) admit(now time.Duration, lines ...string) { r.feed(now, stdin.Waiting, lines...) }

// feed is admit for lines that may have waited while the process was stopped.
func (r *rig) feed(now time.Duration, client stdin.Client, lines ...string) {
	for _, line := range lines {
		item, err := wire.NewReader(strings.NewReader(line), r.cfg.MaxLineBytes).Next()
		require.NoError(r.t, err)
		r.intake.admit(now, now, &item, client)
	}
}

// work has record and gossip do all that they can do now.
func (r *rig) work(now time.Duration) {
	for again := true; again; {
		again = r.workRecord(now)
		for r.journaler != nil && r.journaler.step(now) {
			again = true
		}
		for r.gossiper.step(now) {
			again = true
		}
	}
}

// workRecord has the store do what is queued and reports whether there was
// anything.
func (r *rig) workRecord(now time.Duration) (any bool) {
	for {
		work, err := r.store.Step(now)
		require.NoError(r.t, err)
		if !work.Did {
			return any
		}
		any = true
	}
}

// write has the output write what is queued, and returns the lines.
func (r *rig) write(now time.Duration) []string {
	for item, ok := r.outputInbox.TryNext(); ok; item, ok = r.outputInbox.TryNext() {
		require.NoError(r.t, r.output.handle(now, &item))
	}
	require.NoError(r.t, r.output.writer.Flush())
	if r.stdout.Len() == 0 {
		return nil
	}
	text := r.stdout.String()
	r.stdout.Reset()
	require.True(r.t, strings.HasSuffix(text, "\n"), "whole lines only")
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// settle is work and write.
func (r *rig) settle(now time.Duration) []string {
	r.work(now)
	return r.write(now)
}

// ask admits a line, lets everything happen, and returns what is said.
func (r *rig) ask(now time.Duration, line string) []string {
	r.admit(now, line)
	return r.settle(now)
}

// values is what a read shows once all that waits is done, as it stands in the
// reply.
func (r *rig) values(now time.Duration) string {
	self := r.intake.self.id
	r.settle(now)
	r.admit(now, readLine(self, 77))
	r.workRecord(now)
	out := r.write(now)
	require.Len(r.t, out, 1)
	before, after := fmt.Sprintf(`{"src":%q,"dest":"c1","body":{"type":"read_ok","in_reply_to":77,"messages":`, self), `}}`
	require.True(r.t, strings.HasPrefix(out[0], before) && strings.HasSuffix(out[0], after), out[0])
	return strings.TrimSuffix(strings.TrimPrefix(out[0], before), after)
}

// figures are what the gossip service tells of itself.
func (r *rig) figures(now time.Duration) *service.Figures {
	return r.gossiper.service.Step(&service.In{Now: now, Figures: true}).Figures
}
