package run

import (
	"bytes"
	"errors"
	"fmt"
)

// ednMaxDepth bounds how deep values may nest, so that a hostile file ends in
// an error and not in an exhausted stack.
const ednMaxDepth = 1000

var (
	errEDNEnd   = errors.New("the text ends inside a value")
	errEDNDepth = fmt.Errorf("values nest deeper than %d", ednMaxDepth)
)

// ednScanner walks over EDN text token by token. It exists beside the EDN
// library, which the tests compare it with, because a history must keep the
// order of its maps and sets, which the library's maps lose; because a history
// of a gigabyte of reads has to be turned into JSON at the speed of a copy; and
// because the library refuses a whole file for one number, ratio or ##Inf that
// Clojure writes and Go has no type for, wherever it stands.
type ednScanner struct {
	data  []byte
	pos   int
	depth int // how many collections, tags and discards are open
}

// enter begins what may hold values; leave ends it. The scanner is of no use
// after an error, so that only what ends well is left.
func (s *ednScanner) enter() error {
	if s.depth++; s.depth > ednMaxDepth {
		return errEDNDepth
	}
	return nil
}

func (s *ednScanner) leave() { s.depth-- }

// skipSpace passes white space, commas, comments and discarded (#_) values.
func (s *ednScanner) skipSpace() error {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r':
			s.pos++
		case c == ';':
			end := bytes.IndexByte(s.data[s.pos:], '\n')
			if end < 0 {
				s.pos = len(s.data)
			} else {
				s.pos += end + 1
			}
		case c == '#' && s.pos+1 < len(s.data) && s.data[s.pos+1] == '_':
			s.pos += 2
			if err := s.enter(); err != nil {
				return err
			}
			if err := s.skipValue(); err != nil {
				return err
			}
			s.leave()
		default:
			return nil
		}
	}
	return nil
}

// peek passes space and gives the byte the next token begins with.
func (s *ednScanner) peek() (byte, error) {
	if err := s.skipSpace(); err != nil {
		return 0, err
	}
	if s.pos >= len(s.data) {
		return 0, errEDNEnd
	}
	return s.data[s.pos], nil
}

// accept passes the byte c if it is the next one after space.
func (s *ednScanner) accept(c byte) (bool, error) {
	next, err := s.peek()
	if err != nil || next != c {
		return false, err
	}
	s.pos++
	return true, nil
}

// word takes a number, symbol or keyword: everything up to the next space,
// comma, bracket, quote or comment.
func (s *ednScanner) word() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	start := s.pos
	for s.pos < len(s.data) && !ednDelimiter[s.data[s.pos]] {
		s.pos++
	}
	if s.pos == start {
		return nil, fmt.Errorf("unexpected %q", s.data[start])
	}
	return s.data[start:s.pos], nil
}

// quoted takes a string and gives what stands between its quotes, escapes as
// they are, and whether there are any.
func (s *ednScanner) quoted() (inner []byte, escaped bool, err error) {
	s.pos++ // the opening quote
	start := s.pos
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '"':
			inner = s.data[start:s.pos]
			s.pos++
			return inner, escaped, nil
		case '\\':
			escaped = true
			s.pos++
		}
		s.pos++
	}
	return nil, false, errEDNEnd
}

// skipValue passes one whole value.
func (s *ednScanner) skipValue() error {
	_, err := s.appendJSON(nil)
	return err
}

// raw takes one whole value and gives its text.
func (s *ednScanner) raw() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	start := s.pos
	if err := s.skipValue(); err != nil {
		return nil, err
	}
	return s.data[start:s.pos], nil
}

// end fails if anything but space follows.
func (s *ednScanner) end() error {
	if err := s.skipSpace(); err != nil {
		return err
	}
	if s.pos != len(s.data) {
		return fmt.Errorf("%q follows where the text should end", s.data[s.pos:min(len(s.data), s.pos+20)])
	}
	return nil
}

// ednDelimiter marks the bytes that end a word.
var ednDelimiter = func() (is [256]bool) {
	for _, c := range []byte(" ,\t\n\r\"()[]{};") {
		is[c] = true
	}
	return is
}()
