package wire

import (
	"math/big"
	"strconv"
)

// ID is the id of a message, msg_id or in_reply_to: an integer of any size, as
// Maelstrom takes them. Nodes in languages with unsigned integers, or that draw
// ids at random, use more than 63 bits. Two IDs are == if they are the same
// integer. The zero value is 0, a legal id.
type ID struct {
	n    int64
	long string // the digits, where 64 bits do not hold them; empty otherwise
}

// IntID is the ID of an integer.
func IntID(n int64) ID { return ID{n: n} }

// ParseID reads a raw JSON value as an integer of any size; false where it is
// none (1.0 and 1e3 are none).
func ParseID(value []byte) (ID, bool) {
	if !isInteger(value) {
		return ID{}, false
	}
	if n, ok := parseInt(value); ok {
		return ID{n: n}, true
	}
	if n, ok := new(big.Int).SetString(string(value), 10); ok {
		if n.IsInt64() {
			return ID{n: n.Int64()}, true
		}
		return ID{long: n.String()}, true
	}
	return ID{}, false
}

// isInteger reports whether value is a JSON integer: -?(0|[1-9][0-9]*).
func isInteger(value []byte) bool {
	digits := value
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(digits) > 1 {
		return false
	}
	for _, c := range digits {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// Append appends the id in digits.
func (id ID) Append(dst []byte) []byte {
	if id.long != "" {
		return append(dst, id.long...)
	}
	return strconv.AppendInt(dst, id.n, 10)
}

// String is the id in digits.
func (id ID) String() string { return string(id.Append(nil)) }

// Int64 is the id as a number; false where 64 bits do not hold it.
func (id ID) Int64() (int64, bool) { return id.n, id.long == "" }
