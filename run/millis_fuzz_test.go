package run

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzMillis checks that a number of milliseconds is read as the nearest
// duration there is, exactly where a nanosecond is its last digit, or refused;
// and that a duration comes back as it was.
func FuzzMillis(f *testing.F) {
	for i, seed := range []string{
		"0", "12.5", "-0.000001", "1e3", "1E-6", "0.0000005", "9223372036854.775807", "9223372036854.775808", "-9223372036854.775808",
		"1e300", "-1e300", "1e-999999999", "1e-9955555555", "1e999999999", "2147483647000", "null", `"1"`, "0x1", "1_0", "Inf", "01", "4503599627370.497",
	} {
		f.Add(seed, int64(i)<<58+7)
	}
	f.Fuzz(func(t *testing.T, text string, nanos int64) {
		spelt, err := Millis(nanos).MarshalJSON()
		require.NoError(t, err)
		require.True(t, json.Valid(spelt), "%s", spelt)
		var back Millis
		require.NoError(t, back.UnmarshalJSON(spelt), "%s", spelt)
		require.Equal(t, Millis(nanos), back, "%s", spelt)

		var read Millis
		if err := read.UnmarshalJSON([]byte(text)); err != nil {
			require.ErrorContains(t, err, "milliseconds")
			return
		}
		float, _, err := big.ParseFloat(text, 10, 200, big.ToNearestEven)
		if err != nil { // less than the model can hold
			require.Zero(t, read)
			return
		}
		ns, _ := float.Mul(float, big.NewFloat(float64(time.Millisecond))).Float64()
		require.LessOrEqual(t, math.Abs(ns), float64(1<<63))
		require.InDelta(t, ns, float64(read), max(0.5, math.Abs(ns)/(1<<51)))
	})
}
