package checker

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

func backwards(t *testing.T, text string, options StrictOptions) []string {
	t.Helper()
	var out []string
	for _, f := range Strict(script(t, text), testNames, options).Findings {
		if f.Kind == run.FindingBackwards {
			out = append(out, fmt.Sprintf("%s %d: %s", f.Node, f.Count, f.Text))
		}
	}
	return out
}

func TestBackwards_isAReadThatLacksWhatItsNodeHadShownOrAcknowledged(t *testing.T) {
	const finals = `
		90 0 invoke read - final
		91 0 ok     read [7,8] final
		92 1 invoke read - final
		93 1 ok     read [7,8] final`
	for name, test := range map[string]struct {
		history string
		want    []string
	}{
		"an acknowledged value is lacking, once": {`
			0 0 invoke broadcast 7
			1 0 ok     broadcast 7
			2 0 invoke read -
			3 0 ok     read [] `, []string{
			"n0 1: 1 read of n0 lacks what it had shown or acknowledged before; first the one at 0.003 s, operation 3: it lacks 1 value: 7; 7 was acknowledged by it at 0.001 s, operation 1; its last read does not",
		}},
		"a value that was shown is lacking": {`
			0 1 invoke broadcast 7
			1 1 ok     broadcast 7
			2 0 invoke read -
			3 0 ok     read [7]
			4 0 invoke read -
			5 0 ok     read []
			6 0 invoke read -
			7 0 ok     read []`, []string{
			"n0 2: 2 reads of n0 lack what it had shown or acknowledged before; first the one at 0.005 s, operation 5: it lacks 1 value: 7; 7 was in its read at 0.003 s, operation 3; its last read does not",
		}},
		"another node may lag behind": {`
			0 0 invoke broadcast 7
			1 0 ok     broadcast 7
			2 1 invoke read -
			3 1 ok     read []`, nil},
		"a read that was asked for before says nothing": {`
			0 2 invoke read -
			0 0 invoke broadcast 7
			1 0 ok     broadcast 7
			3 2 ok     read []`, nil},
		"an open broadcast need not show": {`
			0 0 invoke broadcast 7
			1 0 info   broadcast 7 !net-timeout
			2 4 invoke read -
			3 4 ok     read []`, nil},
		"a killed node may begin blank": {`
			0 0 invoke broadcast 7
			1 0 ok     broadcast 7
			2 nemesis info kill -
			2 nemesis info kill {"n0":"killed"}
			3 0 invoke read -
			4 0 ok     read []
			5 0 invoke read -
			6 0 ok     read [7]`, nil},
		"a read that was under way when its node was killed": {`
			0 0 invoke broadcast 7
			1 0 ok     broadcast 7
			2 0 invoke read -
			3 nemesis info kill {"n0":"killed"}
			4 0 ok     read []`, nil},
		"but another's death is no excuse": {`
			0 0 invoke broadcast 7
			1 0 ok     broadcast 7
			2 nemesis info kill {"n0":"not-running","n1":"killed"}
			3 0 invoke read -
			4 0 ok     read []`, []string{
			"n0 1: 1 read of n0 lacks what it had shown or acknowledged before; first the one at 0.004 s, operation 4: it lacks 1 value: 7; 7 was acknowledged by it at 0.001 s, operation 1; its last read does not",
		}},
		"and it owes again what it shows after its death": {`
			0 0 invoke broadcast 7
			1 0 ok     broadcast 7
			2 nemesis info kill {"n0":"killed"}
			3 0 invoke read -
			4 0 ok     read [7]
			5 2 invoke read -
			6 2 ok     read []`, []string{
			"n0 1: 1 read of n0 lacks what it had shown or acknowledged before; first the one at 0.006 s, operation 6: it lacks 1 value: 7; 7 was in its read at 0.004 s, operation 4; its last read does not",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			history := test.history
			if name != "" {
				history += "\n80 3 invoke broadcast 8\n81 3 ok broadcast 8" + finals
			}
			require.Equal(t, test.want, backwards(t, history, StrictOptions{Nodes: twoNodes.Nodes, Concurrency: 4}))
		})
	}
}

func TestBackwards_saysThatItStaysSo(t *testing.T) {
	got := backwards(t, `
		0 0 invoke broadcast 7
		1 0 ok     broadcast 7
		2 0 invoke read - final
		3 0 ok     read [] final`, StrictOptions{Nodes: []string{"n0"}})
	require.Len(t, got, 1)
	require.Contains(t, got[0], "its last read still does")
}

// The definition, word by word, on any history.
func TestBackwards_isTheDefinition(t *testing.T) {
	const workers, nodes = 5, 2
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var h run.History
		add := func(typ run.OpType, process int, f, value string) {
			op := run.Op{Index: len(h), Time: time.Duration(len(h)) * time.Millisecond, Type: typ, Process: process, F: f}
			if value != "" {
				op.Value = []byte(value)
			}
			h = append(h, op)
		}
		type operation struct {
			node, began, at int
			shows           []int // of a read, or what was acknowledged
			read            bool
		}
		var done []operation
		kills := map[int][]int{}
		open := map[int]operation{}
		sent := 0
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			w := rng.IntN(workers)
			o, busy := open[w]
			switch {
			case rng.IntN(20) == 0:
				node := rng.IntN(nodes)
				kills[node] = append(kills[node], len(h))
				add(run.Info, run.NemesisProcess, "kill", fmt.Sprintf(`{"n%d":"killed"}`, node))
			case busy:
				o.at = len(h)
				if o.read {
					for v := range sent {
						if rng.IntN(8) > 0 {
							o.shows = append(o.shows, v)
						}
					}
					text, _ := json.Marshal(append([]int{}, o.shows...))
					add(run.OK, w, "read", string(text))
				} else {
					add(run.OK, w, "broadcast", fmt.Sprint(o.shows[0]))
				}
				done = append(done, o)
				delete(open, w)
			case rng.IntN(2) == 0:
				open[w] = operation{node: w % nodes, began: len(h), shows: []int{sent}}
				add(run.Invoke, w, "broadcast", fmt.Sprint(sent))
				sent++
			default:
				open[w] = operation{node: w % nodes, began: len(h), read: true}
				add(run.Invoke, w, "read", "")
			}
		}
		want := map[string]int{}
		for _, r := range done {
			lacks := false
			for _, former := range done {
				if !r.read || former.node != r.node || former.at > r.began {
					continue
				}
				killed := slices.ContainsFunc(kills[r.node], func(k int) bool { return former.at < k && k < r.at })
				for _, v := range former.shows {
					lacks = lacks || !killed && !slices.Contains(r.shows, v)
				}
			}
			if lacks {
				want[twoNodes.Nodes[r.node]]++
			}
		}
		got := map[string]int{}
		for _, f := range Strict(h, testNames, StrictOptions{Nodes: twoNodes.Nodes, Concurrency: workers}).Findings {
			if f.Kind == run.FindingBackwards {
				got[f.Node] = f.Count
			}
		}
		require.Equal(t, want, got)
	})
}

func TestStrict_looksAtReadsOfItsOwn(t *testing.T) {
	const history = `
		0  0 invoke broadcast 7
		1  0 ok     broadcast 7
		10 0 invoke read - final
		11 0 ok     read [7] final`
	one := StrictOptions{Nodes: []string{"n0", "n1"}, Concurrency: 1}
	require.Equal(t, run.Valid, Strict(script(t, history), testNames, one).Valid, "nobody has asked n1")
	one.Inquiry = script(t, `
		12 1 invoke read - final
		13 1 ok     read [] final`)
	got := Strict(script(t, history), testNames, one)
	require.Equal(t, []run.Finding{{
		Kind: run.FindingMissing, Node: "n1", Count: 1,
		Text: "the final read of n1 lacks 1 of 1 known value: 7; 7 was acknowledged by n0 at 0.001 s, operation 1",
	}}, got.Findings)
	one.Inquiry = script(t, `
		12   1 invoke read - final
		5012 1 fail   read - final !net-timeout`)
	got = Strict(script(t, history), testNames, one)
	require.Equal(t, run.FindingDeaf, got.Findings[0].Kind)
	require.Equal(t, "n1 did not answer its final read (at 5.012 s, when the run was over: :net-timeout)", got.Findings[0].Text)
	one.Inquiry = script(t, `
		12 1 invoke read - final
		13 1 ok     read [7] final`)
	require.Equal(t, run.Valid, Strict(script(t, history), testNames, one).Valid)
}
