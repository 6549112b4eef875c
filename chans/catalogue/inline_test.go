// What a compiler inlines is up to it: this is about those of 64 bits that the
// figures were measured with.

//go:build (amd64 || arm64) && !go1.27

package catalogue

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A call of a Ring costs hardly more than the two atomic writes it consists of,
// as long as there is no call. Generic code is compiled where it is used, so the
// package gets a caller for the time of the test.
func TestRing_callsAreInlined(t *testing.T) {
	here, err := os.Getwd()
	require.NoError(t, err)
	dir := t.TempDir()
	caller, overlay := filepath.Join(dir, "caller.go"), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(caller, []byte("package catalogue\n\n"+
		"func caller(r *Ring[uint64]) (uint64, bool) { r.TryPut(1); return r.TryTake() }\n"), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "caller.go"): caller}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replace, 0o600))
	out, err := exec.Command("go", "build", "-overlay", overlay, "-gcflags=-m", ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, method := range []string{"TryPut", "TryTake"} {
		require.Contains(t, string(out), "inlining call to (*Ring[go.shape.uint64])."+method)
	}
}
