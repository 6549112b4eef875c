package experiment

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// struck is a step of the nemesis as it stands in a history: twice.
func struck(h run.History, ms int, f, value, completed string) run.History {
	for _, text := range []string{value, completed} {
		op := run.Op{Index: len(h), Time: time.Duration(ms) * time.Millisecond, Type: run.Info, Process: run.NemesisProcess, F: f}
		if text != "" {
			op.Value = json.RawMessage(text)
		}
		h = append(h, op)
	}
	return h
}

func TestFaultsLastFromTheirStartToTheirStop(t *testing.T) {
	var h run.History
	h = struck(h, 100, "start-partition", `"majority"`, `["isolated",{"n0":["n1"]}]`)
	h = append(h, run.Op{F: "start-partition", Type: run.Invoke, Process: 0}) // a client's, whatever it means
	h = struck(h, 900, "stop-partition", ``, `"network-healed"`)
	h = struck(h, 1500, "start-partition", `"one"`, `["isolated",{}]`)
	h = struck(h, 1600, "start-clock", `"n1"`, ``)
	h = struck(h, 1700, "stop-pause", ``, ``) // which never began
	h = struck(h, 1800, "unknown", ``, ``)
	h = struck(h, 1900, "stall", `[["n1","n2"],50.5]`, `{"n1":"stalled","n2":"stalled"}`)
	h = struck(h, 1950, "truncate", `[["n1","n2"],0.5,true]`, `{"n1":"truncated","n2":"truncated"}`)
	h = struck(h, 1960, "remove", `["n1"]`, `{"n1":"removed"}`)
	require.Equal(t, []run.Fault{
		{Kind: "partition", From: ms(100), To: ms(900), Text: `majority ["isolated",{"n0":["n1"]}]`},
		{Kind: "partition", From: ms(1500), To: ms(2000), Text: `one ["isolated",{}]`},
		{Kind: "clock", From: ms(1600), To: ms(2000), Text: "n1"},
		{Kind: "stall", From: ms(1900), To: ms(1900) + 500*run.Millis(time.Microsecond) + ms(50), Text: "n1 n2"},
		{Kind: "truncate", From: ms(1950), To: ms(1950), Text: "n1 n2 to 0.5"},
		{Kind: "remove", From: ms(1960), To: ms(1960), Text: "n1"},
	}, faults(h, 2*time.Second))
	require.Empty(t, faults(nil, time.Second))
}

func ms(v int) run.Millis { return run.Millis(time.Duration(v) * time.Millisecond) }

func TestAnInterruptionExcusesWhatItExplains(t *testing.T) {
	kinds := []run.FindingKind{
		run.FindingMaelstrom, run.FindingDeaf, run.FindingMissing, run.FindingDuplicate, run.FindingUnsent, run.FindingCrash,
	}
	r := run.Results{Valid: run.Invalid}
	for _, kind := range kinds {
		r.Strict.Findings = append(r.Strict.Findings, run.Finding{Kind: kind})
	}
	excuse(&r)
	require.True(t, r.Interrupted)
	require.Equal(t, run.Unknown, r.Valid)
	require.Equal(t, run.Invalid, r.Strict.Valid, "a duplicate is one, however the run ended")
	require.Equal(t, []run.Finding{{Kind: run.FindingDuplicate}, {Kind: run.FindingUnsent}, {Kind: run.FindingCrash}}, r.Strict.Findings)

	r = run.Results{Strict: run.Strict{Findings: []run.Finding{{Kind: run.FindingMaelstrom}}}}
	excuse(&r)
	require.Equal(t, run.Unknown, r.Strict.Valid)
	require.Empty(t, r.Strict.Findings)
}
