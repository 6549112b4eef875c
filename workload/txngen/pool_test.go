package txngen

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPool_writesCountUpPerKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			MinLength:       rapid.IntRange(1, 3).Draw(t, "min"),
			KeyCount:        rapid.IntRange(1, 70).Draw(t, "keys"),
			MaxWritesPerKey: rapid.IntRange(1, 5).Draw(t, "writes"),
		}
		o.MaxLength = o.MinLength + rapid.IntRange(0, 4).Draw(t, "more")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		pool := NewPool(o)
		writes := map[int64]int64{}
		for range 200 {
			before := pool.Active()
			txn := pool.Next(rng)
			require.GreaterOrEqual(t, len(txn), o.MinLength)
			require.LessOrEqual(t, len(txn), o.MaxLength)
			known := append(before, pool.Active()...)
			for _, m := range txn {
				if m.Key <= slices.Max(before) {
					require.Contains(t, before, m.Key)
				}
				require.LessOrEqual(t, m.Key, slices.Max(known))
				if !m.Write {
					require.Zero(t, m.Value)
					continue
				}
				writes[m.Key]++
				require.Equal(t, writes[m.Key], m.Value)
				require.LessOrEqual(t, m.Value, int64(o.MaxWritesPerKey))
			}
		}
	})
}

// A fresh key is one above the highest and stands where the full one stood;
// only keys that had all their writes are gone.
func TestPool_fullKeysAreReplacedInPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pool := NewPool(Options{MinLength: 1, MaxLength: 1, KeyCount: 3, MaxWritesPerKey: 2})
	writes := map[int64]int{}
	replaced := 0
	for range 2000 {
		before := pool.Active()
		txn := pool.Next(rng)
		fresh := slices.Max(before)
		for place, k := range pool.Active() {
			if k != before[place] {
				replaced++
				require.Greater(t, k, fresh)
				require.Equal(t, 2, writes[before[place]])
			}
		}
		if txn[0].Write {
			writes[txn[0].Key]++
		}
	}
	require.Greater(t, replaced, 300)
}

func TestPool_eachPlaceIsTwiceAsLikelyAsTheOneBefore(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pool := NewPool(Options{MinLength: 1, MaxLength: 4, KeyCount: 4, MaxWritesPerKey: 1 << 40})
	counts := make([]float64, 4)
	writes, total := 0.0, 0.0
	lengths := make([]float64, 5)
	for range 100_000 {
		txn := pool.Next(rng)
		lengths[len(txn)]++
		for _, m := range txn {
			counts[m.Key]++
			total++
			if m.Write {
				writes++
			}
		}
	}
	for i := range counts {
		require.InEpsilon(t, float64(int(1)<<i)/15, counts[i]/total, 0.05)
	}
	require.InEpsilon(t, 0.5, writes/total, 0.02)
	for _, n := range lengths[1:] {
		require.InEpsilon(t, 0.25, n/100_000, 0.03)
	}
}

func TestPool_sameSeedSameTransactions(t *testing.T) {
	draw := func() (all [][]Mop) {
		rng, pool := rand.New(rand.NewPCG(5, 6)), NewPool(Defaults)
		for range 100 {
			all = append(all, pool.Next(rng))
		}
		return all
	}
	require.Equal(t, draw(), draw())
}

func TestOptions_outOfRangeAreNamed(t *testing.T) {
	require.NoError(t, Defaults.Validate())
	for want, change := range map[string]func(*Options){
		"at least 1 micro-operation":                 func(o *Options) { o.MinLength = 0 },
		"of a transaction, 4, is below the least, 5": func(o *Options) { o.MinLength = 5 },
		"between 1 and 1000, not 0":                  func(o *Options) { o.KeyCount = 0 },
		"between 1 and 1000, not 1001":               func(o *Options) { o.KeyCount = 1001 },
		"at least 1 write":                           func(o *Options) { o.MaxWritesPerKey = 0 },
	} {
		o := Defaults
		change(&o)
		require.ErrorContains(t, o.Validate(), want)
		require.Panics(t, func() { NewPool(o) })
	}
}

func TestAppendJSON_spellsARequest(t *testing.T) {
	txn := []Mop{{Key: 9}, {Write: true, Key: 9, Value: 1}, {Write: true, Key: 12, Value: 3}}
	got := AppendJSON(nil, txn, "append")
	require.Equal(t, `[["r",9,null],["append",9,1],["append",12,3]]`, string(got))
	require.True(t, json.Valid(got))
	require.Equal(t, `[]`, string(AppendJSON(nil, nil, "w")))
}
