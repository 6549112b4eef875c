package wire

import "math"

// MaxDepth is how deeply arrays and objects may be nested on a line, the whole
// message being level 1. It is encoding/json's limit.
const MaxDepth = 10_000

// The functions here walk over JSON text and validate it on the way. Each
// takes the index of the first byte of what it expects and returns the index
// behind it; a negative result is the complement of the index of the offending
// byte (the length of data where it ends too early), or tooDeep. One int is
// what keeps them in registers: they take about half of json.Valid's time
// (BenchmarkValid), and Parse a sixth of the library's two decodings of a line
// (BenchmarkParse).

const tooDeep = math.MinInt

// syntaxError makes the error of a negative result; maxDepth is the limit that
// the walk was given.
func syntaxError(data []byte, result, maxDepth int) *SyntaxError {
	if result == tooDeep {
		return &SyntaxError{Offset: -1, limit: maxDepth}
	}
	at := ^result
	if at >= len(data) {
		return &SyntaxError{Offset: len(data), atEnd: true}
	}
	return &SyntaxError{Offset: at, Byte: data[at]}
}

// plain marks the bytes that stand for themselves inside a JSON string. Bytes
// of 0x80 and more do; whether they are UTF-8 is a question for who decodes.
var plain = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= ' ' && c != '"' && c != '\\'
	}
	return table
}()

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\n' || data[i] == '\r') {
		i++
	}
	return i
}

// skipValue walks over any value; levels is how many more may be nested in it,
// its own included.
func skipValue(data []byte, i, levels int) int {
	if i >= len(data) {
		return ^i
	}
	switch c := data[i]; {
	case c == '"':
		return skipString(data, i)
	case c == '-' || isDigit(c):
		return skipNumber(data, i)
	case c == '{':
		return skipObject(data, i, levels)
	case c == '[':
		return skipArray(data, i, levels)
	case c == 't':
		return skipWord(data, i, "true")
	case c == 'f':
		return skipWord(data, i, "false")
	case c == 'n':
		return skipWord(data, i, "null")
	}
	return ^i
}

func skipObject(data []byte, i, levels int) int {
	if levels <= 0 {
		return tooDeep
	}
	i, more := openBracket(data, i, '}')
	for more {
		_, value := memberKey(data, i)
		if value < 0 {
			return value
		}
		end := skipValue(data, value, levels-1)
		if end < 0 {
			return end
		}
		i, more = afterValue(data, end, '}')
	}
	return i
}

func skipArray(data []byte, i, levels int) int {
	if levels <= 0 {
		return tooDeep
	}
	i, more := openBracket(data, i, ']')
	for more {
		end := skipValue(data, i, levels-1)
		if end < 0 {
			return end
		}
		i, more = afterValue(data, end, ']')
	}
	return i
}

// openBracket steps over the bracket at i: to the first key or element, or,
// where there is none, behind the closing bracket.
func openBracket(data []byte, i int, closing byte) (next int, more bool) {
	i = skipSpace(data, i+1)
	if i < len(data) && data[i] == closing {
		return i + 1, false
	}
	return i, true
}

// afterValue steps from the end of a value to the next key or element, or
// behind the closing bracket.
func afterValue(data []byte, i int, closing byte) (next int, more bool) {
	i = skipSpace(data, i)
	if i >= len(data) {
		return ^i, false
	}
	switch data[i] {
	case ',':
		return skipSpace(data, i+1), true
	case closing:
		return i + 1, false
	}
	return ^i, false
}

// memberKey walks over `"key" :` and returns where the key ends, behind its
// closing quote, and where the value begins, which is negative on an error.
func memberKey(data []byte, i int) (keyEnd, value int) {
	if i >= len(data) || data[i] != '"' {
		return 0, ^i
	}
	keyEnd = skipString(data, i)
	if keyEnd < 0 {
		return 0, keyEnd
	}
	colon := skipSpace(data, keyEnd)
	if colon >= len(data) || data[colon] != ':' {
		return 0, ^colon
	}
	return keyEnd, skipSpace(data, colon+1)
}

func skipString(data []byte, i int) int {
	for i++; i < len(data); i++ {
		c := data[i]
		if plain[c] {
			continue
		}
		switch c {
		case '"':
			return i + 1
		case '\\':
			if i = skipEscape(data, i); i < 0 {
				return i
			}
		default: // a control character
			return ^i
		}
	}
	return ^i
}

// skipEscape returns the index of the last byte of the escape, for the loop of
// skipString to go on from.
func skipEscape(data []byte, i int) int {
	i++
	if i >= len(data) {
		return ^i
	}
	switch data[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i
	case 'u':
		for range 4 {
			i++
			if i >= len(data) || hexValue(data[i]) < 0 {
				return ^i
			}
		}
		return i
	}
	return ^i
}

// skipNumber follows the grammar: -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)?
func skipNumber(data []byte, i int) int {
	if data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++
	} else if i = skipDigits(data, i); i < 0 {
		return i
	}
	if i < len(data) && data[i] == '.' {
		if i = skipDigits(data, i+1); i < 0 {
			return i
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		return skipDigits(data, i)
	}
	return i
}

// skipDigits walks over one digit or more.
func skipDigits(data []byte, i int) int {
	if i >= len(data) || !isDigit(data[i]) {
		return ^i
	}
	for i < len(data) && isDigit(data[i]) {
		i++
	}
	return i
}

func skipWord(data []byte, i int, word string) int {
	for n := range len(word) {
		if i+n >= len(data) || data[i+n] != word[n] {
			return ^(i + n)
		}
	}
	return i + len(word)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hexValue is the value of a hexadecimal digit, or -1.
func hexValue(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	}
	return -1
}
