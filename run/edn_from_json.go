package run

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// ednSpelling says how strings, lists and keys of a JSON value are spelt in
// EDN. Which one applies follows from whose operation it is.
type ednSpelling uint8

const (
	// clientSpelling is how Maelstrom shows what a node answered: strings are
	// strings, lists vectors, and keys keywords.
	clientSpelling ednSpelling = iota
	// nemesisSpelling is for what the nemesis did: strings are keywords,
	// except the names of nodes, lists are vectors, and the keys of a map are
	// names of nodes: strings.
	nemesisSpelling
	// grudgeSpelling is inside a map of the nemesis: a list there is a set of
	// names of nodes. [:isolated {"n0" #{"n1" "n3"}}]
	grudgeSpelling
	// memberSpelling is inside such a set: strings are strings.
	memberSpelling
	// microsSpelling is a list of micro-operations, microSpelling one of them:
	// its first string is a keyword. What stands beside it is plainSpelling.
	microsSpelling
	microSpelling
	// plainSpelling keeps all strings, and keys of maps, as strings.
	plainSpelling
)

// appendEDNValue appends the JSON value as EDN; nil is spelt nil. Orders are
// kept. It fails if value is not JSON.
func appendEDNValue(dst []byte, value json.RawMessage, spelling ednSpelling) ([]byte, error) {
	if value == nil {
		return append(dst, "nil"...), nil
	}
	w := ednWriter{data: value}
	dst, err := w.append(dst, spelling, 0)
	if err == nil {
		w.skipSpace()
		if w.pos != len(w.data) {
			err = fmt.Errorf("unexpected %q after it", w.data[w.pos])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("value is not JSON: %w", err)
	}
	return dst, nil
}

// ednWriter walks over JSON text.
type ednWriter struct {
	data []byte
	pos  int
}

func (w *ednWriter) skipSpace() {
	for w.pos < len(w.data) {
		switch w.data[w.pos] {
		case ' ', '\t', '\n', '\r':
			w.pos++
		default:
			return
		}
	}
}

func (w *ednWriter) append(dst []byte, spelling ednSpelling, depth int) ([]byte, error) {
	if depth > ednMaxDepth {
		return nil, errEDNDepth
	}
	w.skipSpace()
	if w.pos >= len(w.data) {
		return nil, errEDNEnd
	}
	switch w.data[w.pos] {
	case '"':
		text, err := w.text()
		if err != nil {
			return nil, err
		}
		nemesis := spelling == nemesisSpelling || spelling == grudgeSpelling
		if nemesis && isKeyword(text) && !isNodeName(text) {
			return append(append(dst, ':'), text...), nil
		}
		return appendEDNString(dst, text), nil
	case '[':
		return w.appendList(dst, spelling, depth)
	case '{':
		return w.appendMap(dst, spelling, depth)
	}
	return w.appendWord(dst)
}

func (w *ednWriter) appendList(dst []byte, spelling ednSpelling, depth int) ([]byte, error) {
	opening, closing, inner := "[", byte(']'), spelling
	switch spelling {
	case grudgeSpelling:
		opening, closing, inner = "#{", '}', memberSpelling
	case microsSpelling:
		inner = microSpelling
	case microSpelling:
		inner = plainSpelling
	}
	dst = append(dst, opening...)
	first := spelling == microSpelling
	dst, err := w.appendItems(dst, ']', " ", func(dst []byte) ([]byte, error) {
		if first {
			first = false
			return w.appendFunction(dst, depth+1)
		}
		return w.append(dst, inner, depth+1)
	})
	return append(dst, closing), err
}

// appendFunction appends the function of a micro-operation: a string that can be
// a keyword is one.
func (w *ednWriter) appendFunction(dst []byte, depth int) ([]byte, error) {
	w.skipSpace()
	if w.pos >= len(w.data) || w.data[w.pos] != '"' {
		return w.append(dst, plainSpelling, depth)
	}
	text, err := w.text()
	if err != nil {
		return nil, err
	}
	if isKeyword(text) {
		return append(append(dst, ':'), text...), nil
	}
	return appendEDNString(dst, text), nil
}

func (w *ednWriter) appendMap(dst []byte, spelling ednSpelling, depth int) ([]byte, error) {
	inner := spelling
	switch spelling {
	case nemesisSpelling:
		inner = grudgeSpelling
	case microsSpelling, microSpelling:
		inner = plainSpelling
	}
	dst = append(dst, '{')
	dst, err := w.appendItems(dst, '}', ", ", func(dst []byte) ([]byte, error) {
		w.skipSpace()
		if w.pos >= len(w.data) || w.data[w.pos] != '"' {
			return nil, fmt.Errorf("a key must be a string")
		}
		key, err := w.text()
		if err != nil {
			return nil, err
		}
		if spelling == clientSpelling && isKeyword(key) {
			dst = append(append(dst, ':'), key...)
		} else {
			dst = appendEDNString(dst, key)
		}
		w.skipSpace()
		if w.pos >= len(w.data) || w.data[w.pos] != ':' {
			return nil, fmt.Errorf("a key must be followed by a colon")
		}
		w.pos++
		return w.append(append(dst, ' '), inner, depth+1)
	})
	return append(dst, '}'), err
}

// appendItems walks over the comma separated items of a list or map up to its
// end bracket and puts the separator between what appendItem makes of them.
func (w *ednWriter) appendItems(dst []byte, end byte, separator string, appendItem func([]byte) ([]byte, error)) ([]byte, error) {
	w.pos++ // the opening bracket
	w.skipSpace()
	if w.pos < len(w.data) && w.data[w.pos] == end {
		w.pos++
		return dst, nil
	}
	for {
		var err error
		if dst, err = appendItem(dst); err != nil {
			return nil, err
		}
		w.skipSpace()
		if w.pos >= len(w.data) {
			return nil, errEDNEnd
		}
		c := w.data[w.pos]
		w.pos++
		switch c {
		case ',':
			dst = append(dst, separator...)
		case end:
			return dst, nil
		default:
			return nil, fmt.Errorf("unexpected %q between items", c)
		}
	}
}

// text takes a JSON string and undoes its escapes.
func (w *ednWriter) text() (string, error) {
	start := w.pos
	plain := true
	for w.pos++; w.pos < len(w.data); w.pos++ {
		switch c := w.data[w.pos]; {
		case c == '"':
			w.pos++
			if plain {
				return string(w.data[start+1 : w.pos-1]), nil
			}
			var text string
			err := json.Unmarshal(w.data[start:w.pos], &text)
			return text, err
		case c == '\\':
			plain = false
			w.pos++
		case c < ' ':
			return "", fmt.Errorf("control character %q in a string", c)
		case c >= utf8.RuneSelf:
			plain = false // may be invalid UTF-8, which decoding replaces
		}
	}
	return "", errEDNEnd
}

func (w *ednWriter) appendWord(dst []byte) ([]byte, error) {
	start := w.pos
	for w.pos < len(w.data) && !jsonDelimiter[w.data[w.pos]] {
		w.pos++
	}
	word := w.data[start:w.pos]
	switch {
	case string(word) == "null":
		return append(dst, "nil"...), nil
	case string(word) == "true" || string(word) == "false":
		return append(dst, word...), nil
	case isJSONNumber(word):
		dst = append(dst, word...)
		// EDN keeps integers beyond 64 bits exact only with the suffix N.
		if _, err := strconv.ParseInt(string(word), 10, 64); len(word) > 18 && err != nil && isInteger(word) {
			dst = append(dst, 'N')
		}
		return dst, nil
	}
	return nil, fmt.Errorf("unexpected %q", word)
}

func isInteger(number []byte) bool {
	for _, c := range number {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}

// jsonDelimiter marks the bytes that end a number or a literal.
var jsonDelimiter = func() (is [256]bool) {
	for _, c := range []byte(" \t\n\r,:[]{}\"") {
		is[c] = true
	}
	return is
}()

// isKeyword tells whether text can stand behind a colon as a keyword that every
// EDN reader takes.
func isKeyword(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '.' && c != '?' && c != '!') {
			return false
		}
	}
	return text != ""
}

// isNodeName tells whether text is a name Maelstrom gives nodes: n0, n1, ...
func isNodeName(text string) bool {
	if len(text) < 2 || text[0] != 'n' {
		return false
	}
	for i := 1; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// appendEDNString appends text as an EDN string, escaping what Clojure does,
// and other control characters so that a history stays one operation per line.
func appendEDNString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		default:
			if c < ' ' {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}
