package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ednAround is how many collections a file may put around a value that is
// nested as deeply as values may be.
const ednAround = 8

// ednItems takes the collection apart that the whole text is, into the texts of
// its items; nil is an empty one. brackets are those it may stand in: "()",
// "#{}". It fails if the text is anything else.
func ednItems(text []byte, brackets ...string) ([][]byte, error) {
	s := ednScanner{data: text, depth: -ednAround}
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	var items [][]byte
	for _, pair := range brackets {
		opening, closing := pair[:len(pair)-1], pair[len(pair)-1]
		if !bytes.HasPrefix(text[s.pos:], []byte(opening)) {
			continue
		}
		s.pos += len(opening)
		for {
			done, err := s.accept(closing)
			if err != nil {
				return nil, err
			}
			if done {
				return items, s.end()
			}
			item, err := s.raw()
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
	}
	whole, err := s.raw()
	switch {
	case err != nil:
		return nil, err
	case string(whole) != "nil":
		return nil, fmt.Errorf("something between %s is expected", strings.Join(brackets, " or "))
	}
	return nil, s.end()
}

// ednRecord are the values of an EDN map by the names of its keywords, each as
// its text. Nothing is made of those that nobody asks for, so that what is odd
// among them does no harm.
type ednRecord map[string][]byte

// ednRecordOf takes the map apart that the whole text is; nil is an empty one.
// Keys that are no keywords are left out, and the last value of a key counts.
func ednRecordOf(text []byte) (ednRecord, error) {
	items, err := ednItems(text, "{}")
	if err != nil {
		return nil, err
	}
	if len(items)%2 != 0 {
		return nil, errors.New("a map ends with a key")
	}
	record := make(ednRecord, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		if name, ok := bytes.CutPrefix(items[i], []byte(":")); ok {
			record[string(name)] = items[i+1]
		}
	}
	return record, nil
}

// read decodes the value of a name as encoding/json does the JSON that stands
// for it. into stays as it is if there is no such name.
func (r ednRecord) read(name string, into any) error {
	text, ok := r[name]
	if !ok {
		return nil
	}
	value, err := jsonOfEDN(text)
	if err == nil {
		err = json.Unmarshal(value, into)
	}
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) {
		return fmt.Errorf(":%s is a %s, which Maelstrom does not write there", strings.Trim(name+"."+odd.Field, "."), odd.Value)
	}
	if err != nil {
		return fmt.Errorf(":%s: %w", name, err)
	}
	return nil
}

// items takes the collection of a name apart, as ednItems does; there are none
// if there is no such name.
func (r ednRecord) items(name string, brackets ...string) ([][]byte, error) {
	text, ok := r[name]
	if !ok {
		return nil, nil
	}
	items, err := ednItems(text, brackets...)
	if err != nil {
		return nil, fmt.Errorf(":%s: %w", name, err)
	}
	return items, nil
}
