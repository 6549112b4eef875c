package all

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
)

// FuzzJudge checks that whatever values nodes answer with, a run is judged: what
// came of it can be written and read, every value is in one place of the
// figures, and the strict verdict is never kinder than Maelstrom's.
func FuzzJudge(f *testing.F) {
	f.Add([]byte("1\n\"a\"\n[1,\"a\"]\n[1,1,2]\n[]"), []byte{0, 1, 2 << 4, 8 | 2<<4, 3 << 4, 0xff})
	f.Add([]byte("null\n1.0\n1\n[1e0,null,{\"b\":1,\"a\":[]}]\n{}\n[[],"), []byte("\x00\x10\x20\x38\x3f\x48\x5f\x01"))
	f.Add([]byte("7\n[7"), []byte{0, 0x18, 0x0c, 0x1c})
	w, err := Named("broadcast")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, texts, script []byte) {
		values := bytes.Split(texts, []byte("\n"))
		if len(script) > 400 {
			return
		}
		var h run.History
		add := func(op run.Op) {
			op.Index, op.Time = len(h), time.Duration(len(h))*time.Millisecond
			h = append(h, op)
		}
		for _, step := range script {
			value := json.RawMessage(values[int(step>>4)%len(values)])
			if !json.Valid(value) {
				value = nil
			}
			op := run.Op{Type: run.Invoke, Process: int(step & 1), F: "broadcast", Value: value}
			if step&8 != 0 {
				op.F, op.Value, op.Final = "read", nil, step&4 != 0
			}
			add(op)
			op.Value = value
			switch op.Type = run.OK; {
			case step&6 == 2:
				op.Type, op.Error = run.Fail, &run.OpError{Name: "temporarily-unavailable"}
			case step&6 == 6:
				op.Type, op.Error = run.Info, &run.OpError{Name: "net-timeout"}
			}
			add(op)
		}
		r := w.Judge(h, workload.Record{Input: workload.Input{Options: workload.Options{Nodes: []string{"n0", "n1"}, Concurrency: 2}}})
		require.GreaterOrEqual(t, r.Strict.Valid, run.Valid)
		require.True(t, r.Workload.Valid != run.Invalid || r.Strict.Valid == run.Invalid, "the strict verdict is kinder")
		s := r.Workload.SetFull
		require.Equal(t, s.AttemptCount, s.StableCount+s.LostCount+s.NeverReadCount)
		require.Len(t, s.Lost, s.LostCount)
		require.Len(t, s.NeverRead, s.NeverReadCount)
		var text, form bytes.Buffer
		require.NoError(t, r.WriteJSON(&text))
		back, err := run.ReadResultsJSON(&text)
		require.NoError(t, err)
		require.Equal(t, r.Valid, back.Valid)
		require.NoError(t, r.WriteEDN(&form))
		back, err = run.ReadResultsEDN(&form)
		require.NoError(t, err)
		require.Equal(t, r.Valid, back.Valid)
		require.Equal(t, s.LostCount, back.Workload.SetFull.LostCount)
	})
}
