package checker

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
)

// plainSetFull is set-full as its documentation tells it: for each element all
// reads are looked at, one by one. It is slow and has nothing in common with
// the real one but the rules.
func plainSetFull(h run.History, value int) (run.Outcome, run.Millis) {
	text := fmt.Sprint(value)
	begun := slices.IndexFunc(h, func(op run.Op) bool {
		return op.F == testNames.Add && op.Type == run.Invoke && string(op.Value) == text
	})
	pairs := h.Pairs()
	known, lastPresent, lastAbsent := -1, -1, -1
	for i := begun; i < len(h); i++ {
		if h[i].Type != run.OK {
			continue
		}
		if h[i].F == testNames.Add && string(h[i].Value) == text && known < 0 {
			known = i
		}
		if h[i].F == testNames.Read {
			var shown []int
			if err := json.Unmarshal(h[i].Value, &shown); err != nil {
				panic(err)
			}
			if invocation := int(pairs[i]); slices.Contains(shown, value) {
				lastPresent = max(lastPresent, invocation)
				if known < 0 {
					known = i
				}
			} else {
				lastAbsent = max(lastAbsent, invocation)
			}
		}
	}
	latency := func(last int) run.Millis {
		if last < 0 || h[last].Time < h[known].Time {
			return 0
		}
		return ms(float64((h[last].Time + 1 - h[known].Time) / time.Millisecond))
	}
	if lastPresent > lastAbsent {
		return run.Stable, latency(lastAbsent)
	}
	if known >= 0 && lastAbsent > lastPresent && lastAbsent > known {
		return run.Lost, latency(lastPresent)
	}
	return run.NeverRead, 0
}

func TestSetFullAgreesWithItsPlainDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, values := drawHistory(t)
		got := SetFull(h, testNames)
		want := run.SetFull{Lost: noElements(), NeverRead: noElements(), Stale: noElements()}
		var stable, lost []time.Duration
		for value := range values {
			outcome, latency := plainSetFull(h, value)
			switch outcome {
			case run.Stable:
				want.StableCount++
				stable = append(stable, latency.Duration())
				if latency > 0 {
					want.Stale = append(want.Stale, raws(value)...)
				}
			case run.Lost:
				want.Lost = append(want.Lost, raws(value)...)
				lost = append(lost, latency.Duration())
			default:
				want.NeverRead = append(want.NeverRead, raws(value)...)
			}
		}
		want.AttemptCount, want.LostCount = values, len(want.Lost)
		want.NeverReadCount, want.StaleCount = len(want.NeverRead), len(want.Stale)
		want.StableLatencies, want.LostLatencies = quantiles(stable), quantiles(lost)
		switch {
		case want.LostCount > 0:
			want.Valid = run.Invalid
		case want.StableCount == 0:
			want.Valid = run.Unknown
		}
		require.Equal(t, want, outcomes(got))
	})
}

// drawHistory makes a history of a few workers, each with one operation
// outstanding, whose reads show any subset of what was broadcast. It broadcasts
// 0, 1, 2, ... and says how many.
func drawHistory(t *rapid.T) (h run.History, values int) {
	open := make([]*run.Op, rapid.IntRange(1, 4).Draw(t, "workers"))
	now := time.Duration(0)
	for range rapid.IntRange(0, 60).Draw(t, "steps") {
		now += time.Duration(rapid.IntRange(0, 3_000_000).Draw(t, "wait"))
		worker := rapid.IntRange(0, len(open)-1).Draw(t, "worker")
		op := run.Op{Index: len(h), Time: now, Process: worker, F: testNames.Read}
		if began := open[worker]; began == nil {
			if rapid.Bool().Draw(t, "broadcast") {
				op.F, op.Value = testNames.Add, raws(values)[0]
				values++
			}
			open[worker] = &op
		} else {
			op.F, op.Value = began.F, began.Value
			op.Type = rapid.SampledFrom([]run.OpType{run.OK, run.OK, run.OK, run.Fail, run.Info}).Draw(t, "type")
			if op.F == testNames.Read && op.Type == run.OK {
				shown := []int{}
				for value := range values {
					if rapid.Bool().Draw(t, "shown") {
						shown = append(shown, value)
					}
				}
				op.Value, _ = json.Marshal(shown)
			}
			open[worker] = nil
		}
		h = append(h, op)
	}
	return h, values
}
