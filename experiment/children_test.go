package experiment

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestChildren_haveARowEachWithTheWorstOfTheirFigures(t *testing.T) {
	h := newHealthWatch(nil)
	reply := func(memory, hop string) json.RawMessage {
		return json.RawMessage(`{"isolation":{"mode":"links","children":[` +
			`{"name":"link n10","started":1},{"name":"link n2","started":2,"restarts":{"crashed":1}},` +
			`{"name":"gossip","started":3,"inside":true,"restarts":{"stuck":2},"memory_bytes":` + memory + `,"work":7,"hop_max_us":` + hop + `}]}}`)
	}
	h.take(time.Second, "n0", reply("100", "5"))
	h.take(2*time.Second, "n0", reply("50", "9"))
	h.take(time.Second, "n1", json.RawMessage(`{"unhealthy_ms":0}`))
	table, ok := h.childTable([]string{"n0", "n1"})
	require.True(t, ok)
	require.Len(t, table.Rows, 3)
	at := func(row int, column string) any {
		for i, c := range table.Columns {
			if c == column {
				return table.Rows[row][i]
			}
		}
		require.Fail(t, column)
		return nil
	}
	require.Equal(t, []any{"gossip", "link n2", "link n10"}, []any{at(0, "child"), at(1, "child"), at(2, "child")})
	require.Equal(t, []any{uint64(2), true, int64(100), int64(9), uint64(7)}, []any{at(0, "stuck"), at(0, "inside"), at(0, "memory_bytes"), at(0, "hop_max_us"), at(0, "work")})
	require.Equal(t, uint64(1), at(1, "crashed"))
	for _, row := range table.Rows {
		require.Len(t, row, len(table.Columns))
	}
	_, ok = newHealthWatch(nil).childTable([]string{"n0"})
	require.False(t, ok)
}

// Who reads the verdicts has to know that nodes were isolated less than they were asked to be.
func TestChildren_thatWereEndedAreSaid(t *testing.T) {
	said := func(replies ...string) []string {
		h := newHealthWatch(nil)
		var nodes []string
		for i, reply := range replies {
			nodes = append(nodes, fmt.Sprintf("n%d", i))
			h.take(time.Second, nodes[i], json.RawMessage(`{"isolation":{"children":[`+reply+`]}}`))
		}
		return h.childRemarks(nodes)
	}
	well := `{"name":"gossip","started":1,"restarts":{"crashed":0}}`
	stuck := `{"name":"gossip","started":4,"restarts":{"stuck":2,"not_started":1}},{"name":"link n1","started":1}`
	inside := `{"name":"gossip","inside":true,"restarts":{"crashed":5}}`
	require.Empty(t, said(well, well, ""))
	require.Equal(t, []string{"child processes of n1 were ended and started again (stuck 2, not started 1): results.json has the table children"}, said(well, stuck))
	require.Equal(t, []string{"child processes of n0, n1, n2 and 1 more were ended and started again (crashed 5, stuck 6, not started 3); " +
		"n3 gave up child processes and did their work inside, without isolation: results.json has the table children"}, said(stuck, stuck, stuck, inside))
}
