package checker

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// testNames are the functions of histories here.
var testNames = SetNames{Add: "broadcast", Read: "read", Added: "broadcast"}

// script reads a history from lines of
//
//	ms process type function value [final] [!error-name [text...]]
//
// where process may be "nemesis" and value is JSON without spaces, or - for
// none. Empty lines are passed over.
func script(t testing.TB, text string) run.History {
	t.Helper()
	var h run.History
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		require.GreaterOrEqual(t, len(fields), 5, "line %q", line)
		ms, err := strconv.ParseFloat(fields[0], 64)
		require.NoError(t, err, "line %q", line)
		op := run.Op{Index: len(h), Time: time.Duration(ms * float64(time.Millisecond)), F: fields[3]}
		op.Process = run.NemesisProcess
		if fields[1] != "nemesis" {
			op.Process, err = strconv.Atoi(fields[1])
			require.NoError(t, err, "line %q", line)
		}
		op.Type, err = run.ParseOpType(fields[2])
		require.NoError(t, err, "line %q", line)
		if fields[4] != "-" {
			op.Value = json.RawMessage(fields[4])
			require.True(t, json.Valid(op.Value), "line %q", line)
		}
		for i, word := range fields[5:] {
			if word == "final" {
				op.Final = true
			} else if name, ok := strings.CutPrefix(word, "!"); ok {
				op.Error = &run.OpError{Name: name, Text: strings.Join(fields[6+i:], " ")}
				break
			}
		}
		h = append(h, op)
	}
	return h
}

// raws makes JSON values.
func raws(values ...any) []json.RawMessage {
	out := []json.RawMessage{}
	for _, value := range values {
		out = append(out, json.RawMessage(fmt.Sprint(value)))
	}
	return out
}

func ms(n float64) run.Millis { return run.Millis(n * float64(time.Millisecond)) }
