package txn_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/checker/txn"
)

var update = flag.Bool("update", false, "write golden files")

// scripts are the histories of testdata/scripts: a line is an operation of a
// process that is begun ("?") or done ("ok", "fail", "info").
//
//	0 ? [["append",1,1]]
//	0 ok
//
// A completion without a transaction is that of the invocation. The first line
// is the kind of objects and the models that are expected.
func readScript(t *testing.T, path string) (kind txn.Kind, models []string, history []txn.Op) {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	head := strings.Fields(lines[0])
	if head[0] == "registers" {
		kind = txn.Registers
	}
	models, err = txn.ParseModels(strings.Join(head[1:], ","))
	require.NoError(t, err)
	open := map[int][]txn.Mop{}
	for i, line := range lines[1:] {
		words := strings.SplitN(line, " ", 3)
		op := txn.Op{Index: i, Process: int(words[0][0] - '0')}
		op.Type = map[string]txn.Type{"?": txn.Invoke, "ok": txn.OK, "fail": txn.Fail, "info": txn.Info}[words[1]]
		if len(words) == 3 {
			op.Txn, err = txn.Parse(kind, []byte(words[2]))
			require.NoError(t, err)
		} else {
			op.Txn = open[op.Process]
		}
		if op.Type == txn.Invoke {
			open[op.Process] = op.Txn
		}
		history = append(history, op)
	}
	return kind, models, history
}

// Every type of anomaly has a history that shows it, and its text.
func TestCheck_scripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/scripts/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	shown := map[string]bool{}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			kind, models, history := readScript(t, path)
			r := txn.CheckLists(history, txn.Options{Models: models})
			if kind == txn.Registers {
				r = txn.CheckRegisters(history, txn.Options{Models: models})
			}
			for _, name := range r.Types {
				shown[name] = true
			}
			golden := strings.TrimSuffix(path, ".txt") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(r.Text()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), r.Text())
			require.True(t, strings.HasPrefix(r.Text(), "no verdict") || shown[strings.TrimSuffix(filepath.Base(path), ".txt")], "it shows what its name says")
		})
	}
	for _, name := range []string{
		"G0", "G0-process", "G0-realtime", "G1a", "G1b", "G1c", "G1c-process", "G1c-realtime",
		"G-single-item", "G-single-item-process", "G-single-item-realtime",
		"G-nonadjacent-item", "G-nonadjacent-item-process", "G-nonadjacent-item-realtime",
		"G2-item", "G2-item-process", "G2-item-realtime",
		"internal", "future-read", "dirty-update", "lost-update", "duplicate-elements", "incompatible-order",
		"cyclic-versions", "empty-transaction-graph", "strong-PL-1-cycle-exists",
	} {
		require.True(t, shown[name], "no script shows %s", name)
	}
}
