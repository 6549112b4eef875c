package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
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
