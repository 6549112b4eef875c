package values

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestASparseSetHoldsOneValueOfABlock(t *testing.T) {
	value := rapid.OneOf(
		rapid.Int64(),
		rapid.Int64Range(-200, 200), // a few blocks, again and again
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64, -64, -1, 1, 63, 64}),
	).Filter(func(n int64) bool { return n != 0 })
	rapid.Check(t, func(t *rapid.T) {
		var s sparseSet
		model := map[int64]int64{} // by block
		add := func(t *rapid.T, n int64) {
			other := model[n>>6]
			require.Equal(t, other, s.add(n))
			if other == 0 {
				model[n>>6] = n
			}
		}
		remove := func(n int64) {
			s.remove(n)
			delete(model, n>>6)
		}
		t.Repeat(map[string]func(*rapid.T){
			"add":    func(t *rapid.T) { add(t, value.Draw(t, "value")) },
			"remove": func(t *rapid.T) { remove(value.Draw(t, "value")) },
			"add many": func(t *rapid.T) {
				random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
				for range rapid.IntRange(0, 3000).Draw(t, "count") {
					add(t, random.Int64()|1)
				}
			},
			"remove many": func(t *rapid.T) {
				left := rapid.IntRange(0, 3000).Draw(t, "left")
				for _, n := range model {
					if len(model) <= left {
						break
					}
					remove(n)
				}
			},
			"": func(t *rapid.T) {
				n := value.Draw(t, "another")
				require.Equal(t, model[n>>6], s.get(n))
				held := 0
				for i := range s.parts {
					p := &s.parts[i]
					held += p.held
					require.LessOrEqual(t, p.held, len(p.slots)*7/8)
				}
				require.Equal(t, len(model), held)
			},
		})
		for block, n := range model {
			require.Equal(t, n, s.get(block<<6))
		}
	})
}

func TestASparseSetRefusesItsEmptySlot(t *testing.T) {
	var s sparseSet
	require.Panics(t, func() { s.add(0) })
	require.Zero(t, s.get(0))
	s.remove(0)
	require.Zero(t, s.add(1))
	require.Equal(t, int64(1), s.get(0))
}

// patterns are values that a poor hash would have meet in one place.
var patterns = map[string]func(i int64) int64{
	"neighbouring blocks": func(i int64) int64 { return i << 6 },
	"negative":            func(i int64) int64 { return -i << 6 },
	"high bits alone":     func(i int64) int64 { return i << 40 },
	"highest bits":        func(i int64) int64 { return i << 46 },
	"every 1000th":        func(i int64) int64 { return i * 64_000 },
	"squares":             func(i int64) int64 { return i * i << 6 },
	"scattered":           func(i int64) int64 { return i * 0x1E3779B97F4A7C15 },
}

func TestNoPatternOfValuesMakesASparseSetSlowOrLarge(t *testing.T) {
	const count = 100_000
	for name, value := range patterns {
		var s sparseSet
		for i := range int64(count) {
			require.Zero(t, s.add(value(i+1)), name)
		}
		slots, probes := 0, 0
		for i := range s.parts {
			p := &s.parts[i]
			require.InDelta(t, count/sparseParts, p.held, 200, name) // ten standard deviations
			slots += len(p.slots)
			for at, n := range p.slots {
				if n != 0 {
					probes += (at - p.home(s.hash(n)) + len(p.slots)) % len(p.slots)
				}
			}
		}
		require.LessOrEqual(t, 8*float64(slots)/count, 13.8, "%s: bytes per value", name)
		require.Less(t, float64(probes)/count, 8.0, "%s: slots passed to find a value", name)
	}
}

func TestASparseSetAllocatesWhenItGrowsAlone(t *testing.T) {
	var s sparseSet
	n := int64(0)
	add := func() {
		n += 64
		s.add(n)
	}
	require.Zero(t, testing.AllocsPerRun(100_000, add), "a few thousand in all")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		s.add(n)
		s.get(n)
		s.get(-n)
		s.remove(n)
		s.add(n + 1)
	}))
}

func BenchmarkSparseSet(b *testing.B) {
	value := func(i int) int64 { return int64(uint64(i) * 0x9E3779B97F4A7C15 >> 1) }
	const count = 1_000_000
	b.Run("add", func(b *testing.B) {
		var s sparseSet
		for i := range b.N {
			if i%count == 0 {
				s = sparseSet{}
			}
			s.add(value(i%count + 1))
		}
	})
	b.Run("get", func(b *testing.B) {
		var s sparseSet
		for i := range count {
			s.add(value(i + 1))
		}
		for i := 0; b.Loop(); i++ {
			s.get(value(i % (2 * count))) // every other is not there
		}
	})
}
