package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Jepsen's operations may have keys beyond those that Op names: a generator's
// notes, such as :seek-to-beginning? or :unseen. They are kept as one JSON
// object. In EDN its keys are keywords, and those of maps within are integers
// where they can be, else keywords. Reading passes over :exception,
// which is a page of Java.

// appendExtraEDN appends the keys of extra to a map that is open.
func appendExtraEDN(dst []byte, extra json.RawMessage) ([]byte, error) {
	w := ednWriter{data: extra}
	w.skipSpace()
	if w.pos >= len(w.data) || w.data[w.pos] != '{' {
		return nil, fmt.Errorf("they are no object")
	}
	dst = append(dst, ", "...)
	start := len(dst)
	dst, err := w.appendExtraMap(dst, 0)
	if err != nil {
		return nil, err
	}
	if w.skipSpace(); w.pos != len(w.data) {
		return nil, fmt.Errorf("unexpected %q after them", w.data[w.pos])
	}
	// The map's own braces are those of the operation.
	inner := dst[start+1 : len(dst)-1]
	if len(inner) == 0 {
		return dst[:start-2], nil
	}
	return append(dst[:start], inner...), nil
}

// appendExtra appends the value at hand.
func (w *ednWriter) appendExtra(dst []byte, depth int) ([]byte, error) {
	w.skipSpace()
	if w.pos < len(w.data) && w.data[w.pos] == '{' {
		return w.appendExtraMap(dst, depth)
	}
	return w.append(dst, plainSpelling, depth)
}

func (w *ednWriter) appendExtraMap(dst []byte, depth int) ([]byte, error) {
	if depth > ednMaxDepth {
		return nil, errEDNDepth
	}
	dst, err := w.appendItems(append(dst, '{'), '}', ", ", func(dst []byte) ([]byte, error) {
		w.skipSpace()
		if w.pos >= len(w.data) || w.data[w.pos] != '"' {
			return nil, fmt.Errorf("a key must be a string")
		}
		key, err := w.text()
		if err != nil {
			return nil, err
		}
		switch _, notInt := strconv.ParseInt(key, 10, 64); {
		case notInt == nil && depth > 0 && isJSONNumber([]byte(key)):
			dst = append(dst, key...)
		case isKeyword(key):
			dst = append(append(dst, ':'), key...)
		default:
			dst = appendEDNString(dst, key)
		}
		w.skipSpace()
		if w.pos >= len(w.data) || w.data[w.pos] != ':' {
			return nil, fmt.Errorf("a key must be followed by a colon")
		}
		w.pos++
		return w.appendExtra(append(dst, ' '), depth+1)
	})
	return append(dst, '}'), err
}

// readExtra reads a key that Op has no field for.
func (op *Op) readExtra(key string, s *ednScanner) error {
	if key == ":exception" || key[0] != ':' || !isKeyword(key[1:]) {
		return s.skipValue()
	}
	value, err := s.appendJSON(nil)
	if err != nil {
		return err
	}
	extra := []byte{'{'}
	if op.Extra != nil {
		extra = append(bytes.TrimSuffix(op.Extra, []byte{'}'}), ',')
	}
	extra = append(appendJSONString(extra, keywordName([]byte(key))), ':')
	op.Extra = append(append(extra, value...), '}')
	return nil
}

// atMicros tells whether the value that follows is a list of micro-operations: a
// vector of vectors that each begin with a keyword. The empty vector is none.
func (s *ednScanner) atMicros() bool {
	at := *s
	first, err := at.peek()
	if err != nil || first != '[' {
		return false
	}
	at.pos++
	if open, err := at.accept('['); err != nil || !open {
		return false
	}
	function, err := at.peek()
	return err == nil && function == ':'
}
