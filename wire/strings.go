package wire

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unquote decodes a valid JSON string, given with its quotes, as encoding/json
// does: a surrogate without its other half and every byte that is not UTF-8
// become U+FFFD. The result shares memory with quoted where nothing needs
// decoding.
func unquote(quoted []byte) []byte {
	raw := quoted[1 : len(quoted)-1]
	if isASCII(raw) {
		return raw
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return validUTF8(raw)
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '\\':
			var r rune
			r, i = unescape(raw, i+1)
			out = utf8.AppendRune(out, r)
		case c < utf8.RuneSelf:
			out = append(out, c)
			i++
		default:
			r, size := utf8.DecodeRune(raw[i:])
			out = utf8.AppendRune(out, r)
			i += size
		}
	}
	return out
}

// isASCII reports whether the inside of a string is what it says, for sure.
// Names are short: a loop is done before a call that looks at many bytes at once.
func isASCII(raw []byte) bool {
	if len(raw) > internMaxBytes {
		return false
	}
	for _, c := range raw {
		if c >= utf8.RuneSelf || c == '\\' {
			return false
		}
	}
	return true
}

// unescape decodes the escape whose letter, after the backslash, is raw[i].
func unescape(raw []byte, i int) (r rune, next int) {
	switch raw[i] {
	case 'b':
		return '\b', i + 1
	case 'f':
		return '\f', i + 1
	case 'n':
		return '\n', i + 1
	case 'r':
		return '\r', i + 1
	case 't':
		return '\t', i + 1
	case 'u':
		r, next = hex4(raw, i+1), i+5
		if !utf16.IsSurrogate(r) {
			return r, next
		}
		if next+6 <= len(raw) && raw[next] == '\\' && raw[next+1] == 'u' {
			if pair := utf16.DecodeRune(r, hex4(raw, next+2)); pair != utf8.RuneError {
				return pair, next + 6
			}
		}
		return utf8.RuneError, next
	}
	return rune(raw[i]), i + 1 // quote, backslash, slash
}

func hex4(raw []byte, i int) (r rune) {
	for _, c := range raw[i : i+4] {
		r = r<<4 | hexValue(c)
	}
	return r
}

// validUTF8 returns b with every byte that is not part of a valid encoding
// replaced by U+FFFD; b itself where it is valid.
func validUTF8(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+16)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		out = utf8.AppendRune(out, r)
		b = b[size:]
	}
	return out
}

// AppendString appends s as a JSON string. Only what must be escaped is:
// quotes, backslashes and control characters, the latter with their short form
// where there is one; bytes that are not UTF-8 become U+FFFD. One string thus
// has one spelling, and no newline is in it.
func AppendString(dst []byte, s string) []byte { return appendQuoted(dst, s) }

func appendQuoted[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	from := 0 // s[from:i] is still to be copied
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			// The conversion of at most four bytes stays on the stack.
			r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[from:i]...)
				dst = utf8.AppendRune(dst, utf8.RuneError)
				from = i + 1
			}
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, c)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
