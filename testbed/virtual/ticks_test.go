package virtual

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/node"
	"treecast/run"
	"treecast/testbed/nemesis"
)

// punctual is all that a run leaves behind, digested, with ticks put off or not,
// and how many of them were planned.
func punctual(t *testing.T, cfg Config, prompt bool) (trace string, ticks int) {
	d := digest{sha256.New()}
	cfg.PollHealth = true
	b, err := prepare(cfg, Observers{Network: d, Health: func(now time.Duration, node string, body json.RawMessage) {
		fmt.Fprintf(d, "health %d %s %s\n", now, node, body)
	}})
	require.NoError(t, err)
	b.prompt = prompt
	out, err := b.run(t.Context())
	require.NoError(t, err)
	for _, n := range out.Nodes {
		fmt.Fprintf(d, "%s %d\n%s", n.Node, n.Busy, n.Log)
	}
	require.NoError(t, run.History(out.History).WriteEDN(d))
	return fmt.Sprintf("%x", d.Sum(nil)), b.ticks
}

func TestTicksThatArePutOffChangeNothing(t *testing.T) {
	putOff := false
	rapid.Check(t, func(rt *rapid.T) {
		cfg := config(t, rapid.IntRange(1, 9).Draw(rt, "nodes"))
		cfg.Session.Seed = rapid.Uint64().Draw(rt, "seed")
		cfg.Session.TimeLimit, cfg.Session.RatePerSec = 3*sec, rapid.SampledFrom([]float64{2, 20, 200}).Draw(rt, "rate")
		cfg.Node.NumChildren = rapid.IntRange(1, 4).Draw(rt, "children")
		cfg.Session.Nemesis = nemesis.Config{
			Faults:   rapid.SliceOfNDistinct(rapid.SampledFrom(nemesis.Faults()), 0, 4, rapid.ID).Draw(rt, "faults"),
			Interval: rapid.SampledFrom([]time.Duration{200 * ms, sec}).Draw(rt, "interval"),
		}
		if rapid.Bool().Draw(rt, "overloaded") {
			cfg.Node.Queues = map[string]node.QueueSizes{"intake": {Preferred: 1, Capacity: 8}}
			cfg.Costs = DefaultCosts()
			cfg.Costs.Services["store"] = Cost{Step: rapid.SampledFrom([]time.Duration{20 * ms, 300 * ms}).Draw(rt, "step")}
		}
		eager, all := punctual(t, cfg, true)
		lazy, some := punctual(t, cfg, false)
		require.Equal(rt, eager, lazy)
		putOff = putOff || some < all/2
	})
	require.True(t, putOff)
}
