package rules

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The binary speaks with nobody but who holds the other ends of its pipes: it has
// no network in it.
func TestBinary_linksNoNetwork(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", ".")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	linked := strings.Fields(string(out))
	require.Contains(t, linked, module+"/workload/all")
	require.NotContains(t, linked, "net")
	require.NotContains(t, linked, "net/http")
}
