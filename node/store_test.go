package node

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
	"treecast/wire"
)

// entry is an entry of n1's.
func entry(counter uint64, value string) gossip.Entry {
	return gossip.Entry{Origin: gossip.NewOriginID("n1", "log"), Counter: counter, Value: value}
}

// deliveryOf is what gossip hands to the store.
func deliveryOf(batch uint64, entries ...gossip.Entry) workItem {
	return workItem{kind: workDelivery, more: &gossip.Delivery{Ticket: gossip.Ticket{From: "n1", PeerIncarnation: 5, Batch: batch}, Entries: entries}}
}

// Any value is read as it was written.
func TestStore_readsShowValuesAsWritten(t *testing.T) {
	r := StartedRig(t, IDs(1))
	values := []string{
		`0`, `-1`, `9007199254740993`, `123456789012345678901234567890`, `1.50`, `1E+2`, `"a\u0062"`, `"\ud83d\ude00 é"`,
		`null`, `true`, `false`, `[]`, `{}`, `[ 1 , [2] ]`, `{ "b" : 1, "a" : [null] }`, `""`,
	}
	for i, v := range values {
		require.Equal(t, []string{Say("n0", "c1", fmt.Sprintf(`{"type":"broadcast_ok","in_reply_to":%d}`, i))}, r.Ask(0, BroadcastLine("n0", i, v)))
	}
	require.Equal(t, "["+strings.Join(values, ",")+"]", r.Values(0))
	require.Equal(t, len(values), r.state.log.Len())
}

// Equal values are one element of a read and every one is acknowledged.
func TestStore_equalValuesAreOneElement(t *testing.T) {
	for _, equal := range [][]string{
		{`1`, `1`}, {`-0`, `0`}, {`"a"`, `"\u0061"`}, {`{"a":1,"b":2}`, `{"b":2, "a":1}`, `{"a":0,"b":2,"a":1}`},
		{`1.0`, `1.00`, `10e-1`}, {`[1,2]`, `[ 1, 2 ]`}, {`1000000000000000000000`, `1000000000000000000000`},
	} {
		r := StartedRig(t, IDs(1))
		for i, v := range equal {
			require.Equal(t, []string{Say("n0", "c1", fmt.Sprintf(`{"type":"broadcast_ok","in_reply_to":%d}`, i))}, r.Ask(0, BroadcastLine("n0", i, v)))
		}
		require.Equal(t, "["+equal[0]+"]", r.Values(0), "as it was spelt first")
		require.Equal(t, len(equal), r.state.log.Len(), "but every broadcast is an entry")
	}
}

// Values that only look alike are several.
func TestStore_similarValuesAreSeveral(t *testing.T) {
	r := StartedRig(t, IDs(1))
	values := []string{`1`, `1.0`, `"1"`, `[1]`, `true`, `"true"`, `null`, `"null"`, `10000000000000000000`, `10000000000000000001`, `0.1`, `0.10000000000000000001`}
	for i, v := range values {
		r.Ask(0, BroadcastLine("n0", i, v))
	}
	require.Equal(t, "["+strings.Join(values, ",")+"]", r.Values(0))
}

// A value that nests too deeply is refused.
func TestStore_refusesDeepValues(t *testing.T) {
	r := StartedRig(t, IDs(1))
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	out := r.Ask(0, BroadcastLine("n0", 5, nested(wire.MaxValueDepth+1)))
	require.Len(t, out, 1)
	require.Contains(t, out[0], `"in_reply_to":5,"code":12,"text":"the message of a broadcast must be a JSON value: not JSON: nested deeper`)
	require.Zero(t, r.state.log.Len())
	require.Zero(t, r.intakeBytes.used.Load())

	require.Contains(t, r.Ask(0, BroadcastLine("n0", 5, nested(wire.MaxValueDepth)))[0], "broadcast_ok")
	require.Equal(t, uint64(1), r.state.log.At(0).Counter, "what is refused uses no counter")
}

// Own entries are counted from one under the node's name.
func TestStore_countersBeginAtOne(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for i := range 3 {
		r.Ask(0, BroadcastLine("n0", i, fmt.Sprint(10*i)))
	}
	require.Equal(t, 3, r.state.log.Len())
	for i := range 3 {
		e := r.state.log.At(i)
		require.Equal(t, "n0", e.Origin.Value().Node)
		require.Equal(t, r.store.logName, e.Origin.Value().Log)
		require.Equal(t, uint64(i+1), e.Counter)
		require.Equal(t, fmt.Sprint(10*i), e.Value)
	}
}

// Every node has a log of its own.
func TestStore_everyNodeHasItsLog(t *testing.T) {
	r := StartedRig(t, IDs(1))
	again, err := New(r.cfg, &r.Stdout) // the same source of random numbers, further on
	require.NoError(t, err)
	require.NotEmpty(t, r.store.logName)
	require.NotEqual(t, r.store.logName, again.store.logName)
}

// A delivery is stored once and its ticket follows.
func TestStore_deliveryIsAppliedOnce(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for range 2 {
		j := deliveryOf(3, entry(1, "1"), entry(2, "2"), entry(2, "2"), entry(3, "1"))
		r.store.handle(0, &j)
	}
	require.Equal(t, 3, r.state.log.Len())
	require.Equal(t, "[1,2]", r.Values(0))
	require.Empty(t, r.storedSignal.take(nil), "gossip has taken them by now")

	j := deliveryOf(4, entry(4, "4"))
	r.store.handle(0, &j)
	require.Equal(t, []gossip.Ticket{j.delivery().Ticket}, r.storedSignal.take(nil))
	require.True(t, r.storedSignal.pending.Load())
}

// A batch with a value that cannot be read is not stored at all and not acked.
func TestStore_unreadableValueRefusesTheBatch(t *testing.T) {
	r := StartedRig(t, IDs(2))
	for _, bad := range []string{``, `x`, `[1`, `1 2`, strings.Repeat("[", 600) + strings.Repeat("]", 600)} {
		j := deliveryOf(3, entry(1, "1"), entry(2, bad), entry(3, "3"))
		r.store.handle(0, &j)
	}
	require.Zero(t, r.state.log.Len())
	require.Empty(t, r.storedSignal.take(nil))
	require.Equal(t, uint64(5), r.counters.badPeerMsgs.Load())
	require.Equal(t, 5, strings.Count(r.Logs.String(), "a peer's value cannot be read"))
	require.Equal(t, "[]", r.Values(0))

	j := deliveryOf(4, entry(1, "1"), entry(2, "2"), entry(3, "3"))
	r.store.handle(0, &j)
	require.Equal(t, "[1,2,3]", r.Values(0), "it comes again, whole")
}

// A panic in the store loses the item in hand and no known value.
func TestStore_panicLosesOneItem(t *testing.T) {
	r := StartedRig(t, IDs(2))
	r.Ask(0, BroadcastLine("n0", 1, "1"))
	r.intakeBytes.take(10)
	hostile := workItem{kind: workInit, bytes: 10} // nobody can make one from outside
	require.Panics(t, func() { r.store.handle(0, &hostile) })
	r.store.lost(0, &hostile)
	require.Zero(t, r.intakeBytes.used.Load())
	r.Ask(0, BroadcastLine("n0", 2, "2"))
	require.Equal(t, "[1,2]", r.Values(0))
	require.Equal(t, uint64(2), r.state.log.At(1).Counter)
}

// The store is what a model of it is.
func TestStore_behavesLikeItsModel(t *testing.T) {
	value := rapid.SampledFrom([]string{`1`, `2`, `3`, `"1"`, `1.0`, `[1]`, `null`})
	rapid.Check(t, func(t *rapid.T) {
		r := StartedRig(t, IDs(2))
		seen := map[string]bool{}
		var shown []string
		stored := map[uint64]bool{}
		entries, own := 0, 0
		note := func(v string) {
			entries++
			if !seen[v] {
				seen[v] = true
				shown = append(shown, v)
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "client") {
				v := value.Draw(t, "value")
				r.AdmitLines(0, BroadcastLine("n0", own, v))
				r.WorkStore(0)
				own++
				note(v)
				continue
			}
			first := rapid.Uint64Range(1, 20).Draw(t, "first")
			var batch []gossip.Entry
			for c := first; c < first+rapid.Uint64Range(1, 4).Draw(t, "length"); c++ {
				v := fmt.Sprint(c % 5)
				batch = append(batch, entry(c, v))
				if !stored[c] {
					stored[c] = true
					note(v)
				}
			}
			j := deliveryOf(1, batch...)
			r.store.handle(0, &j)
		}
		require.Equal(t, entries, r.state.log.Len())
		require.Equal(t, len(shown), int(r.state.shown.Load()))
		require.Equal(t, "["+strings.Join(shown, ",")+"]", r.Values(time.Second))
	})
}

// Every request is copied into the queue and out of it again.
func TestStore_itemsAreNarrow(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(workItem{}), uintptr(128))
	require.LessOrEqual(t, unsafe.Sizeof(outgoing{}), uintptr(104))
	require.LessOrEqual(t, unsafe.Sizeof(walItem{}), uintptr(136))
}
