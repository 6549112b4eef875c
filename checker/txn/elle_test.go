package txn_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
)

// judged is a small made-up history and what Elle 0.2.2 said of it.
type judged struct {
	kind         txn.Kind
	model        string
	history      []txn.Op
	valid        string // "error" where it gave no verdict
	types        []string
	not, alsoNot []string
}

// judgedByElle reads testdata/elle.txt.gz: histories in EDN, each below a line of
// its kind and model, and of the verdict, the types of anomalies, and the models
// that are ruled out.
func judgedByElle(t testing.TB) (all []judged) {
	for _, block := range strings.Split(string(gunzipped(t, "testdata/elle.txt.gz")), "= ")[1:] {
		head, edn, _ := strings.Cut(block, "\n")
		fields := strings.Split(head, "\t")
		kind, model, _ := strings.Cut(fields[0], " ")
		j := judged{model: model, valid: fields[1]}
		if kind == "registers" {
			j.kind = txn.Registers
		}
		if j.valid != "error" {
			j.types, j.not, j.alsoNot = strings.Fields(fields[2]), strings.Fields(fields[3]), strings.Fields(fields[4])
		}
		j.history = opsOf(t, j.kind, []byte(edn))
		all = append(all, j)
	}
	return all
}

// Of 1500 histories, Elle's verdict is ours on each, and its types of anomalies
// are on all but 42, in which much is wrong. There Elle takes an edge that has
// two reasons for the one that it looks for, and names the cycle by the other:
// then it gives up on a type that is there, or shows one that follows from
// another. And where two reads of a list are as long as each other and differ,
// either may be taken for the order of its elements.
func TestCheck_agreesWithElle(t *testing.T) {
	differ := 0
	verdicts := map[string]int{}
	for _, j := range judgedByElle(t) {
		r := txn.CheckLists(j.history, txn.Options{Models: []string{j.model}})
		if j.kind == txn.Registers {
			r = txn.CheckRegisters(j.history, txn.Options{Models: []string{j.model}})
		}
		verdicts[j.valid]++
		if j.valid == "error" {
			require.Error(t, r.Err)
			continue
		}
		require.NoError(t, r.Err)
		require.Equal(t, j.valid, r.Valid.String())
		if strings.Join(j.types, " ") != strings.Join(r.Types, " ") {
			differ++
			continue
		}
		require.ElementsMatch(t, j.not, r.Not)
		require.ElementsMatch(t, j.alsoNot, r.AlsoNot)
	}
	require.Equal(t, 42, differ)
	for _, verdict := range []string{"true", "false", "error"} {
		require.NotZero(t, verdicts[verdict], verdict)
	}
	t.Log(verdicts)
}
