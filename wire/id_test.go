package wire

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestID_isAnIntegerOfAnySize(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "7": "7", "-5": "-5", "9223372036854775807": "9223372036854775807", "-9223372036854775808": "-9223372036854775808",
		"9223372036854775808": "9223372036854775808", "18446744073709551615": "18446744073709551615", "-9223372036854775809": "-9223372036854775809",
		"1180591620717411303424": "1180591620717411303424",
	} {
		id, ok := ParseID([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, id.String())
	}
	for _, text := range []string{"", "-", "1.0", "1e3", `"1"`, "null", "01", "-01", "+1", "1 ", " 1", "0x1", "1_0", strings.Repeat("9", 30) + ".0"} {
		_, ok := ParseID([]byte(text))
		require.False(t, ok, text)
	}
	require.Equal(t, ID{}, IntID(0))
}

func TestID_isEqualIfTheIntegerIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) *big.Int {
			n := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, name))
			if rapid.Bool().Draw(t, name+" below 0") {
				n.Neg(n)
			}
			return n
		}
		a, b := draw("a"), draw("b")
		x, okX := ParseID([]byte(a.String()))
		y, okY := ParseID([]byte(b.String()))
		require.True(t, okX && okY)
		require.Equal(t, a.Cmp(b) == 0, x == y)
		require.Equal(t, a.String(), x.String())
		if a.IsInt64() {
			require.Equal(t, IntID(a.Int64()), x)
		}
	})
}

func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"0", "-0", "18446744073709551616", "1.0", "--1", "", "1e5"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		id, ok := ParseID(value)
		n, isNumber := new(big.Int).SetString(string(value), 10)
		isJSON := json.Valid(value) && len(value) > 0 && (value[0] == '-' || isDigit(value[0])) && !strings.ContainsAny(string(value), ".eE \t\r\n")
		require.Equal(t, isJSON, ok, "%q", value)
		if ok {
			require.True(t, isNumber)
			require.Equal(t, n.String(), id.String())
		}
	})
}
