package clojure

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompare_ordersAsClojureDoes(t *testing.T) {
	for _, row := range [][]string{
		{`null`, `-3`, `1`, `1.5`, `2`, `1e3`, `18446744073709551616`},
		{`null`, `""`, `"1"`, `"10"`, `"9"`, `"a"`, `"\ud83d\ude00"`, `"\uff00"`},
		{`null`, `false`, `true`},
		{`null`, `[]`, `["b"]`, `[1,2]`, `[1,3]`},
	} {
		for i, a := range row {
			for j, b := range row {
				if a == `["b"]` && b != a && b != "null" || b == `["b"]` && a != b && a != "null" {
					continue // shorter than all that it could clash with
				}
				got, err := Compare(json.RawMessage(a), json.RawMessage(b))
				require.NoError(t, err, "%s %s", a, b)
				require.Equal(t, sign(i-j), sign(got), "%s %s", a, b)
			}
		}
	}
	for _, c := range [][2]string{{`1`, `"1"`}, {`{}`, `{}`}, {`[1]`, `["1"]`}, {`true`, `1`}, {`[]`, `""`}} {
		_, err := Compare(json.RawMessage(c[0]), json.RawMessage(c[1]))
		require.ErrorContains(t, err, "cannot be compared", c)
	}
	got, err := Compare(json.RawMessage(`["x"]`), json.RawMessage(`[1,2]`))
	require.NoError(t, err)
	require.Negative(t, got, "length decides first")
}

func sign(n int) int { return max(-1, min(n, 1)) }

// The orders are those that Clojure prints: (hash "a"), (hash 1), #{1 4 3 2}.
func TestOrders_areThoseOfHashTries(t *testing.T) {
	require.Equal(t, []string{"9", "1", "5"}, MapOrder([]string{"9", "1", "5"}), "a small map keeps the order")
	// (hash "a") and (hash 1) are documented values of Clojure 1.6 and later.
	require.Equal(t, int32(1455541201), int32(hashText("a")))
	require.Equal(t, int32(1392991556), int32(hashLong(1)))
	values := []int64{1, 2, 3, 4}
	SetOrder(values)
	require.Equal(t, []int64{1, 4, 3, 2}, values, "#{1 4 3 2}")
}
