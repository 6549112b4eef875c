package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Figures are what a workload's checker found, under Maelstrom's keys and in
// Maelstrom's order: a map that results.edn and results.json spell as it stands.
//
// A value is one of: nil, bool, int, int64, float32, float64, string, Keyword, Atom,
// Verdict, Value, Body, Op or *Op, Figures, List, Vector, Set, Pairs. In JSON a keyword
// is a string, and a list, a vector and a set are arrays.
type Figures []Figure

// Figure is a key, a keyword without its colon, and its value.
type Figure struct {
	Key   string
	Value any
}

// Keyword is an EDN keyword, without its colon.
type Keyword string

// Value is what a client or a node said, as JSON. Keys of its maps are strings.
type Value json.RawMessage

// Atom is EDN text that stands as it is; in JSON it is a string.
type Atom string

// Body is a message's body, or a value in one, as JSON. Keys of its maps are
// keywords where they can be.
type Body json.RawMessage

// List, Vector and Set are EDN's collections of those names, in order.
type (
	List   []any
	Vector []any
	Set    []any
)

// Pairs is a map whose keys are no keywords: keys and values in turn. In JSON a
// key that is no string is spelt as one.
type Pairs []any

// Get returns the value under a key, nil if there is none.
func (f Figures) Get(key string) any {
	for i := range f {
		if f[i].Key == key {
			return f[i].Value
		}
	}
	return nil
}

// figures makes a form of them.
func (b *ednBuilder) figures(f Figures) ednForm {
	form := ednMap()
	for i := range f {
		form.items = append(form.items, ednAtom(":"+f[i].Key), b.figure(f[i].Value))
	}
	return form
}

func (b *ednBuilder) figure(value any) ednForm {
	switch v := value.(type) {
	case nil:
		return ednAtom("nil")
	case bool:
		return ednAtom(strconv.FormatBool(v))
	case int:
		return ednInt(v)
	case int64:
		return ednInt(v)
	case float32:
		return ednFloat(v)
	case float64:
		return ednAtom(javaDouble(v))
	case string:
		return ednAtom(string(appendEDNString(nil, v)))
	case Keyword:
		return ednAtom(":" + string(v))
	case Atom:
		return ednAtom(string(v))
	case Verdict:
		return ednVerdict(v)
	case Value:
		return b.parsed(appendEDNValue(nil, json.RawMessage(v), plainSpelling))
	case Body:
		return b.value(json.RawMessage(v))
	case Op:
		return b.op(&v)
	case *Op:
		return b.op(v)
	case Figures:
		return b.figures(v)
	case List:
		return ednList(b.all(v))
	case Vector:
		return ednForm{open: "[", close: "]", items: b.all(v)}
	case Set:
		return ednForm{open: "#{", close: "}", items: b.all(v)}
	case Pairs:
		return ednMap(b.all(v)...)
	}
	if b.err == nil {
		b.err = fmt.Errorf("run: write results.edn: a figure is a %T", value)
	}
	return ednAtom("nil")
}

func (b *ednBuilder) all(values []any) []ednForm {
	forms := make([]ednForm, len(values))
	for i := range values {
		forms[i] = b.figure(values[i])
	}
	return forms
}

// javaDouble spells f as Java's Double.toString does.
func javaDouble(f float64) string {
	size := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return "##NaN"
	case math.IsInf(f, 1):
		return "##Inf"
	case math.IsInf(f, -1):
		return "##-Inf"
	case size != 0 && (size < 1e-3 || size >= 1e7):
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		sign := ""
		if exponent[0] == '-' {
			sign = "-"
		}
		return mantissa + "E" + sign + strings.TrimLeft(exponent, "+-0")
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// MarshalJSON spells the figures as an object in their order.
func (f Figures) MarshalJSON() ([]byte, error) {
	return appendFigureJSON(nil, f)
}

func appendFigureJSON(dst []byte, value any) (_ []byte, err error) {
	items := func(values []any) {
		dst = append(dst, '[')
		for i := range values {
			if i > 0 {
				dst = append(dst, ',')
			}
			if err == nil {
				dst, err = appendFigureJSON(dst, values[i])
			}
		}
		dst = append(dst, ']')
	}
	switch v := value.(type) {
	case Figures:
		dst = append(dst, '{')
		for i := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, v[i].Key), ':')
			if dst, err = appendFigureJSON(dst, v[i].Value); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	case Pairs:
		dst = append(dst, '{')
		for i := 0; i+1 < len(v); i += 2 {
			if i > 0 {
				dst = append(dst, ',')
			}
			key, keyErr := appendFigureJSON(nil, v[i])
			if keyErr != nil {
				return nil, keyErr
			}
			if key[0] != '"' {
				key = appendJSONString(nil, string(key))
			}
			dst = append(append(dst, key...), ':')
			if dst, err = appendFigureJSON(dst, v[i+1]); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	case List:
		items(v)
	case Vector:
		items(v)
	case Set:
		items(v)
	case Value:
		if v == nil {
			return append(dst, "null"...), nil
		}
		return append(dst, v...), nil
	case Body:
		return appendFigureJSON(dst, Value(v))
	case Keyword:
		return appendJSONString(dst, string(v)), nil
	case Atom:
		return appendJSONString(dst, string(v)), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return appendJSONString(dst, javaDouble(v)), nil
		}
		return append(dst, javaDouble(v)...), nil
	case float32:
		return append(dst, ednFloat(v).text...), nil
	default:
		text, marshalErr := json.Marshal(value)
		return append(dst, text...), marshalErr
	}
	return dst, err
}

// UnmarshalJSON reads what MarshalJSON writes. Keys and their order are kept;
// each value is a Value, for JSON does not tell a keyword from a string.
func (f *Figures) UnmarshalJSON(data []byte) error {
	*f = nil
	if string(data) == "null" {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return fmt.Errorf("run: figures are no object")
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		*f = append(*f, Figure{Key: key.(string), Value: Value(value)})
	}
	return nil
}

// AppendPlainEDN appends a JSON value as EDN, in which strings and the keys of
// maps stay strings. The error says that the value is not JSON.
func AppendPlainEDN(dst []byte, value json.RawMessage) ([]byte, error) {
	return appendEDNValue(dst, value, plainSpelling)
}
