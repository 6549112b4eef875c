package node

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/wire"
)

// FuzzParseInit checks that an init is taken exactly if its own name, which is
// not empty, is among node_ids, which are different names, as encoding/json
// reads them; and that a roster makes no difference.
func FuzzParseInit(f *testing.F) {
	for _, seed := range []string{
		`"node_id":"n0","node_ids":["n0","n1"]`, `"node_id":"n0"`, `"node_ids":[]`, `"node_id":null,"node_ids":null`, `"node_id":"n0","node_ids":["n0",null]`,
		`"node_id":"","node_ids":[""]`, `"node_id":"n0","node_ids":["n0","n0"]`, `"node_id":"n\u0030","node_ids":["n0"]`, `"node_id":7,"node_ids":["n0"]`, `"node_id":"n0","node_ids":[["n0"]]`,
		`"node_id":"n0","node_id":"n1","node_ids":["n1"]`, `"Node_ID":"n0","node_ids":["n0"]`, `"node_id":"n0","node_ids":["n0"],"node_ids":7`, `"node_id":"\ud800","node_ids":["\ud800"]`,
		`"node_id":"n10","node_ids":["n10","n2","N1","n01","n1","",""]`,
	} {
		f.Add([]byte(seed), int64(3))
	}
	f.Fuzz(func(t *testing.T, fields []byte, id int64) {
		body := append(append([]byte(`{"type":"init",`), fields...), '}')
		line := append(append([]byte(`{"src":"c0","dest":"n0","body":`), body...), '}')
		m, err := wire.Parse(line)
		if err != nil {
			return
		}
		m.ID, m.HasID = id, id >= 0
		got, gotErr := parseInit(&m, nil)
		var roster MembershipCache
		for range 2 {
			shared, err := parseInit(&m, &roster)
			require.Equal(t, gotErr == nil, err == nil)
			if err == nil {
				require.Equal(t, got.id, shared.id)
				require.Equal(t, got.members.Nodes(), shared.members.Nodes())
			}
		}

		var all map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(m.Body, &all))
		var name string
		var ids []string
		good := json.Unmarshal(all["node_id"], &name) == nil && json.Unmarshal(all["node_ids"], &ids) == nil
		good = good && name != "" && slices.Contains(ids, name) && !slices.Contains(ids, "")
		sorted := slices.Sorted(slices.Values(ids))
		good = good && len(slices.Compact(sorted)) == len(ids)
		if !good {
			require.Error(t, gotErr)
			require.Contains(t, gotErr.Error(), "init: ")
			return
		}
		require.NoError(t, gotErr)
		require.Equal(t, name, got.id)
		require.Equal(t, len(ids), got.members.Len())
		for _, id := range ids {
			_, ok := got.members.Index(id)
			require.True(t, ok)
		}
		require.Equal(t, id >= 0 && id >= int64(2*len(ids)), got.restart)
	})
}
