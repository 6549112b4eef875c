package run

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// csvTable is a CSV file whose lines are values of T: its first line names the
// columns. Columns are known by their names when it is read: one that is not known
// is left out, and one that is missing leaves its field as it is.
type csvTable[T any] struct {
	Columns []csvColumn[T]
	Needed  int // so many of the first columns must be there
}

// csvColumn is a column of a csvTable.
type csvColumn[T any] struct {
	Name    string // ends in its unit
	Meaning string
	append  func(dst []byte, line *T) []byte
	set     func(line *T, cell string) error // not called for an empty cell
}

// errColumn says that a file lacks a column; it is none of this table.
var errColumn = errors.New("there is no column")

// header is the line that names the columns.
func (t *csvTable[T]) header() []byte {
	var out []byte
	for i := range t.Columns {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, t.Columns[i].Name...)
	}
	return append(out, '\n')
}

// append appends a line.
func (t *csvTable[T]) append(dst []byte, line *T) []byte {
	for i := range t.Columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.Columns[i].append(dst, line)
	}
	return append(dst, '\n')
}

// read hands one line after the other to take. cut says that the last line is not
// whole; it is left out. Any other line that is wrong is an error which names it,
// as is the first error of take. The line that is handed to take is used again.
func (t *csvTable[T]) read(r io.Reader, take func(*T) error) (cut bool, err error) {
	source := &lastByte{Reader: withoutBOM(r)}
	in := csv.NewReader(source)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil && !isSyntax(err) && !errors.Is(err, io.EOF) {
		return false, err
	}
	columns := make([]*csvColumn[T], len(header))
	for i := range t.Columns {
		at := slices.Index(header, t.Columns[i].Name)
		if at >= 0 {
			columns[at] = &t.Columns[i]
		} else if i < t.Needed {
			return false, fmt.Errorf("%w %q", errColumn, t.Columns[i].Name)
		}
	}
	var held T // a line is taken when it is known that it is whole
	holds := false
	var bad error
	for {
		cells, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			if source.last != '\n' && source.last != 0 || errors.Is(bad, csv.ErrQuote) {
				return true, nil
			}
			if bad == nil && holds {
				line, _ := in.FieldPos(0)
				bad = inLine(line, take(&held))
			}
			return false, bad
		case bad != nil:
			return false, bad
		case holds:
			if err := take(&held); err != nil {
				line, _ := in.FieldPos(0)
				return false, inLine(line-1, err)
			}
			holds = false
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			bad = inLine(parse.Line, parse.Err)
			continue
		}
		if err != nil {
			return false, err
		}
		held, holds = *new(T), true
		for at, cell := range cells {
			if columns[at] == nil || cell == "" {
				continue
			}
			if err := columns[at].set(&held, cell); err != nil {
				line, _ := in.FieldPos(at)
				bad = inLine(line, fmt.Errorf("%s is %q: %w", columns[at].Name, cell, err))
				break
			}
		}
	}
}

// lineError is about what a line says.
type lineError struct {
	line int
	error
}

func (e lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.error) }
func (e lineError) Unwrap() error { return e.error }

func inLine(line int, err error) error {
	if err == nil {
		return nil
	}
	return lineError{line, err}
}

// isContent says whether an error is about what a file says, not about reading it.
func isContent(err error) bool {
	_, ok := errors.AsType[lineError](err)
	return ok || errors.Is(err, errColumn)
}

// isSyntax says whether an error is about what a file says, not about its reading.
func isSyntax(err error) bool {
	_, ok := errors.AsType[*csv.ParseError](err)
	return ok
}

// lastByte remembers the last byte that was read.
type lastByte struct {
	io.Reader
	last byte
}

func (l *lastByte) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.last = p[n-1]
	}
	return n, err
}

// textColumn is a column of texts. What is read is part of a longer text: whoever
// keeps it for long clones it.
func textColumn[T any](name, meaning string, of func(*T) *string) csvColumn[T] {
	return csvColumn[T]{name, meaning,
		func(dst []byte, line *T) []byte { return appendCell(dst, *of(line)) },
		func(line *T, cell string) error { *of(line) = cell; return nil },
	}
}

// countColumn is a column of whole numbers from 0 to maxFigure. What is beyond is
// written as the nearer end.
func countColumn[T any, N int | int64 | uint64](name string, of func(*T) *N) csvColumn[T] {
	return csvColumn[T]{name, "",
		func(dst []byte, line *T) []byte {
			return strconv.AppendUint(dst, min(uint64(max(*of(line), 0)), maxFigure), 10)
		},
		func(line *T, cell string) error {
			v, err := figure(cell)
			*of(line) = N(v)
			return err
		},
	}
}

// maxFigure is the largest figure: every reader keeps it exact.
const maxFigure = 1 << 53

// figure reads a number from 0 to maxFigure.
func figure(cell string) (float64, error) {
	v, err := finite(cell)
	if err == nil && (v < 0 || v > maxFigure) {
		err = strconv.ErrRange
	}
	return v, err
}

// finite reads a number. What is none, or has no end, would spoil every figure
// that it is put together with.
func finite(cell string) (float64, error) {
	v, err := strconv.ParseFloat(cell, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

// appendNumber writes a figure as people do, without an exponent unless it is huge.
func appendNumber(dst []byte, v float64) []byte {
	if math.Abs(v) < 1e15 {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

// appendCell appends a text as a cell, quoted where it must be. The end of a line
// within it is read as a newline, whatever it was.
func appendCell(dst []byte, text string) []byte {
	if !strings.ContainsAny(text, "\",\r\n") && !strings.HasPrefix(text, " ") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(text, `"`, `""`)...)
	return append(dst, '"')
}
