package node

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/journal"
)

// BenchmarkFlood is a node that is piped broadcasts into as fast as it takes
// them, without a journal, with one in memory and with one in a file.
func BenchmarkFlood(b *testing.B) {
	const count = 200_000
	flood := initLine(0, "n0", "n0") + "\n" + manyBroadcasts(count)
	for name, keeper := range map[string]func() Keeper{
		"off":    func() Keeper { return nil },
		"memory": func() Keeper { return journal.NewMemory(rand.New(rand.NewPCG(1, 2))) },
		"file": func() Keeper {
			return journal.NewFiles(journal.Config{Dir: b.TempDir(), Random: rand.New(rand.NewPCG(1, 2))})
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, err := New(Config{Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.DiscardHandler), Keeper: keeper()}, io.Discard)
				require.NoError(b, err)
				require.NoError(b, n.Run(context.Background(), strings.NewReader(flood)))
				require.Equal(b, count, n.log.Len())
			}
			b.ReportMetric(float64(count)*float64(b.N)/b.Elapsed().Seconds(), "broadcasts/s")
		})
	}
}
