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
type Rig struct {
	*Node
	t      require.TestingT
	Stdout bytes.Buffer
	Logs   bytes.Buffer
}

// newRig returns a node that has heard nothing yet.
func NewRig(t require.TestingT, change ...func(*Config)) *Rig {
	r := &Rig{t: t}
	cfg := Config{App: "broadcast", Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.NewTextHandler(&r.Logs, nil))}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	r.Node, err = New(cfg, &r.Stdout)
	require.NoError(t, err)
	return r
}

// startedRig returns a node that has been initialised at time 0 as the first
// of the given ones, and has said so.
func StartedRig(t require.TestingT, ids []string, change ...func(*Config)) *Rig {
	r := NewRig(t, change...)
	r.AdmitLines(0, InitLine(0, ids[0], ids...))
	require.Equal(t, []string{Say(ids[0], "c0", `{"type":"init_ok","in_reply_to":1}`)}, r.Settle(0))
	return r
}

// ids returns n0, n1, ... n(count-1).
func IDs(count int) []string {
	out := make([]string, count)
	for i := range out {
		out[i] = fmt.Sprintf("n%d", i)
	}
	return out
}

// say spells a message as the node spells its own.
func Say(src, dest, body string) string {
	return fmt.Sprintf(`{"src":%q,"dest":%q,"body":%s}`, src, dest, body)
}

// initLine spells an init as Maelstrom does, with the envelope's id.
func InitLine(id int, self string, nodes ...string) string {
	return fmt.Sprintf(`{"id":%d,"src":"c0","dest":%q,"body":{"type":"init","node_id":%q,"node_ids":["%s"],"msg_id":1}}`,
		id, self, self, strings.Join(nodes, `","`))
}

// broadcastLine is client c1's request to broadcast a value.
func BroadcastLine(dest string, msgID int, value string) string {
	return Say("c1", dest, fmt.Sprintf(`{"type":"broadcast","message":%s,"msg_id":%d}`, value, msgID))
}

// readLine is client c1's request to read.
func ReadLine(dest string, msgID int) string {
	return Say("c1", dest, fmt.Sprintf(`{"type":"read","msg_id":%d}`, msgID))
}

// admit hands lines to the intake, one after the other.
func (r *Rig) AdmitLines(now time.Duration, lines ...string) { r.Feed(now, stdin.Waiting, lines...) }

// feed is admit for lines that may have waited while the process was stopped.
func (r *Rig) Feed(now time.Duration, client stdin.Client, lines ...string) {
	for _, line := range lines {
		item, err := wire.NewReader(strings.NewReader(line), r.cfg.MaxLineBytes).Next()
		require.NoError(r.t, err)
		r.intake.admit(now, now, &item, client)
	}
}

// work has record and gossip do all that they can do now.
func (r *Rig) Work(now time.Duration) {
	for again := true; again; {
		again = r.WorkStore(now)
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
func (r *Rig) WorkStore(now time.Duration) (any bool) {
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
func (r *Rig) Write(now time.Duration) []string {
	for item, ok := r.outputInbox.TryNext(); ok; item, ok = r.outputInbox.TryNext() {
		require.NoError(r.t, r.output.handle(now, &item))
	}
	require.NoError(r.t, r.output.writer.Flush())
	if r.Stdout.Len() == 0 {
		return nil
	}
	text := r.Stdout.String()
	r.Stdout.Reset()
	require.True(r.t, strings.HasSuffix(text, "\n"), "whole lines only")
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// settle is work and write.
func (r *Rig) Settle(now time.Duration) []string {
	r.Work(now)
	return r.Write(now)
}

// ask admits a line, lets everything happen, and returns what is said.
func (r *Rig) Ask(now time.Duration, line string) []string {
	r.AdmitLines(now, line)
	return r.Settle(now)
}

// values is what a read shows once all that waits is done, as it stands in the
// reply.
func (r *Rig) Values(now time.Duration) string {
	self := r.intake.self.id
	r.Settle(now)
	r.AdmitLines(now, ReadLine(self, 77))
	r.WorkStore(now)
	out := r.Write(now)
	require.Len(r.t, out, 1)
	before, after := fmt.Sprintf(`{"src":%q,"dest":"c1","body":{"type":"read_ok","in_reply_to":77,"messages":`, self), `}}`
	require.True(r.t, strings.HasPrefix(out[0], before) && strings.HasSuffix(out[0], after), out[0])
	return strings.TrimSuffix(strings.TrimPrefix(out[0], before), after)
}

// figures are what the gossip service tells of itself.
func (r *Rig) GossipFigures(now time.Duration) *service.Figures {
	return r.gossiper.service.Step(&service.In{Now: now, Figures: true}).Figures
}
