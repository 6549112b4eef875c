package clojure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"unicode/utf16"

	"treecast/wire"
)

// Compare orders two JSON values as Clojure's compare does: null before all
// else, numbers by size, strings by UTF-16 units, lists by length and then by
// element, false before true. Anything else is an error, as a ClassCastException
// is there: values of two types, and objects.
func Compare(a, b json.RawMessage) (int, error) {
	x, y := typeOf(a), typeOf(b)
	switch {
	case x == null || y == null:
		return cmp.Compare(rank(x), rank(y)), nil
	case x != y || x == object:
		return 0, fmt.Errorf("%s cannot be compared with %s: %.60s, %.60s", x, y, a, b)
	case x == number:
		return compareNumbers(a, b), nil
	case x == text:
		return compareTexts(a, b), nil
	case x == list:
		return compareLists(a, b)
	}
	return cmp.Compare(len(b), len(a)), nil // "true" is shorter than "false"
}

// valueType is the type of a JSON value.
type valueType string

const (
	null    valueType = "null"
	boolean valueType = "a boolean"
	number  valueType = "a number"
	text    valueType = "a string"
	list    valueType = "a list"
	object  valueType = "an object"
)

func rank(t valueType) int {
	if t == null {
		return 0
	}
	return 1
}

func typeOf(value json.RawMessage) valueType {
	if len(value) == 0 {
		return null
	}
	switch value[0] {
	case 'n':
		return null
	case 't', 'f':
		return boolean
	case '"':
		return text
	case '[':
		return list
	case '{':
		return object
	}
	return number
}

func compareNumbers(a, b json.RawMessage) int {
	x, okX := wire.Int(a)
	y, okY := wire.Int(b)
	if okX && okY {
		return cmp.Compare(x, y)
	}
	// Of a size that a float can have, as others are infinite there too.
	f, _, errF := big.ParseFloat(string(a), 10, 200, big.ToNearestEven)
	g, _, errG := big.ParseFloat(string(b), 10, 200, big.ToNearestEven)
	if errF != nil || errG != nil {
		return cmp.Compare(string(a), string(b))
	}
	return f.Cmp(g)
}

func compareTexts(a, b json.RawMessage) int {
	x, _ := wire.Text(a)
	y, _ := wire.Text(b)
	return slices.Compare(utf16.Encode([]rune(x)), utf16.Encode([]rune(y)))
}

func compareLists(a, b json.RawMessage) (int, error) {
	var x, y []json.RawMessage
	each := func(into *[]json.RawMessage) func(json.RawMessage) bool {
		return func(v json.RawMessage) bool { *into = append(*into, v); return true }
	}
	wire.EachElement(a, each(&x))
	wire.EachElement(b, each(&y))
	if order := cmp.Compare(len(x), len(y)); order != 0 {
		return order, nil
	}
	for i := range x {
		if order, err := Compare(x[i], y[i]); order != 0 || err != nil {
			return order, err
		}
	}
	return 0, nil
}
