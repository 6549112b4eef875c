package counter

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/app"
	"treecast/gossip"
	"treecast/wire"
)

func add(t require.TestingT, c *Counter, delta int64) app.Answer {
	a := c.Serve(0, &app.Call{Class: app.Write, Data: delta})
	require.Zero(t, a.Code)
	return a
}

func value(t require.TestingT, c *Counter) string {
	a := c.Serve(0, &app.Call{Class: app.Read})
	require.Equal(t, "read_ok", a.Reply.Type)
	return string(a.Reply.Fields)
}

// However entries of any nodes come, and however often, a read is the sum of what was
// added; and of every log only the newest entry is not stood for.
func TestCounter_readIsTheSumInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []gossip.Entry
		sum := int64(0)
		for node := range rapid.IntRange(1, 3).Draw(t, "nodes") {
			c := New(app.Env{}).(*Counter)
			origin := gossip.NewOriginID(fmt.Sprint("n", node), "a.counter")
			for _, delta := range rapid.SliceOfN(rapid.Int64Range(-5, 5), 0, 8).Draw(t, "deltas") {
				sum += delta
				if a := add(t, c, delta); a.Entry != "" {
					entries = append(entries, gossip.Entry{Origin: origin, Counter: uint64(len(entries) + 1), Value: a.Entry})
				}
			}
		}
		newest := map[gossip.OriginID]uint64{}
		for _, e := range entries {
			newest[e.Origin] = max(newest[e.Origin], e.Counter)
		}
		var log []gossip.Entry
		stood := map[int]bool{}
		c := New(app.Env{Stood: func(at int) {
			require.False(t, stood[at])
			stood[at] = true
		}}).(*Counter)
		for _, e := range rapid.Permutation(entries).Draw(t, "order") {
			if e.Counter < newest[e.Origin] && rapid.Bool().Draw(t, "mark") {
				e.Value = gossip.Stood
			}
			if rapid.Bool().Draw(t, "shown first") {
				c.Apply(&e, "", app.NotYet)
			}
			log = append(log, e)
			c.Apply(&e, "", len(log)-1)
		}
		require.Equal(t, fmt.Sprintf(`,"value":%d`, sum), value(t, c))
		for at, e := range log {
			if e.Value != gossip.Stood {
				require.Equal(t, e.Counter < newest[e.Origin], stood[at], "%v", e)
			}
		}
	})
}

// A total that is not in the node's log yet stands for nothing: it may be lost.
func TestCounter_shownTotalsStandForNothing(t *testing.T) {
	stood := 0
	c := New(app.Env{Stood: func(int) { stood++ }}).(*Counter)
	origin := gossip.NewOriginID("n1", "a.counter")
	c.Apply(&gossip.Entry{Origin: origin, Counter: 1, Value: "[1,0]"}, "", 0)
	c.Apply(&gossip.Entry{Origin: origin, Counter: 2, Value: "[3,1]"}, "", app.NotYet)
	require.Equal(t, `,"value":2`, value(t, c))
	require.Zero(t, stood)
	c.Apply(&gossip.Entry{Origin: origin, Counter: 2, Value: "[3,1]"}, "", 1)
	require.Equal(t, 1, stood)
}

func TestCounter_sumsAreExact(t *testing.T) {
	c := New(app.Env{Stood: func(int) {}}).(*Counter)
	for node := range 4 {
		e := gossip.Entry{Origin: gossip.NewOriginID(fmt.Sprint("n", node), "a.counter"), Counter: 1, Value: "[9223372036854775807,0]"}
		c.Apply(&e, "", node)
	}
	require.Equal(t, `,"value":36893488147419103228`, value(t, c))
	c.given.up = 9223372036854775807
	require.Equal(t, wire.PreconditionFailed, c.Serve(0, &app.Call{Class: app.Write, Data: int64(1)}).Code)
}

func TestParse_tellsCountersFromSets(t *testing.T) {
	call, err := PositiveNegative.Parse("add", app.Body(`{"type":"add","delta":-3}`))
	require.NoError(t, err)
	require.Equal(t, app.Call{Class: app.Write, Value: []byte("-3"), Data: int64(-3)}, call)
	_, err = Grow.Parse("add", app.Body(`{"type":"add","delta":-3}`))
	require.ErrorContains(t, err, "grows")
	call, err = Grow.Parse("add", app.Body(`{"type":"add","delta":3}`))
	require.NoError(t, err)
	require.True(t, call.Vague, "the other has it, too")
	call, err = PositiveNegative.Parse("add", app.Body(`{"type":"add","element":3}`))
	require.NoError(t, err)
	require.Zero(t, call)
	for _, body := range []string{`{"delta":1.5}`, `{"delta":"1"}`, `{"delta":9007199254740992}`, `{}`} {
		_, err := PositiveNegative.Parse("add", app.Body(body))
		require.Error(t, err, body)
	}
}

// Nothing that a peer can send breaks a node.
func FuzzApply(f *testing.F) {
	f.Add("[1,2]")
	f.Add("0")
	f.Add("[18446744073709551615,0]")
	f.Add("[1,2,3]")
	f.Fuzz(func(t *testing.T, text string) {
		c := New(app.Env{Stood: func(int) {}}).(*Counter)
		if _, err := check(text); err == nil {
			c.Apply(&gossip.Entry{Origin: gossip.NewOriginID("n1", "a.counter"), Counter: 1, Value: text}, "", 0)
			value(t, c)
		}
	})
}
