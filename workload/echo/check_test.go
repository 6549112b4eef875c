package echo

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func TestCheck_everyRequestIsAnsweredWithWhatItCarried(t *testing.T) {
	h := workloadtest.History(`
		0 invoke echo "a"
		0 ok     echo {"type":"echo_ok","in_reply_to":1,"echo":"\u0061"}
		0 invoke echo "b"
		0 ok     echo "b"
		nemesis info echo "z"
		0 invoke echo "c"
		0 ok     echo {"type":"echo_ok","echo":"x"}
		0 invoke echo "d"
		0 info   echo "d" error=net-timeout
		1 invoke echo "e"
		1 ok     echo {"type":"echo_ok"}
		1 invoke echo "f"`)
	pair := func(sent, received string) run.Vector {
		v := run.Vector{"Expected a message with :echo", run.Body(sent), "But received", run.Body(received)}
		if received == "" {
			v[3] = run.Body(nil)
		}
		return v
	}
	v := check(h, workload.Input{})
	require.Equal(t, run.Invalid, v.Maelstrom.Valid)
	require.Equal(t, run.List{
		pair(`"c"`, `{"type":"echo_ok","echo":"x"}`), pair(`"d"`, `"d"`), pair(`"e"`, `{"type":"echo_ok"}`), pair(`"f"`, ``),
	}, v.Maelstrom.Figures.Get("errors"))
	require.Equal(t, `4 requests not answered with what was sent ("c" was sent, "x" came back)`, v.Why)
	require.Equal(t, run.Valid, check(h[:4], workload.Input{}).Maelstrom.Valid)
}

func TestWrong_isAnExampleInWords(t *testing.T) {
	sent := []byte(`"Please echo 5"`)
	for want, received := range map[string]string{
		`"Please echo 5" was sent, "nope" came back`: `{"type":"echo_ok","in_reply_to":1,"echo":"nope"}`,
		`"Please echo 5" was sent, null came back`:   `{"type":"echo_ok","in_reply_to":1}`,
		`"Please echo 5" was sent and not answered`:  string(sent),
	} {
		require.Equal(t, want, wrong(sent, []byte(received)))
	}
	require.Equal(t, `"Please echo 5" was sent, and nothing came back`, wrong(sent, nil))
}

func TestClient_keepsTheWholeReply(t *testing.T) {
	ping := workload.Op{F: fEcho, Value: []byte(`"Please echo 5"`)}
	reply := `{"type":"echo_ok","in_reply_to":1,"echo":"Please echo 5"}`
	requests, done := workloadtest.Talk(&client{}, ping, reply)
	require.Equal(t, []string{`{"type":"echo","echo":"Please echo 5","msg_id":1}`}, requests)
	require.Equal(t, workload.Completion{Type: run.OK, Value: []byte(reply)}, done)
	for reply, name := range map[string]string{``: "net-timeout", `{"type":"error","in_reply_to":1,"code":13}`: "crash", `{"type":"echo_ok","in_reply_to":1}`: "indeterminate"} {
		_, done := workloadtest.Talk(&client{}, ping, reply)
		require.Equal(t, workload.Completion{Type: run.Info, Value: ping.Value, Error: &run.OpError{Name: name, Text: done.Error.Text}}, done)
	}
}

func TestGenerator_asksAnyFreeWorker(t *testing.T) {
	workers := workloadtest.NewWorkers(3, 1)
	workers.Busy[1] = true
	seen := map[int]bool{}
	for range 100 {
		worker, op := generator{}.Next(0, workers, workers.Rng)
		require.Contains(t, string(op.Value), `"Please echo `)
		seen[worker] = true
	}
	require.Equal(t, map[int]bool{0: true, 2: true}, seen)
}
