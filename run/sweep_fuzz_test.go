package run

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzReadSweepJSON checks that what could be read of a sweep.json is read again
// as it was after it was written, and is the same sweep.
func FuzzReadSweepJSON(f *testing.F) {
	var out bytes.Buffer
	finished := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	require.NoError(f, (&Sweep{
		Name: "fanout", Version: "v1", Command: []string{"treecast", "sweep"}, Machine: Machine{OS: "linux", Arch: "amd64", CPU: "x", Cores: 2, Go: "go1"},
		Started: finished, Finished: &finished, Environment: []string{"A=b"}, FirstSeed: 1<<64 - 1, SeedCount: 3, Settings: []string{"test -w broadcast"},
	}).WriteJSON(&out))
	f.Add(out.Bytes())
	for _, seed := range []string{
		`{"schema":1}`, `{"schema":1} trailing`, `{"schema":1}{"schema":2}`, `{"schema":2}`, `null`, `[]`, `{"schema":1,"seed_count":-5,"settings":["a","a"]}`,
		`{"schema":1,"started":"0000-01-01T00:00:00Z"}`, `{"schema":1,"first_seed":"-1"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ReadSweepJSON(bytes.NewReader(text))
		if err != nil {
			require.ErrorContains(t, err, "run: ")
			return
		}
		require.GreaterOrEqual(t, s.SeedCount, 0)
		var once, twice bytes.Buffer
		require.NoError(t, s.WriteJSON(&once))
		again, err := ReadSweepJSON(bytes.NewReader(once.Bytes()))
		require.NoError(t, err)
		require.NoError(t, again.WriteJSON(&twice))
		require.Equal(t, once.String(), twice.String())
		require.Empty(t, s.Differs(again))
	})
}
