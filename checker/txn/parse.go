package txn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Kind is what a history's objects are.
type Kind uint8

// The kinds of objects.
const (
	Lists     Kind = iota // writes are spelled "append"
	Registers             // writes are spelled "w"
)

func (k Kind) write() string {
	if k == Registers {
		return "w"
	}
	return "append"
}

// Parse reads a transaction as Maelstrom's messages and histories spell it:
//
//	[["r", 1, [2, 3]], ["append", 1, 4]]      Lists
//	[["r", "x", null], ["w", "x", 2]]         Registers
//
// An error says which micro-operation is malformed. The text is not kept.
func Parse(kind Kind, text []byte) ([]Mop, error) {
	if !json.Valid(text) {
		return nil, errors.New("a transaction is a JSON list of micro-operations")
	}
	if bytes.IndexByte(text, '\\') >= 0 || bytes.ContainsAny(text, "{}") {
		// Only what has several spellings needs a canonical one.
		var err error
		if text, err = canonicalJSON(text); err != nil {
			return nil, err
		}
	}
	s := scanner{text: string(text)} // one copy, which all values share
	if s.is("null") {
		return nil, nil
	}
	if !s.accept('[') {
		return nil, errors.New("a transaction is a list of micro-operations")
	}
	txn := []Mop{}
	for s.next(len(txn)) {
		m, err := s.mop(kind)
		if err != nil {
			return nil, fmt.Errorf("micro-operation %d: %w", len(txn), err)
		}
		txn = append(txn, m)
	}
	return txn, nil
}

// canonicalJSON gives equal values equal texts: sorted keys, and strings
// escaped in one way. Numbers keep their spelling.
func canonicalJSON(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("a transaction is not JSON: %w", err)
	}
	return json.Marshal(v)
}

// scanner walks over JSON text that is known to be valid.
type scanner struct {
	text string
	pos  int
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

// accept steps over c if it is next.
func (s *scanner) accept(c byte) bool {
	s.skipSpace()
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// is steps over a word if it is next.
func (s *scanner) is(word string) bool {
	s.skipSpace()
	if strings.HasPrefix(s.text[s.pos:], word) {
		s.pos += len(word)
		return true
	}
	return false
}

// next steps over what separates the items of a list, of which n have been
// read. It is false, and steps over the bracket, at the list's end.
func (s *scanner) next(n int) bool {
	if s.accept(']') {
		return false
	}
	if n > 0 {
		s.accept(',')
	}
	return true
}

// value steps over one value and returns its text without space.
func (s *scanner) value() Value {
	s.skipSpace()
	start, depth, spaces := s.pos, 0, false
	for {
		switch s.text[s.pos] {
		case '"':
			for s.pos++; s.text[s.pos] != '"'; s.pos++ {
				if s.text[s.pos] == '\\' {
					s.pos++
				}
			}
			s.pos++
		case '[', '{':
			depth++
			s.pos++
		case ']', '}':
			depth--
			s.pos++
		case ' ', '\t', '\r', '\n':
			spaces = true
			s.pos++
			continue
		case ',', ':':
			s.pos++
			continue
		default:
			for s.pos < len(s.text) && strings.IndexByte(",:]} \t\r\n", s.text[s.pos]) < 0 {
				s.pos++
			}
		}
		if depth == 0 {
			break
		}
	}
	text := s.text[start:s.pos]
	if spaces {
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(text)) == nil {
			text = compact.String()
		}
	}
	if text == "null" {
		return Null
	}
	return Value(text)
}

var errMop = errors.New("it is a list of a function, a key and a value")

func (s *scanner) mop(kind Kind) (m Mop, err error) {
	if !s.accept('[') || s.accept(']') {
		return m, errMop
	}
	switch f := s.value(); f {
	case `"r"`:
	case Value(`"` + kind.write() + `"`):
		m.F = Write
	default:
		return m, fmt.Errorf("unknown function %s, it is \"r\" or %q", f, kind.write())
	}
	if !s.accept(',') {
		return m, errMop
	}
	m.Key = s.value()
	if !s.accept(',') {
		return m, errMop
	}
	if m.F == Write || kind == Registers {
		m.Value = s.value()
	} else if m.List, err = s.list(); err != nil {
		return m, err
	}
	if !s.accept(']') {
		return m, errMop
	}
	return m, nil
}

// list reads what a list was read as. Null is nil, and an empty list is not.
func (s *scanner) list() ([]Value, error) {
	if s.is("null") {
		return nil, nil
	}
	if !s.accept('[') {
		return nil, errors.New("a list is read as a list or null")
	}
	list := make([]Value, 0, 1+strings.Count(s.text[s.pos:s.pos+strings.IndexByte(s.text[s.pos:], ']')], ","))
	for s.next(len(list)) {
		list = append(list, s.value())
	}
	return list, nil
}
