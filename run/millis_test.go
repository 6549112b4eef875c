package run

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMillisAreNumbersOfMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 400 * time.Millisecond: "400", 1500 * time.Microsecond: "1.5", time.Nanosecond: "0.000001",
		20 * time.Second: "20000", -time.Millisecond: "-1",
	} {
		text, err := json.Marshal(Millis(d))
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
	require.Error(t, json.Unmarshal([]byte(`"12ms"`), new(Millis)))
	require.Equal(t, "1.5ms", Millis(1500*time.Microsecond).String())
	require.EqualValues(t, 1, Millis(1999*time.Microsecond).Whole())
}

func TestMillisKeepNanosecondsThroughJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Millis(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "nanos"))
		text, err := json.Marshal(want)
		require.NoError(t, err)
		var got Millis
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, want, got)
	})
}

func TestQuantilesOfFewSamples(t *testing.T) {
	require.Nil(t, QuantilesOf(nil))
	require.Equal(t, &Quantiles{Min: 5, Median: 5, P95: 5, P99: 5, Max: 5}, QuantilesOf([]time.Duration{5}))
	require.Equal(t, &Quantiles{Min: 5, Median: 9, P95: 9, P99: 9, Max: 9}, QuantilesOf([]time.Duration{5, 9}))
}
