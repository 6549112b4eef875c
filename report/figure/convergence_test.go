package figure

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

func TestConvergenceCountsFromTheBroadcastToEveryNode(t *testing.T) {
	m := record(t, small)
	c := Converge(m, 3, nil)
	n1, n2 := int32(slices.Index(m.Names, "n1")), int32(slices.Index(m.Names, "n2"))
	require.Equal(t, []Spread{
		{Value: 0, Sent: ms(10), Took: ms(1500), Handed: 3, Last: n2},
		{Value: 1, Sent: ms(60), Took: ms(1440), Handed: 3, Last: n1},
	}, c.Spreads)
	require.Equal(t, 2, c.Full)
	require.EqualValues(t, 6, c.Handed)
	require.Equal(t, []Step{{0, 1. / 6}, {1, 2. / 6}, {140, 3. / 6}, {310, 4. / 6}, {1440, 5. / 6}, {1500, 1}}, c.Each.Distribution(6, 100))
	require.Equal(t, []Step{{1440, 0.5}, {1500, 1}}, c.All.Distribution(2, 100))
	require.Equal(t, []Spread{c.Spreads[0]}, c.Slowest(1))
	require.Zero(t, c.LeftOut)
}

func TestAValueThatNobodyAcknowledgedNeedNotSpread(t *testing.T) {
	h := run.History{
		op(1, run.Fail, 0, "broadcast", "17"), op(2, run.Fail, 1, "broadcast", `"a"`), op(3, run.OK, 2, "broadcast", `"a"`),
		op(4, run.OK, 2, "broadcast", `9`), op(5, run.Fail, 2, "broadcast", `9`), op(6, run.Fail, 2, "read", "8"), op(7, run.Info, 3, "broadcast", "5"),
	}
	unpromised := Unpromised(h, "broadcast")
	require.Equal(t, map[string]bool{"17": true, `"a"`: false, "9": false, "5": true}, unpromised)
	c := Converge(record(t, small), 4, unpromised)
	require.Equal(t, 1, c.Unpromised)
	require.Len(t, c.Spreads, 1)
	require.Equal(t, int32(1), c.Spreads[0].Value)
	require.EqualValues(t, 3, c.Handed, "what is left out is not counted anywhere")
	require.Equal(t, []Step{{0, 0.25}, {310, 0.5}, {1440, 0.75}}, c.Each.Distribution(4, 9))
	c = Converge(record(t, small), 3, unpromised)
	require.Zero(t, c.Unpromised, "it is everywhere anyway")
	require.Equal(t, 2, c.Full)
}

func TestAValueThatIsNotEverywhereIsTheSlowest(t *testing.T) {
	c := Converge(record(t, small), 4, nil)
	require.Zero(t, c.Full)
	require.Zero(t, c.All.Within())
	require.Equal(t, c.Spreads, c.Slowest(9), "of equals the first sent is first")
	c = Convergence{Nodes: 2, Spreads: []Spread{{Value: 1, Handed: 2, Took: ms(9)}, {Value: 2, Handed: 1, Took: ms(1)}, {Value: 3, Handed: 2, Took: ms(10)}}}
	require.Equal(t, []Spread{c.Spreads[1], c.Spreads[2], c.Spreads[0]}, c.Slowest(3))
}

func TestTheWayOfAValueIsThatOfTheMessagesThatHandedItFirst(t *testing.T) {
	m := record(t, small)
	n2 := int32(slices.Index(m.Names, "n2"))
	require.Equal(t, []Hop{{Transit: 0}, {Transit: 1, Waited: ms(39)}, {Transit: 6, Waited: ms(1250)}}, Way(m, 0, n2))
	require.Empty(t, Way(m, 0, int32(slices.Index(m.Names, "c2"))))
}

func TestOfASampledRecordOnlyWhatIsWholeCounts(t *testing.T) {
	m := record(t, small)
	m.SampledAt = ms(1505)
	c := Converge(m, 3, nil)
	require.Len(t, c.Spreads, 1, "the other one reached its last node later")
	require.Equal(t, int32(1), c.Spreads[0].Value)
	require.Equal(t, 1, c.LeftOut)
}

func TestWithoutARecordThereIsNoConvergence(t *testing.T) {
	require.Equal(t, Convergence{Nodes: 3}, Converge(nil, 3, nil))
	require.Equal(t, Convergence{}, Converge(record(t, small), 0, nil))
	require.Equal(t, Convergence{Nodes: 2}, Converge(&run.Messages{}, 2, nil))
}

// The same figures, found in the slowest and plainest way.
func TestConvergenceIsWhatACountByHandFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomRecord(t, rapid.IntRange(1, 6).Draw(t, "nodes"), rapid.IntRange(0, 60).Draw(t, "messages"), rapid.Uint64().Draw(t, "seed"))
		nodes := countNodes(m)
		if nodes == 0 {
			return
		}
		c := Converge(m, nodes, nil)
		seen := 0
		for v := range m.Values {
			sent := time.Duration(-1)
			for _, s := range m.Transits {
				if m.IsClient(s.From) && carries(&s, int32(v)) && (sent < 0 || s.Sent < sent) {
					sent = s.Sent
				}
			}
			first := map[int32]time.Duration{}
			for _, s := range m.Transits {
				if at, ok := first[s.To]; s.Fate == run.Received && carries(&s, int32(v)) && sent >= 0 && s.Ended >= sent && (!ok || s.Ended < at) {
					first[s.To] = s.Ended
				}
			}
			if sent < 0 {
				continue
			}
			i := slices.IndexFunc(c.Spreads, func(s Spread) bool { return s.Value == int32(v) })
			require.GreaterOrEqual(t, i, 0)
			seen++
			require.Equal(t, sent, c.Spreads[i].Sent)
			require.Equal(t, len(first), c.Spreads[i].Handed)
			last := time.Duration(0)
			for _, at := range first {
				last = max(last, at-sent)
			}
			require.Equal(t, last, c.Spreads[i].Took)
		}
		require.Len(t, c.Spreads, seen)
	})
}

// randomRecord is a record of messages that need not make sense together.
func randomRecord(t require.TestingT, nodes, messages int, seed uint64) *run.Messages {
	rng := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString("event,id,time_us,from,to,type,kind,bytes,values\n")
	const values = 5
	for v := range values {
		b.WriteString("value," + strconv.Itoa(v) + ",,,,,,," + strconv.Itoa(v*10) + "\n")
	}
	node := func() string { return "n" + strconv.Itoa(rng.IntN(nodes)) }
	var ends []string
	for id := range messages {
		from, at := node(), id*1000+rng.IntN(1000)
		if rng.IntN(4) == 0 {
			from = "c1"
		}
		v := rng.IntN(values)
		b.WriteString("sent," + strconv.Itoa(id) + "," + strconv.Itoa(at) + "," + from + "," + node() + ",gossip," + Kinds[rng.IntN(4)] + ",9," +
			strconv.Itoa(v) + "-" + strconv.Itoa(v+rng.IntN(values-v)) + "\n")
		if fate := rng.IntN(6); fate > 0 {
			word := "received,"
			if fate == 1 {
				word = "lost,"
			}
			ends = append(ends, word+strconv.Itoa(id)+","+strconv.Itoa(at+rng.IntN(5000))+",,,,,,\n")
		}
	}
	b.WriteString(strings.Join(ends, "") + "end," + strconv.Itoa(messages) + ",0,,,,,,\n")
	m, err := run.ReadMessages(strings.NewReader(b.String()))
	require.NoError(t, err)
	return m
}
