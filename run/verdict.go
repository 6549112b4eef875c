package run

import (
	"bytes"
	"fmt"
)

// Verdict is the answer of a checker, Jepsen's :valid?. The zero value is
// Valid, so that a verdict which nothing speaks against is a good one; merge
// verdicts with MergeVerdicts, never by comparing them.
type Verdict uint8

// The verdicts, from best to worst: a merge takes the worst. The order is that
// of jepsen.checker/valid-priorities.
const (
	Valid   Verdict = iota // nothing wrong was seen
	Unknown                // there was not enough to tell
	Invalid                // something is wrong
)

// MergeVerdicts is Jepsen's merge-valid: Invalid over Unknown over Valid, and
// Valid if there are none.
func MergeVerdicts(verdicts ...Verdict) Verdict {
	worst := Valid
	for _, v := range verdicts {
		worst = max(worst, v)
	}
	return worst
}

// VerdictIf is Valid if ok holds, Invalid otherwise.
func VerdictIf(ok bool) Verdict {
	if ok {
		return Valid
	}
	return Invalid
}

// String is "true", "false" or "unknown".
func (v Verdict) String() string {
	switch v {
	case Valid:
		return "true"
	case Invalid:
		return "false"
	default:
		return "unknown"
	}
}

// ExitCode is the status Jepsen ends with: 0 for Valid, 1 for Invalid, 2 for
// Unknown.
func (v Verdict) ExitCode() int {
	switch v {
	case Valid:
		return 0
	case Invalid:
		return 1
	default:
		return 2
	}
}

// MarshalJSON spells a verdict true, false or "unknown".
func (v Verdict) MarshalJSON() ([]byte, error) {
	if v == Unknown {
		return []byte(`"unknown"`), nil
	}
	return []byte(v.String()), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Verdict) UnmarshalJSON(data []byte) error {
	return v.parse(bytes.Trim(data, `"`))
}

func (v *Verdict) parse(word []byte) error {
	switch string(word) {
	case "true":
		*v = Valid
	case "false":
		*v = Invalid
	case "unknown":
		*v = Unknown
	default:
		return fmt.Errorf("run: %q is no verdict (true, false or unknown)", word)
	}
	return nil
}
