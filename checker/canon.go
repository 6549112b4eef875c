package checker

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// valueRank orders values of different types: set-full sorts its elements, and
// where Clojure would refuse to compare a string with a number we give an order.
type valueRank uint8

const (
	rankNull valueRank = iota
	rankFalse
	rankTrue
	rankNumber
	rankString
	rankArray
	rankObject
)

// canonical spells a JSON value so that two values are the same element exactly
// if their spellings are equal, as Clojure compares what Maelstrom reads:
// object keys sorted, strings unescaped, integers of any size exact, other
// numbers as the float64 they become; 1, 1.0 and "1" are three elements.
// What is not JSON is its own spelling.
func canonical(raw []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.InputOffset() != int64(len(bytes.TrimRight(raw, " \t\r\n"))) {
		return slices.Clone(raw)
	}
	return appendCanonical(nil, value)
}

func appendCanonical(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case json.Number:
		return appendCanonicalNumber(dst, v.String())
	case string:
		return appendCanonicalString(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, item)
		}
		return append(dst, ']')
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		dst = append(dst, '{')
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendCanonicalString(dst, key), ':')
			dst = appendCanonical(dst, v[key])
		}
		return append(dst, '}')
	default:
		panic("checker: JSON decoded to something that is not JSON")
	}
}

func appendCanonicalNumber(dst []byte, number string) []byte {
	if !strings.ContainsAny(number, ".eE") {
		if number == "-0" {
			number = "0"
		}
		return append(dst, number...)
	}
	float, err := strconv.ParseFloat(number, 64)
	if err != nil { // too large for a float64
		return append(dst, strings.ToLower(number)...)
	}
	if float == 0 {
		float = 0 // -0.0 and 0.0 are equal
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, float, 'g', -1, 64)
	if !bytes.ContainsAny(dst[start:], ".e") {
		dst = append(dst, ".0"...) // 1.0 is not 1
	}
	return dst
}

// appendCanonicalString needs no particular escaping, only an injective one.
func appendCanonicalString(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("checker: a string has no JSON: " + err.Error())
	}
	return append(dst, quoted...)
}

// rankOf tells the type of a canonical spelling by its first byte.
func rankOf(canon string) valueRank {
	if canon == "" {
		return rankObject
	}
	switch canon[0] {
	case 'n':
		return rankNull
	case 'f':
		return rankFalse
	case 't':
		return rankTrue
	case '"':
		return rankString
	case '[':
		return rankArray
	case '{':
		return rankObject
	default:
		return rankNumber
	}
}

// compareCanonical orders canonical spellings: by type, numbers by size, the
// rest by text.
func compareCanonical(a, b string) int {
	rank := rankOf(a)
	if other := rankOf(b); rank != other {
		return int(rank) - int(other)
	}
	if rank == rankNumber {
		x, okX := new(big.Float).SetString(a)
		y, okY := new(big.Float).SetString(b)
		if okX && okY {
			if order := x.Cmp(y); order != 0 {
				return order
			}
		}
	}
	return strings.Compare(a, b)
}
