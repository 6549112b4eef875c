package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const sample = `goos: linux
cpu: A processor of sorts
BenchmarkAlone/shape=SPSC/size=8/batch=1/queue=Ring-2   	 1000	 20.0 ns/op	 0 B/op	 0 allocs/op
BenchmarkAlone/shape=SPSC/size=8/batch=64/queue=Ring-2  	 1000	 0.5 ns/op	 0 B/op	 0 allocs/op
BenchmarkAlone/shape=SPSC/size=8/batch=1/queue=channel-2	 1000	 30.0 ns/op
BenchmarkAlone/shape=SPSC/size=8/batch=1/queue=xsync.SPSC-2	 1000	 10.0 ns/op
BenchmarkAlone/shape=SPSC/size=8/batch=1/queue=chans.Inbox-2	 1000	 1.0 ns/op
BenchmarkBeside/shape=SPSC/size=8/batch=1/producers=1/queue=Ring+wait-2	 1000	 25.0 ns/op
BenchmarkSingle/size=8/queue=Cell-2	 1000	 9.0 ns/op
BenchmarkNew/queue=TwoLock-cached-2	 1000	 200 ns/op	 0 B/op	 2 allocs/op
PASS
BenchmarkAlone/shape=SPSC/size=8/batch=1/queue=Ring-2   	 1000	 40.0 ns/op	 0 B/op	 0 allocs/op
`

func TestAPageShowsMediansAndTheBestOfEach(t *testing.T) {
	f, err := parse(strings.NewReader(sample))
	require.NoError(t, err)
	require.Equal(t, 1, f.runs())
	require.Equal(t, "A processor of sorts", f.cpu)
	text := page(f, "Made by hand.")
	for _, want := range []string{
		"Made by hand.",
		"| SPSC | 8 | alone | xsync.SPSC 10 | Ring 30 | 0.33 x | Ring 0.50 | 20.00 x |\n",
		"| queue | alone | P = 1 | alone x 64 |\n",
		"| Ring | 30 |  | 0.50 |\n",
		"| Ring+wait |  | 25 |  |\n",
		"| chans.Inbox | 1.00 |  |  |\n",
		"| hand over 8 bytes | Cell | 9.00 | 0 |\n",
		"| make one of 1024 items | TwoLock-cached | 200 | 2 |\n",
	} {
		require.Contains(t, text, want)
	}
}

func TestWhatIsNoBenchmarkIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"PASS\n": "no benchmark",
		"BenchmarkAlone/size=many/queue=x-2 1 2 ns/op\n": "size=many",
		"BenchmarkAlone/Ring-2 1 2 ns/op\n":              "label=value",
		"BenchmarkAlone/colour=red-2 1 2 ns/op\n":        "colour=red",
		"BenchmarkAlone/queue=x-2 1 fast ns/op\n":        "fast",
	} {
		_, err := parse(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
}
