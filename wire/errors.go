package wire

import (
	"errors"
	"fmt"
)

// What can be wrong with a line. Test with errors.Is; the errors met are a
// [*SyntaxError], a [*ShapeError] or a wrapped [ErrTooLong].
var (
	ErrNotJSON = errors.New("not JSON")
	ErrShape   = errors.New("not of the shape of a message")
	ErrTooLong = errors.New("line too long")
	ErrTooDeep = errors.New("nested too deeply")
)

// SyntaxError is an [ErrNotJSON] that says where. Nesting beyond the limit is
// an [ErrTooDeep] as well.
type SyntaxError struct {
	Offset int // of the byte that cannot stand there; the length of the input if it ends too early; -1 if nested too deeply
	Byte   byte
	limit  int // of the depth, if that was exceeded
	atEnd  bool
}

func (e *SyntaxError) Error() string {
	switch {
	case e.Offset < 0:
		return fmt.Sprintf("not JSON: nested deeper than %d levels", e.limit)
	case e.atEnd:
		return fmt.Sprintf("not JSON: ends too early, after %d bytes", e.Offset)
	}
	return fmt.Sprintf("not JSON: unexpected %q at byte %d", rune(e.Byte), e.Offset)
}

// AtEnd reports whether the input ended before the JSON did.
func (e *SyntaxError) AtEnd() bool { return e.atEnd }

// Is makes errors.Is find ErrNotJSON and, where it applies, ErrTooDeep.
func (e *SyntaxError) Is(target error) bool {
	return target == ErrNotJSON || target == ErrTooDeep && e.Offset < 0
}

// ShapeError is an [ErrShape]: JSON, but not a message.
type ShapeError struct {
	Field   string // "src", "body.msg_id"; "message" for the whole line
	Problem string // "is missing", "is not an integer"
}

func (e *ShapeError) Error() string { return e.Field + " " + e.Problem }

// Is makes errors.Is find ErrShape.
func (e *ShapeError) Is(target error) bool { return target == ErrShape }
