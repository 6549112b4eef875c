package run

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendEDN appends the node on one line.
func (n *ednNode) appendEDN(dst []byte) []byte {
	if n.open == "" {
		return append(dst, n.text...)
	}
	dst = append(dst, n.open...)
	if n.words != "" {
		for word := range plainWords(n.words) {
			dst = append(append(dst, word...), ' ')
		}
		dst = bytes.TrimSuffix(dst, []byte{' '})
	}
	for i := range n.items {
		if i > 0 {
			if n.isMap() && i%2 == 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, ' ')
		}
		dst = n.items[i].appendEDN(dst)
	}
	return append(dst, n.end())
}

// ednPageWidth is the width Jepsen prints results.edn for.
const ednPageWidth = 70

// width is that of the node on one line. It stops counting beyond limit.
func (n *ednNode) width(limit int) int {
	if n.open == "" {
		return len(n.text)
	}
	n.expand()
	width := len(n.open) + 1
	for i := range n.items {
		if width > limit {
			break
		}
		width += n.items[i].width(limit - width)
		if i+1 < len(n.items) {
			width++ // the space
			if n.isMap() && i%2 == 1 {
				width++ // the comma
			}
		}
	}
	return width
}

// layout appends the node at column col, as Clojure's pretty printer does. What fits
// on the page between col and the tail bytes that must follow it on its last line
// stays on one line; of what does not, every item gets its own.
func (n *ednNode) layout(dst []byte, col, tail int) []byte {
	if n.open == "" || col+n.width(ednPageWidth)+tail <= ednPageWidth {
		return n.appendEDN(dst)
	}
	col += len(n.open)
	dst = append(dst, n.open...)
	for i := 0; i < len(n.items); i++ {
		at, comma := col, 0
		if n.isMap() {
			key := &n.items[i]
			dst = append(key.layout(dst, col, 0), ' ')
			at += key.width(ednPageWidth) + 1
			i, comma = i+1, 1
		}
		if i+1 == len(n.items) {
			dst = n.items[i].layout(dst, at, 1+tail)
			break
		}
		dst = n.items[i].layout(dst, at, comma)
		dst = append(dst, ",\n"[1-comma:]...)
		dst = append(dst, strings.Repeat(" ", col)...)
	}
	return append(dst, n.end())
}

// appendEDNString appends text as an EDN string, escaping what Clojure does,
// and other control characters so that a history stays one operation per line.
func appendEDNString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		at := strings.IndexByte("\"\\\n\t\r\b\f", text[i])
		switch {
		case at >= 0:
			dst = append(dst, '\\', `"\ntrbf`[at])
		case text[i] < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[text[i]>>4], hexDigits[text[i]&15])
		default:
			dst = append(dst, text[i])
		}
	}
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"

// appendJSON appends the node as JSON: vectors, lists and sets become arrays,
// keywords and symbols strings, and what JSON has no number for a string. A key that
// is no string is spelt as one.
func (n *ednNode) appendJSON(dst []byte) []byte {
	switch {
	case n.isMap():
		dst = append(dst, '{')
		for i := 0; i+1 < len(n.items); i += 2 {
			if i > 0 {
				dst = append(dst, ',')
			}
			key := n.items[i].appendJSON(nil)
			if key[0] != '"' {
				key = appendJSONString(nil, string(key))
			}
			dst = n.items[i+1].appendJSON(append(append(dst, key...), ':'))
		}
		return append(dst, '}')
	case n.open != "":
		dst = append(dst, '[')
		if n.words != "" {
			for word := range plainWords(n.words) {
				if isJSONNumber([]byte(word)) {
					dst = append(append(dst, word...), ',')
					continue
				}
				atom := ednAtom(word)
				dst = append(atom.appendJSON(dst), ',')
			}
			dst = bytes.TrimSuffix(dst, []byte{','})
		}
		for i := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = n.items[i].appendJSON(dst)
		}
		return append(dst, ']')
	case n.asIs:
		return appendJSONString(dst, n.text)
	case n.isText() || n.text[0] == '\\':
		return appendJSONString(dst, n.plain())
	case n.text == "nil":
		return append(dst, "null"...)
	case n.text == "true" || n.text == "false":
		return append(dst, n.text...)
	}
	number := strings.TrimPrefix(n.text, "+")
	if last := len(number) - 1; last > 0 && (number[last] == 'N' || number[last] == 'M') {
		number = number[:last]
	}
	if isJSONNumber([]byte(number)) {
		return append(dst, number...)
	}
	return appendJSONString(dst, n.plain())
}

// plain is the text of an atom: of a string without its quotes, of a keyword without
// its colon, of a character without its backslash.
func (n *ednNode) plain() string {
	if n.isText() {
		text, _ := unquoteEDN(n.text) // it was read, so its escapes are known
		return text
	}
	if n.text != "" && (n.text[0] == ':' || n.text[0] == '\\') {
		return n.text[1:]
	}
	return n.text
}

// isJSONNumber tells whether text is a number as JSON spells them.
func isJSONNumber(text []byte) bool {
	digits := 0
	for digits < len(text) && '0' <= text[digits] && text[digits] <= '9' {
		digits++
	}
	if digits == len(text) && digits > 0 {
		return text[0] != '0' || digits == 1
	}
	return len(text) > 0 && (text[0] == '-' || '0' <= text[0] && text[0] <= '9') && json.Valid(text)
}

// appendJSONString appends text as a JSON string, escaping only what must be.
func appendJSONString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for _, r := range text { // ranging replaces invalid UTF-8 by U+FFFD
		at := strings.IndexRune("\"\\\n\t\r", r)
		switch {
		case at >= 0 && r != utf8.RuneError:
			dst = append(dst, '\\', `"\ntr`[at])
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

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

// keyword makes a string a keyword, if it can be one.
func (n *ednNode) keyword() {
	if n.isText() && isKeyword(n.plain()) {
		n.text = ":" + n.plain()
	}
}

// The spellings below say how strings, lists and keys that came from JSON are spelt
// in EDN. Which one applies follows from whose operation it is.

// spellClient is how Maelstrom shows what a node answered: keys are keywords.
func (n *ednNode) spellClient() {
	for i := range n.items {
		if n.isMap() && i%2 == 0 {
			n.items[i].keyword()
		} else {
			n.items[i].spellClient()
		}
	}
}

// spellMicros is a list of micro-operations, [[f key value] ...]: each f is a
// keyword.
func (n *ednNode) spellMicros() {
	for i := range n.items {
		if n.open == "[" && n.items[i].open == "[" && len(n.items[i].items) > 0 {
			n.items[i].items[0].keyword()
		}
	}
}

// spellNemesis is for what the nemesis did: strings are keywords, except the names of
// nodes. The keys of a map are names of nodes: strings; a list in it is a set of
// such names: [:isolated {"n0" #{"n1" "n3"}}].
func (n *ednNode) spellNemesis(inMap bool) {
	switch {
	case n.isText() && !isNodeName(n.plain()):
		n.keyword()
	case n.open == "[" && inMap:
		n.open = "#{"
	default:
		for i := range n.items {
			if !n.isMap() || i%2 == 1 {
				n.items[i].spellNemesis(inMap || n.isMap())
			}
		}
	}
}

// spellExtra is for further keys of an operation: the keys are keywords, and those of
// maps within are integers where they can be, else keywords.
func (n *ednNode) spellExtra(within bool) {
	for i := range n.items {
		if !n.isMap() {
			return
		}
		if i%2 == 1 {
			n.items[i].spellExtra(true)
			continue
		}
		key := n.items[i].plain()
		if _, err := strconv.ParseInt(key, 10, 64); err == nil && within && isJSONNumber([]byte(key)) {
			n.items[i].text = key
		}
		n.items[i].keyword()
	}
}

// isNodeName tells whether text is a name Maelstrom gives nodes: n0, n1, ...
func isNodeName(text string) bool {
	return len(text) > 1 && text[0] == 'n' && strings.Trim(text[1:], "0123456789") == ""
}
