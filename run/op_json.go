package run

import (
	"encoding/json"
	"time"
)

// opJSON is the shape of an operation in results.json and history.jsonl.
type opJSON struct {
	Time Millis `json:"time_ms"`
	plainOp
}

type plainOp Op // without its methods

// shape is what JSON spells.
func (op *Op) shape() opJSON { return opJSON{Millis(op.Time), plainOp(*op)} }

// MarshalJSON spells op as results.json does.
func (op Op) MarshalJSON() ([]byte, error) { return json.Marshal(op.shape()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (op *Op) UnmarshalJSON(data []byte) error {
	var in opJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*op = Op(in.plainOp)
	op.Time = time.Duration(in.Time)
	if string(op.Value) == "null" {
		op.Value = nil
	}
	return nil
}
