package txn_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
)

func TestStrict_rules(t *testing.T) {
	for name, c := range map[string]struct {
		kind txn.Kind
		ops  [][2]string // what was asked for, and what came back, one after the other
		want []string
	}{
		"nothing is wrong": {txn.Lists, [][2]string{
			{`[["append",1,1],["r",1,null]]`, `[["append",1,1],["r",1,[1]]]`},
			{`[["r",1,null],["append",1,2],["r",1,null],["r",2,null],["r",2,null]]`, `[["r",1,[1]],["append",1,2],["r",1,[1,2]],["r",2,[]],["r",2,null]]`},
		}, nil},
		"an empty reply":                        {txn.Lists, [][2]string{{`[["append",1,1]]`, `[]`}}, []string{txn.Mirror}},
		"another key":                           {txn.Lists, [][2]string{{`[["r",1,null]]`, `[["r",2,null]]`}}, []string{txn.Mirror}},
		"another value":                         {txn.Registers, [][2]string{{`[["w",1,1]]`, `[["w",1,2]]`}}, []string{txn.Mirror}},
		"another function":                      {txn.Registers, [][2]string{{`[["r",1,null]]`, `[["w",1,null]]`}}, []string{txn.Mirror}},
		"a key as a string":                     {txn.Registers, [][2]string{{`[["r",1,null]]`, `[["r","1",null]]`}}, []string{txn.Mirror}},
		"a value of nobody":                     {txn.Lists, [][2]string{{`[["r",1,null]]`, `[["r",1,[7]]]`}}, []string{txn.Nowhere}},
		"a value of another key":                {txn.Registers, [][2]string{{`[["w",1,7]]`, `[["w",1,7]]`}, {`[["r",2,null]]`, `[["r",2,7]]`}}, []string{txn.Nowhere}},
		"a value of a later write":              {txn.Registers, [][2]string{{`[["r",1,null]]`, `[["r",1,7]]`}, {`[["w",1,7]]`, `[["w",1,7]]`}}, []string{txn.Nowhere}},
		"null after a write":                    {txn.Registers, [][2]string{{`[["w",1,1],["r",1,null]]`, `[["w",1,1],["r",1,null]]`}}, []string{txn.Internal}},
		"two reads that differ, the first null": {txn.Registers, [][2]string{{`[["w",1,1]]`, `[["w",1,1]]`}, {`[["r",1,null],["r",1,null]]`, `[["r",1,null],["r",1,1]]`}}, []string{txn.Internal}},
		"a list that forgets its end":           {txn.Lists, [][2]string{{`[["append",1,1],["r",1,null]]`, `[["append",1,1],["r",1,[]]]`}}, []string{txn.Internal}},
		"a list that grows between reads":       {txn.Lists, [][2]string{{`[["append",1,1]]`, `[["append",1,1]]`}, {`[["r",1,null],["r",1,null]]`, `[["r",1,null],["r",1,[1]]]`}}, []string{txn.Internal}},
	} {
		t.Run(name, func(t *testing.T) {
			var history []txn.Op
			for i, op := range c.ops {
				for j, text := range op {
					mops, err := txn.Parse(c.kind, []byte(text))
					require.NoError(t, err)
					history = append(history, txn.Op{Index: 2*i + j, Type: txn.Type(j), Txn: mops})
				}
			}
			var rules []string
			for _, v := range txn.Strict(c.kind, history) {
				rules = append(rules, v.Rule)
				require.NotEmpty(t, v.Text)
				require.Equal(t, txn.OK, v.Op.Type)
			}
			require.Equal(t, c.want, rules)
		})
	}
}

// What is internal to Elle is a contradiction to Strict, in the recorded runs;
// and runs without it have none.
func TestStrict_recordedRuns(t *testing.T) {
	for _, g := range goldens(t) {
		r := check(g.kind, g.history, txn.Options{Models: []string{"read-atomic"}})
		rules := map[string]int{}
		for _, v := range txn.Strict(g.kind, g.history) {
			rules[v.Rule]++
		}
		require.Zero(t, rules[txn.Mirror]+rules[txn.Nowhere], g.name)
		require.GreaterOrEqual(t, rules[txn.Internal], len(r.Anomalies["internal"]), g.name)
		require.Equal(t, slices.Contains([]string{"txn-rw-internal", "txn-rw-skew"}, g.name), rules[txn.Internal] > 0, g.name)
	}
}
