package nemesis

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func names(n int) []string {
	nodes := make([]string, n)
	for i := range nodes {
		nodes[i] = fmt.Sprint("n", i)
	}
	return nodes
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 99)) }

// refuses returns the grudge as a set of (receiver, sender) pairs.
func refuses(t require.TestingT, g Grudge, n int) map[[2]string]bool {
	require.Len(t, g, n, "a line for every node")
	set := map[[2]string]bool{}
	for _, r := range g {
		require.NotNil(t, r.Refuses)
		for _, other := range r.Refuses {
			require.NotEqual(t, r.Node, other, "nobody refuses itself")
			set[[2]string{r.Node, other}] = true
		}
	}
	return set
}

func TestSplitsCutOffAsManyNodesAsTheirNameSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "nodes")
		kind := rapid.SampledFrom([]Kind{One, MinorityThird, Majority}).Draw(t, "kind")
		small := map[Kind]int{One: 1, MinorityThird: (n - 1) / 3, Majority: n / 2}[kind]
		g := NewGrudge(kind, names(n), source(rapid.Uint64().Draw(t, "seed")))
		set := refuses(t, g, n)
		require.Len(t, set, 2*small*(n-small), "everyone of one side refuses everyone of the other")
		for pair := range set {
			require.True(t, set[[2]string{pair[1], pair[0]}], "the cut goes both ways")
		}
		// Two sides, and nobody between them: who refuses a common node is on the same side.
		for _, a := range g {
			for _, b := range g {
				if set[[2]string{a.Node, b.Node}] {
					require.Equal(t, n, len(a.Refuses)+len(b.Refuses))
				}
			}
		}
	})
}

func TestMajoritiesRingLeavesEveryNodeAMajorityOfItsOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "nodes")
		g := NewGrudge(MajoritiesRing, names(n), source(rapid.Uint64().Draw(t, "seed")))
		set := refuses(t, g, n)
		seen := map[string]bool{}
		for _, r := range g {
			hears := n - len(r.Refuses)
			require.GreaterOrEqual(t, hears, n/2+1)
			if n <= 5 {
				require.Equal(t, n/2+1, hears, "small rings are exact")
			}
			key := fmt.Sprint(r.Refuses)
			if n == 3 || n == 4 || n == 5 {
				require.False(t, seen[key], "no two see the same majority")
			}
			seen[key] = true
		}
		if n == 3 {
			require.Len(t, set, 3)
			for pair := range set {
				require.False(t, set[[2]string{pair[1], pair[0]}], "three nodes are cut one way only")
			}
		} else {
			for pair := range set {
				require.True(t, set[[2]string{pair[1], pair[0]}])
			}
		}
	})
}

func TestALargeRingIsDrawnQuicklyAndThin(t *testing.T) {
	const n = 401
	g := NewGrudge(MajoritiesRing, names(n), source(3))
	excess := 0
	for _, r := range g {
		excess += n - len(r.Refuses) - (n/2 + 1)
	}
	require.LessOrEqual(t, excess, n/20, "hardly anyone hears more than a bare majority")
}

func TestEveryNodeIsAsLikelyToBeCutOff(t *testing.T) {
	rng, alone := source(5), map[string]int{}
	for range 5000 {
		for _, r := range NewGrudge(One, names(5), rng) {
			if len(r.Refuses) == 4 {
				alone[r.Node]++
			}
		}
	}
	for _, node := range names(5) {
		require.InDelta(t, 1000, alone[node], 120)
	}
}

func TestAGrudgeIsWrittenInTheOrderOfTheNodes(t *testing.T) {
	b, err := json.Marshal(split([]string{"n0", "n1", "n10"}, []int{1}))
	require.NoError(t, err)
	require.Equal(t, `{"n0":["n1"],"n1":["n0","n10"],"n10":["n1"]}`, string(b))
	b, err = json.Marshal(NewGrudge(MinorityThird, []string{"n0", "n1"}, source(1)))
	require.NoError(t, err)
	require.Equal(t, `{"n0":[],"n1":[]}`, string(b), "too few nodes for a third")
}

func TestMisuseOfAGrudgePanics(t *testing.T) {
	require.Panics(t, func() { NewGrudge("half", names(3), source(1)) })
	require.Panics(t, func() { NewGrudge(One, nil, source(1)) })
}
