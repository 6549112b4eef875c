package wire

import (
	"cmp"
	"slices"
)

// MaxValueDepth is how deeply a value may be nested that [Canonical] takes.
// It leaves room for the messages that a value is wrapped in under the 1000
// levels at which Jackson, which reads our lines in Maelstrom, stops by
// default (since 2.15), and bounds the work of sorting keys within keys.
const MaxValueDepth = 512

// Canonical returns the canonical form of a JSON value, which is JSON itself:
// two values are equal if and only if their canonical forms are.
//
//   - Space between tokens does not matter, nor do escapes in a string. Text
//     that is no Unicode (half a surrogate pair, bytes that are not UTF-8)
//     reads as U+FFFD, as in encoding/json.
//   - Keys are sorted by their bytes; the last value of a duplicate key counts.
//   - An integer is kept digit by digit, whatever its size; -0 is 0.
//   - A number with a fraction or an exponent is never equal to an integer: 1
//     is not 1.0, as in Clojure, Maelstrom's language. Among themselves such
//     numbers are compared as the exact decimals that they are: 1.0, 1.00, 1e0
//     and 0.1e1 are one value (spelt 1e0), 0.1 and 0.10000000000000000001 are
//     two, and 0.0 and -0.0 one.
//
// The error is a [*SyntaxError]; a value nested deeper than [MaxValueDepth] is
// an [ErrTooDeep].
func Canonical(value []byte) (string, error) {
	if isPlainInt(value) {
		return string(value), nil
	}
	start := skipSpace(value, 0)
	end := skipValue(value, start, MaxValueDepth)
	if end >= 0 {
		if rest := skipSpace(value, end); rest < len(value) {
			end = ^rest
		}
	}
	if end < 0 {
		return "", syntaxError(value, end, MaxValueDepth)
	}
	out, _ := appendCanonical(make([]byte, 0, end-start), value, start)
	return string(out), nil
}

// isPlainInt is the fast path: an integer spelt as its canonical form is.
func isPlainInt(value []byte) bool {
	digits := value
	if len(digits) > 1 && digits[0] == '-' && digits[1] != '0' {
		digits = digits[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(digits) > 1 {
		return false
	}
	for _, c := range digits {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// appendCanonical appends the canonical form of the value at data[i], which is
// known to be valid, and returns the index behind the value.
func appendCanonical(dst, data []byte, i int) (out []byte, end int) {
	switch c := data[i]; {
	case c == '{':
		return appendObject(dst, data, i)
	case c == '[':
		dst = append(dst, '[')
		first := true
		i, more := openBracket(data, i, ']')
		for more {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst, i = appendCanonical(dst, data, i)
			i, more = afterValue(data, i, ']')
		}
		return append(dst, ']'), i
	case c == '"':
		end = skipString(data, i)
		return appendQuoted(dst, unquote(data[i:end])), end
	case c == '-' || isDigit(c):
		end = skipNumber(data, i)
		return appendNumber(dst, data[i:end]), end
	}
	end = skipValue(data, i, 0) // true, false, null
	return append(dst, data[i:end]...), end
}

// member is a key of an object and where its canonical `"key":value` stands in
// the output.
type member struct {
	key string
	at  span
}

func appendObject(dst, data []byte, i int) (out []byte, end int) {
	dst = append(dst, '{')
	start := len(dst)
	var members []member
	inOrder := true
	i, more := openBracket(data, i, '}')
	for more {
		keyEnd, value := memberKey(data, i)
		key := string(unquote(data[i:keyEnd]))
		if n := len(members); n > 0 {
			inOrder = inOrder && members[n-1].key < key
			dst = append(dst, ',')
		}
		at := len(dst)
		dst = appendQuoted(dst, key)
		dst = append(dst, ':')
		dst, i = appendCanonical(dst, data, value)
		members = append(members, member{key, span{at, len(dst)}})
		i, more = afterValue(data, i, '}')
	}
	if !inOrder {
		dst = sortMembers(dst, start, members)
	}
	return append(dst, '}'), i
}

// sortMembers rewrites dst[start:], which holds the members, in the order of
// their keys.
func sortMembers(dst []byte, start int, members []member) []byte {
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	unsorted := slices.Clone(dst[start:])
	dst = dst[:start]
	for n, m := range members {
		if n+1 < len(members) && members[n+1].key == m.key {
			continue // the last one counts
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, unsorted[m.at.start-start:m.at.end-start]...)
	}
	return dst
}
