package run

import "fmt"

// opTypeNames are Jepsen's keywords, indexed by OpType.
var opTypeNames = [...]string{Invoke: "invoke", OK: "ok", Fail: "fail", Info: "info"}

// String is Jepsen's keyword for the type, without the colon.
func (t OpType) String() string {
	if int(t) < len(opTypeNames) {
		return opTypeNames[t]
	}
	return fmt.Sprintf("OpType(%d)", uint8(t))
}

// ParseOpType reads a keyword without its colon: invoke, ok, fail or info.
func ParseOpType(word string) (OpType, error) {
	for t, name := range opTypeNames {
		if name == word {
			return OpType(t), nil
		}
	}
	return 0, fmt.Errorf("run: %q is no type of operation (invoke, ok, fail or info)", word)
}

// MarshalText spells the type as its keyword.
func (t OpType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (t *OpType) UnmarshalText(text []byte) error {
	parsed, err := ParseOpType(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}
