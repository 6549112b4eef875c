package node

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/journal"
)

// BenchmarkFlood is a node that is piped broadcasts into as fast as it takes
// them, without a journal, with one in memory and with one in a file.
func BenchmarkFlood(b *testing.B) {
	const count = 200_000
	flood := InitLine(0, "n0", "n0") + "\n" + ManyBroadcasts(count)
	for name, keeper := range map[string]func() Journal{
		"off":    func() Journal { return nil },
		"memory": func() Journal { return journal.NewMemory(rand.New(rand.NewPCG(1, 2))) },
		"file": func() Journal {
			return journal.NewFiles(journal.Config{Dir: b.TempDir(), Random: rand.New(rand.NewPCG(1, 2))})
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, err := New(Config{Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.DiscardHandler), Journal: keeper(),
					MaxWait: Never, ClientThreshold: time.Hour}, io.Discard) // nothing is refused, however fast it comes
				require.NoError(b, err)
				require.NoError(b, n.Run(context.Background(), strings.NewReader(flood)))
				require.Equal(b, count, n.state.log.Len())
			}
			b.ReportMetric(float64(count)*float64(b.N)/b.Elapsed().Seconds(), "broadcasts/s")
		})
	}
}

// BenchmarkRecovery is a node that finds a million values of a former life,
// from its init to its answer.
func BenchmarkRecovery(b *testing.B) {
	const count = 1_000_000
	cfg := journal.Config{Dir: b.TempDir(), Run: "run", Random: rand.New(rand.NewPCG(1, 2))}
	f := journal.NewFiles(cfg)
	_, err := f.Open(journal.Start{Node: "n0", Nodes: 1, Log: "log"})
	require.NoError(b, err)
	batch := &journal.Batch{}
	for i := range count {
		if batch.Add(journal.Origin{Node: "n0", Log: "log"}, uint64(i+1), strconv.Itoa(i)); batch.Entries() == groupItems || i == count-1 {
			require.NoError(b, f.Append(batch))
			batch.Reset()
		}
	}
	require.NoError(b, f.Close(false))
	for b.Loop() {
		again := journal.NewFiles(cfg)
		r := restartedRig(b, 0, IDs(1), KeptBy(again))
		require.Equal(b, count, r.state.log.Len())
		require.NoError(b, again.Close(false))
	}
}
