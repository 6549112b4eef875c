package journal

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRunOwner checks that the process in a run's name is the one that was put
// there, whatever the run is called, and that asking after any process is safe.
func FuzzRunOwner(f *testing.F) {
	f.Add("run", 17, "12345", "0a1b2c3d", "4026531836")
	f.Add("a@b", 1, "", "", "")
	f.Add("", -5, "x", "@", "y")
	f.Add("@1---", 0, "-", "", "")
	f.Fuzz(func(t *testing.T, label string, pid int, start, boot, space string) {
		o := owner{pid: pid, start: start, boot: boot, space: space}
		got, ok := runOwner(label + "@" + o.String())
		if pid > 0 && !strings.ContainsAny(start+boot+space, "-@") {
			require.True(t, ok)
			require.Equal(t, o, got)
		}
		if ok {
			require.Greater(t, got.pid, 0)
			again, ok := parseOwner(got.String())
			require.True(t, ok)
			require.Equal(t, got, again)
			got.gone()
		}
		if o, ok := runOwner(label); ok {
			require.Greater(t, o.pid, 0)
			o.gone()
		}
		name := fileName(label)
		require.NotContains(t, name, "/")
		require.NotEmpty(t, name)
		require.NotEqual(t, ".", name[:1])
		require.LessOrEqual(t, len(name), 120)
		if n, ok := ClientNumber(label); ok {
			require.GreaterOrEqual(t, n, int64(0))
		}
	})
}
