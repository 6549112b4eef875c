package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/workload"
)

func TestNodeFlags_areMergedAsJepsenMergesThem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nodes")
	require.NoError(t, os.WriteFile(file, []byte("a\n\n b \n"), 0o600))
	names, err := (&nodeFlags{NodesFile: file, Nodes: "c, a", Node: []string{"d"}}).names()
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c", "d"}, names)
	names, err = (&nodeFlags{}).names()
	require.NoError(t, err)
	require.Empty(t, names)
	_, err = (&nodeFlags{Nodes: ", "}).names()
	require.ErrorContains(t, err, "name no node")
	_, err = (&nodeFlags{NodesFile: filepath.Join(t.TempDir(), "none")}).names()
	require.ErrorContains(t, err, "--nodes-file")
}

func TestWorkloadFlags_areMaelstroms(t *testing.T) {
	usual := workloadFlags{MaxWritesPerKey: 16, MaxTxnLength: 4, ConsistencyModels: "strict-serializable"}
	o, err := usual.options()
	require.NoError(t, err)
	require.Equal(t, workload.Options{}, o, "what is usual is not recorded")
	keys := 3
	o, err = (&workloadFlags{KeyCount: &keys, MaxWritesPerKey: 5, MaxTxnLength: 2, ConsistencyModels: "read-committed , PL-2,PL-3"}).options()
	require.NoError(t, err)
	require.Equal(t, workload.Options{KeyCount: 3, MaxWritesPerKey: 5, MaxTxnLength: 2, ConsistencyModel: []string{"read-committed", "PL-2", "PL-3"}}, o)
	keys = 0
	_, err = (&workloadFlags{KeyCount: &keys, MaxWritesPerKey: 5, MaxTxnLength: 2}).options()
	require.ErrorContains(t, err, "--key-count is 0")
}
