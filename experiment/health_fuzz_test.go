package experiment

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// FuzzHealthReply checks that whatever nodes say of their health, which need not
// be treecast's, leaves records that can be read and a table that can be
// written.
func FuzzHealthReply(f *testing.F) {
	for _, seed := range []string{
		`{"unhealthy_ms":1500,"worst":"intake","queues":[{"name":"intake","depth":7,"high_water":9,"rejected":3}],"permits":{"total":5,"revoked":2},"counters":{"refused_full":4}}`,
		`{"type":"health_ok","unhealthy_ms":-1,"worst":"a,\"b\"\r\n","queues":[{"name":"","depth":-5,"depletion_per_second":-1e300},{}]}`,
		`{"unhealthy_ms":9223372036854775807,"counters":{"a":18446744073709551615,"b":1},"entries":18446744073709551615}`,
		`{"unhealthy_ms":1e3}`, `{"queues":7}`, `{"counters":null}`, `[]`, `{}`, `{"journal":{"p99_us":-1,"max_us":9223372036854775807}}`,
	} {
		f.Add([]byte(seed), []byte(`{"unhealthy_ms":0,"counters":{"refused_by_gate":1}}`))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var queues, health bytes.Buffer
		log := run.NewHealthLog(&queues, &health)
		h := newHealthWatch(log)
		for i, body := range [][]byte{first, second, first, second} {
			h.take(time.Duration(i)*time.Second, []string{"n0", "n1"}[i%2], body)
		}
		require.LessOrEqual(t, h.unhealthy(), 2)
		require.NoError(t, log.Close())
		_, err := run.ReadQueues(bytes.NewReader(queues.Bytes()))
		require.NoError(t, err, "%s", queues.Bytes())
		_, err = run.ReadHealth(bytes.NewReader(health.Bytes()))
		require.NoError(t, err, "%s", health.Bytes())

		results := &run.Results{}
		if table, ok := h.table([]string{"n0", "n1", "n2"}); ok {
			results.Tables = append(results.Tables, table)
		}
		results.Overwhelmed = h.overwhelmed()
		var text bytes.Buffer
		require.NoError(t, results.WriteJSON(&text))
		back, err := run.ReadResultsJSON(&text)
		require.NoError(t, err)
		for _, o := range back.Overwhelmed {
			require.LessOrEqual(t, o.From, o.To)
			require.GreaterOrEqual(t, o.Unhealthy, run.Millis(0))
		}
		if worst, ok := run.RowOf(back).Figures["worst_unhealthy_ms"]; ok {
			require.GreaterOrEqual(t, worst, 0.0)
		}
	})
}
