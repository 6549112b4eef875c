package checker

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
)

// elementID is the small number an element goes by inside a check: 0, 1, 2, ...
// in the order elements were first met.
type elementID = int32

// denseLimit is up to which value a non-negative integer is looked up in a
// slice. Workloads count 0, 1, 2, ...; others take a map.
const denseLimit = 1 << 22

// elements gives JSON values their ids. Integers, which is what workloads
// broadcast, take no allocation and no hashing.
type elements struct {
	dense []elementID          // id+1 of the integer at that index, 0 if none
	ints  map[int64]elementID  // other integers of 64 bits
	texts map[string]elementID // by canonical spelling
	all   []element            // by id
}

type element struct {
	isInt bool
	num   int64           // if isInt
	raw   json.RawMessage // as first met, if not isInt
	canon string          // if not isInt
}

func newElements() *elements {
	return &elements{ints: make(map[int64]elementID), texts: make(map[string]elementID)}
}

// id finds or gives the id of a value; nil is null.
func (e *elements) id(raw []byte) elementID {
	if n, ok := parseInt(raw); ok {
		return e.intID(n)
	}
	if raw == nil {
		raw = []byte("null")
	}
	canon := canonical(raw)
	if n, ok := parseInt(canon); ok { // "-0", or space around it
		return e.intID(n)
	}
	if id, ok := e.texts[string(canon)]; ok {
		return id
	}
	id := e.add(element{raw: slices.Clone(raw), canon: string(canon)})
	e.texts[string(canon)] = id
	return id
}

func (e *elements) intID(n int64) elementID {
	if n >= 0 && n < denseLimit {
		if n >= int64(len(e.dense)) {
			e.dense = append(e.dense, make([]elementID, max(n+1-int64(len(e.dense)), int64(len(e.dense))))...)
		}
		if e.dense[n] == 0 {
			e.dense[n] = e.add(element{isInt: true, num: n}) + 1
		}
		return e.dense[n] - 1
	}
	id, ok := e.ints[n]
	if !ok {
		id = e.add(element{isInt: true, num: n})
		e.ints[n] = id
	}
	return id
}

func (e *elements) add(el element) elementID {
	e.all = append(e.all, el)
	return elementID(len(e.all) - 1)
}

// json is the element as it was first spelt.
func (e *elements) json(id elementID) json.RawMessage {
	el := &e.all[id]
	if el.isInt {
		return strconv.AppendInt(nil, el.num, 10)
	}
	return el.raw
}

// compare orders elements by value.
func (e *elements) compare(a, b elementID) int {
	x, y := &e.all[a], &e.all[b]
	if x.isInt && y.isInt {
		return cmp.Compare(x.num, y.num)
	}
	return compareCanonical(x.spelling(), y.spelling())
}

func (el *element) spelling() string {
	if el.isInt {
		return strconv.FormatInt(el.num, 10)
	}
	return el.canon
}

// parseInt reads a JSON integer that fits 18 digits, as canonical spells it.
func parseInt(raw []byte) (int64, bool) {
	digits := raw
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || digits[0] == '0' && len(raw) > 1 {
		return 0, false
	}
	n := int64(0)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(raw) {
		n = -n
	}
	return n, true
}

// listIDs appends the ids of the values in a JSON array, duplicates and order
// kept. It reports false if raw is not an array; null counts as an empty one,
// as it does in Clojure.
func (e *elements) listIDs(dst []elementID, raw []byte) ([]elementID, bool) {
	i := skipSpace(raw, 0)
	if i == len(raw) || string(raw[i:]) == "null" {
		return dst, true
	}
	if raw[i] != '[' {
		return dst, false
	}
	i = skipSpace(raw, i+1)
	if i < len(raw) && raw[i] == ']' {
		return dst, true
	}
	for i < len(raw) {
		// Inlined for speed: nearly every value is a short natural number.
		start, n := i, int64(0)
		for i < len(raw) && raw[i]-'0' < 10 && i-start < 18 {
			n = n*10 + int64(raw[i]-'0')
			i++
		}
		if natural := i > start && (raw[start] != '0' || i == start+1); natural &&
			i < len(raw) && (raw[i] == ',' || raw[i] == ']') {
			dst = append(dst, e.intID(n))
		} else {
			end := endOfValue(raw, start)
			dst = append(dst, e.id(trimSpace(raw[start:end])))
			i = end
		}
		i = skipSpace(raw, i)
		if i >= len(raw) {
			return dst, false
		}
		if raw[i] == ']' {
			return dst, true
		}
		if raw[i] != ',' {
			return dst, false
		}
		i = skipSpace(raw, i+1)
	}
	return dst, false
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

func trimSpace(raw []byte) []byte {
	for len(raw) > 0 && skipSpace(raw[len(raw)-1:], 0) == 1 {
		raw = raw[:len(raw)-1]
	}
	return raw
}

// endOfValue gives the index of the comma or bracket that ends the value which
// begins at start: the first one outside of strings and inner brackets.
func endOfValue(raw []byte, start int) int {
	depth := 0
	for i := start; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(raw)
}

// SameValue says whether two JSON values are one, as Clojure compares them; nil is
// null.
func SameValue(a, b json.RawMessage) bool {
	values := newElements()
	return values.id(a) == values.id(b)
}
