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

// nodeOf makes a node of a figure.
func nodeOf(value any) (ednNode, error) {
	switch v := value.(type) {
	case nil:
		return ednAtom("nil"), nil
	case bool, int, int64:
		return ednAtom(fmt.Sprint(v)), nil
	case float32:
		return ednAtom(javaFloat(float64(v), 32)), nil
	case float64:
		return ednAtom(javaFloat(v, 64)), nil
	case string:
		return ednAtom(string(appendEDNString(nil, v))), nil
	case Keyword:
		return ednAtom(":" + string(v)), nil
	case Atom:
		return ednNode{text: string(v), asIs: true}, nil
	case Verdict:
		if v == Unknown {
			return ednAtom(":unknown"), nil
		}
		return ednAtom(v.String()), nil
	case Value:
		return parseJSON(json.RawMessage(v))
	case Body:
		n, err := parseJSON(json.RawMessage(v))
		n.spellClient()
		return n, err
	case Op:
		return nodeOf(&v)
	case *Op:
		if v == nil {
			return ednAtom("nil"), nil
		}
		text, err := AppendOpEDN(nil, *v)
		if err != nil {
			return ednNode{}, err
		}
		n, err := parseEDN(string(text), ednMaxDepth+1)
		n.open = "#jepsen.history.Op{"
		return n, err
	case Figures:
		n := ednNode{open: "{"}
		for i := range v {
			item, err := nodeOf(v[i].Value)
			if err != nil {
				return n, err
			}
			n.items = append(n.items, ednAtom(":"+v[i].Key), item)
		}
		return n, nil
	case List:
		return nodesOf("(", v)
	case Vector:
		return nodesOf("[", v)
	case Set:
		return nodesOf("#{", v)
	case Pairs:
		return nodesOf("{", v)
	}
	return ednNode{}, fmt.Errorf("a figure is a %T", value)
}

func nodesOf(open string, values []any) (ednNode, error) {
	n := ednNode{open: open}
	for _, value := range values {
		item, err := nodeOf(value)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
	}
	return n, nil
}

// javaFloat spells f as Java's Double.toString or Float.toString does, for 64 or 32
// bits.
func javaFloat(f float64, bits int) string {
	size := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return "##NaN"
	case math.IsInf(f, 1):
		return "##Inf"
	case math.IsInf(f, -1):
		return "##-Inf"
	}
	text, exponent := strconv.FormatFloat(f, 'f', -1, bits), ""
	if size != 0 && (size < 1e-3 || size >= 1e7) {
		text, exponent, _ = strings.Cut(strconv.FormatFloat(f, 'E', -1, bits), "E")
		exponent = "E" + strings.Replace(exponent[:1], "+", "", 1) + strings.TrimLeft(exponent, "+-0")
	}
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text + exponent
}

// MarshalJSON spells the figures as an object in their order.
func (f Figures) MarshalJSON() ([]byte, error) {
	n, err := nodeOf(f)
	if err != nil {
		return nil, err
	}
	return n.appendJSON(nil), nil
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
	n, err := parseJSON(value)
	if err != nil {
		return nil, err
	}
	return n.appendEDN(dst), nil
}
