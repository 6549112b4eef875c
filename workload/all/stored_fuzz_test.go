package all

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
)

// storedBytes are how long a history is that is judged by every workload in turn.
const storedBytes = 1 << 13

// FuzzStored checks that any file that reads as a history is judged by every
// workload, and comes to results that can be written: what a file says need not
// be what that workload's clients would have said.
func FuzzStored(f *testing.F) {
	paths, err := filepath.Glob("../../*/*/testdata/maelstrom/*/history.edn.gz")
	require.NoError(f, err)
	require.NotEmpty(f, paths)
	for _, path := range paths {
		text := unzip(f, path)
		text = text[:min(len(text), storedBytes/2)]
		f.Add(text[:bytes.LastIndexByte(text, '\n')+1])
	}
	f.Add([]byte("{:type ok}"))
	f.Add([]byte("{:index 0, :time 1, :type :ok, :process 0, :f :read, :value nil}\n{:index 1, :time 1, :type :ok, :process 0, :f :txn, :value [[:r nil]]}\n"))
	f.Add([]byte("{:index 0, :time 1, :type :ok, :process 0, :f :poll, :value [[:poll {\"a\" [[1]]}]]}\n{:index 1, :time 1, :type :info, :process 0, :f :cas, :value [0 [1]]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > storedBytes {
			return
		}
		for _, name := range Names() {
			h, err := run.ReadHistoryEDN(bytes.NewReader(text))
			if err != nil {
				return
			}
			w, err := Named(name)
			require.NoError(t, err)
			r := w.Judge(h, workload.Record{Input: workload.Input{Options: workload.Options{Nodes: []string{"n0", "n1"}, Concurrency: 4}}})
			require.True(t, r.Valid != run.Invalid || r.Strict.Valid == run.Invalid, "%s: strict is kinder", name)
			var out bytes.Buffer
			require.NoError(t, r.WriteEDN(&out))
			back, err := run.ReadResultsEDN(&out)
			require.NoError(t, err, name)
			require.Equal(t, r.Valid, back.Valid)
			require.NoError(t, r.WriteJSON(&out))
		}
	})
}
