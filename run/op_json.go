package run

import (
	"encoding/json"
	"time"
)

// opJSON is the shape of an operation in results.json.
type opJSON struct {
	Index   int             `json:"index"`
	Time    Millis          `json:"time_ms"`
	Type    OpType          `json:"type"`
	Process int             `json:"process"` // -1 is the nemesis
	F       string          `json:"f"`
	Value   json.RawMessage `json:"value"`
	Micro   bool            `json:"micro,omitempty"`
	Final   bool            `json:"final,omitempty"`
	Extra   json.RawMessage `json:"extra,omitempty"`
	Error   *opErrorJSON    `json:"error,omitempty"`
}

type opErrorJSON struct {
	Name string `json:"name"`
	Text string `json:"text,omitempty"`
}

// MarshalJSON spells op as results.json does.
func (op Op) MarshalJSON() ([]byte, error) {
	return json.Marshal(op.shape())
}

// shape is what JSON spells.
func (op *Op) shape() opJSON {
	out := opJSON{
		Index: op.Index, Time: Millis(op.Time), Type: op.Type, Process: op.Process,
		F: op.F, Value: op.Value, Micro: op.Micro, Final: op.Final, Extra: op.Extra,
	}
	if op.Error != nil {
		out.Error = &opErrorJSON{Name: op.Error.Name, Text: op.Error.Text}
	}
	return out
}

// UnmarshalJSON reads what MarshalJSON writes.
func (op *Op) UnmarshalJSON(data []byte) error {
	var in opJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*op = Op{
		Index: in.Index, Time: time.Duration(in.Time), Type: in.Type, Process: in.Process,
		F: in.F, Value: in.Value, Micro: in.Micro, Final: in.Final, Extra: in.Extra,
	}
	if string(in.Value) == "null" {
		op.Value = nil
	}
	if in.Error != nil {
		op.Error = &OpError{Name: in.Error.Name, Text: in.Error.Text}
	}
	return nil
}
