package run

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendJSON takes one EDN value and appends it to dst as JSON: vectors, lists
// and sets become arrays, keywords and symbols strings, a tagged value the
// value without its tag, and what JSON has no number for a string. Orders are
// kept.
func (s *ednScanner) appendJSON(dst []byte) ([]byte, error) {
	first, err := s.peek()
	if err != nil {
		return nil, err
	}
	switch first {
	case '"':
		text, err := s.text()
		if err != nil {
			return nil, err
		}
		return appendJSONString(dst, text), nil
	case '[':
		return s.appendArray(dst, ']')
	case '(':
		return s.appendArray(dst, ')')
	case '{':
		return s.appendObject(dst)
	case '#':
		if s.pos+1 < len(s.data) && s.data[s.pos+1] == '{' {
			s.pos++
			return s.appendArray(dst, '}')
		}
		return s.appendTagged(dst)
	case '\\':
		// A character may itself be a delimiter, so it is taken unseen.
		start := s.pos + 1
		_, size := utf8.DecodeRune(s.data[start:])
		s.pos = min(start+max(size, 1), len(s.data))
		for s.pos < len(s.data) && !ednDelimiter[s.data[s.pos]] {
			s.pos++
		}
		return appendJSONString(dst, string(s.data[min(start, s.pos):s.pos])), nil
	}
	word, err := s.word()
	if err != nil {
		return nil, err
	}
	return appendJSONWord(dst, word), nil
}

func (s *ednScanner) appendArray(dst []byte, end byte) ([]byte, error) {
	s.pos++ // the opening bracket
	if err := s.enter(); err != nil {
		return nil, err
	}
	dst = append(dst, '[')
	for n := 0; ; n++ {
		done, err := s.accept(end)
		if err != nil {
			return nil, err
		}
		if done {
			s.leave()
			return append(dst, ']'), nil
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		if dst, err = s.appendJSON(dst); err != nil {
			return nil, err
		}
	}
}

func (s *ednScanner) appendObject(dst []byte) ([]byte, error) {
	s.pos++ // the opening brace
	if err := s.enter(); err != nil {
		return nil, err
	}
	dst = append(dst, '{')
	for n := 0; ; n++ {
		done, err := s.accept('}')
		if err != nil {
			return nil, err
		}
		if done {
			s.leave()
			return append(dst, '}'), nil
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		key, err := s.appendJSON(nil)
		if err != nil {
			return nil, err
		}
		if key[0] != '"' { // JSON keys are strings: spell what is none
			key = appendJSONString(nil, string(key))
		}
		dst = append(append(dst, key...), ':')
		if dst, err = s.appendJSON(dst); err != nil {
			return nil, err
		}
	}
}

func (s *ednScanner) appendTagged(dst []byte) ([]byte, error) {
	tag, err := s.word()
	if err != nil {
		return nil, err
	}
	if len(tag) > 1 && tag[1] == '#' { // ##Inf, ##-Inf, ##NaN
		return appendJSONString(dst, string(tag)), nil
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	dst, err = s.appendJSON(dst)
	s.leave()
	return dst, err
}

// text takes a string and undoes its escapes.
func (s *ednScanner) text() (string, error) {
	inner, escaped, err := s.quoted()
	if err != nil {
		return "", err
	}
	if !escaped {
		return string(inner), nil
	}
	return unescapeEDN(inner)
}

var ednEscapes = map[byte]byte{
	't': '\t', 'r': '\r', 'n': '\n', 'b': '\b', 'f': '\f', '\\': '\\', '"': '"',
}

func unescapeEDN(inner []byte) (string, error) {
	var units []uint16 // pending \u units: a pair of surrogates is one rune
	out := make([]byte, 0, len(inner))
	flush := func() {
		for _, r := range utf16.Decode(units) {
			out = utf8.AppendRune(out, r)
		}
		units = units[:0]
	}
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			flush()
			out = append(out, inner[i])
			continue
		}
		i++
		if inner[i] == 'u' && i+4 < len(inner) {
			unit, err := strconv.ParseUint(string(inner[i+1:i+5]), 16, 16)
			if err != nil {
				return "", fmt.Errorf("%q is no \\u escape", inner[i-1:i+5])
			}
			units = append(units, uint16(unit))
			i += 4
			continue
		}
		plain, ok := ednEscapes[inner[i]]
		if !ok {
			return "", fmt.Errorf("unknown escape \\%c in a string", inner[i])
		}
		flush()
		out = append(out, plain)
	}
	flush()
	return string(out), nil
}

// appendJSONWord spells a word (nil, a boolean, a number, a keyword or symbol)
// as JSON.
func appendJSONWord(dst, word []byte) []byte {
	switch string(word) {
	case "nil":
		return append(dst, "null"...)
	case "true", "false":
		return append(dst, word...)
	}
	number := word
	if number[0] == '+' {
		number = number[1:]
	}
	if n := len(number); n > 1 && (number[n-1] == 'N' || number[n-1] == 'M') {
		number = number[:n-1]
	}
	if isJSONNumber(number) {
		return append(dst, number...)
	}
	if word[0] == ':' {
		word = word[1:]
	}
	return appendJSONString(dst, string(word))
}

// isJSONNumber tells whether text is a number as JSON spells them.
func isJSONNumber(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	allDigits := true
	for _, c := range text {
		allDigits = allDigits && '0' <= c && c <= '9'
	}
	if allDigits {
		return text[0] != '0' || len(text) == 1
	}
	switch c := text[0]; {
	case c != '-' && (c < '0' || c > '9'):
		return false
	default:
		return json.Valid(text)
	}
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends text as a JSON string, escaping only what must be.
func appendJSONString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for _, r := range text { // ranging replaces invalid UTF-8 by U+FFFD
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
