package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ednNode is a value between its spellings: it is read from EDN or from JSON and
// written as either. The EDN library cannot take its place: its maps and sets lose
// their order, which a history keeps; it refuses a whole file for one ratio or ##Inf
// that Clojure writes and Go has no type for; and Maelstrom's layout is none of its.
// Tests compare with it what it does read.
type ednNode struct {
	text  string    // of an atom, as EDN spells it
	open  string    // of a collection: ( [ { #{ or a record's tag and {
	items []ednNode // of a map keys and values in turn
	words string    // of a long list of plain words, in place of items: histories are mostly lists that were read
	asIs  bool      // in JSON an atom is a string of its text
}

func ednAtom(text string) ednNode { return ednNode{text: text} }

// isMap says whether the items are keys and values.
func (n *ednNode) isMap() bool { return strings.HasSuffix(n.open, "{") && n.open != "#{" }

// isText says whether the node is a string.
func (n *ednNode) isText() bool { return strings.HasPrefix(n.text, `"`) }

// end is the bracket that closes a collection.
func (n *ednNode) end() byte {
	return map[byte]byte{'(': ')', '[': ']', '{': '}'}[n.open[len(n.open)-1]]
}

// expand makes items of words.
func (n *ednNode) expand() {
	for word := range plainWords(n.words) {
		n.items = append(n.items, ednAtom(word))
	}
	n.words = ""
}

// plainWords are the words of a list, as EDN spells those that JSON has.
func plainWords(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(text); {
			end := i
			for end < len(text) && !ednDelimiter[text[end]] {
				end++
			}
			if end > i && !yield(plainWord(text[i:end])) {
				return
			}
			i = end + 1
		}
	}
}

// plainWord is a word that JSON may spell otherwise.
func plainWord(word string) string {
	// EDN keeps integers beyond 64 bits exact only with the suffix N.
	if len(word) > 18 && strings.Trim(word, "-0123456789") == "" {
		if _, err := strconv.ParseInt(word, 10, 64); err != nil {
			return word + "N"
		}
	}
	return word
}

// get is the value of a keyword in a map, the last if there are several; nil if it
// is not there.
func (n *ednNode) get(name string) (value *ednNode) {
	for i := 0; n != nil && n.isMap() && i < len(n.items); i += 2 {
		if n.items[i].text == ":"+name {
			value = &n.items[i+1]
		}
	}
	return value
}

// ednMaxDepth bounds how deep values may nest, so that a hostile file ends in
// an error and not in an exhausted stack. A file may put ednAround collections
// around a value that is nested as deeply as values may be.
const (
	ednMaxDepth = 1000
	ednAround   = 8
)

var (
	errEDNEnd   = errors.New("the text ends inside a value")
	errEDNDepth = fmt.Errorf("values nest deeper than %d", ednMaxDepth)
)

// parseEDN reads the one value that a text is.
func parseEDN(text string, depth int) (ednNode, error) {
	return parseNode(ednParser{text: text, room: depth})
}

// parseJSON is parseEDN of JSON; nil is EDN's nil.
func parseJSON(value json.RawMessage) (ednNode, error) {
	switch {
	case value == nil:
		return ednAtom("nil"), nil
	case !json.Valid(value):
		return ednNode{}, errors.New("value is not JSON")
	}
	return parseNode(ednParser{text: string(value), room: ednMaxDepth, json: true})
}

func parseNode(p ednParser) (ednNode, error) {
	n, err := p.node()
	if err == nil {
		err = p.space()
	}
	if err == nil && p.pos != len(p.text) {
		err = fmt.Errorf("%q follows where the text should end", p.text[p.pos:min(len(p.text), p.pos+20)])
	}
	return n, err
}

// ednParser reads EDN, or JSON that is known to be valid.
type ednParser struct {
	text string
	pos  int
	room int // how many collections, tags and discards may still be opened
	json bool
}

// enter begins what may hold values. The parser is of no use after an error, so that
// only what ends well is left.
func (p *ednParser) enter() error {
	if p.room--; p.room < 0 {
		return errEDNDepth
	}
	return nil
}

// space passes white space, commas, comments and discarded (#_) values.
func (p *ednParser) space() error {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r' || c == ':' && p.json:
			p.pos++
		case c == ';':
			end := strings.IndexByte(p.text[p.pos:], '\n')
			if end < 0 {
				end = len(p.text) - p.pos - 1
			}
			p.pos += end + 1
		case strings.HasPrefix(p.text[p.pos:], "#_"):
			p.pos += 2
			if err := p.enter(); err != nil {
				return err
			}
			if _, err := p.node(); err != nil {
				return err
			}
			p.room++
		default:
			return nil
		}
	}
	return nil
}

// node reads a value. A tagged one is the value without its tag.
func (p *ednParser) node() (ednNode, error) {
	if err := p.space(); err != nil {
		return ednNode{}, err
	}
	rest := p.text[p.pos:]
	switch {
	case rest == "":
		return ednNode{}, errEDNEnd
	case rest[0] == '"':
		return p.quoted()
	case rest[0] == '[' || rest[0] == '(' || rest[0] == '{':
		return p.collection(rest[:1])
	case strings.HasPrefix(rest, "#{"):
		return p.collection(rest[:2])
	case rest[0] == '\\': // a character may itself be a delimiter, so it is taken unseen
		_, size := utf8.DecodeRuneInString(rest[1:])
		return ednAtom(p.word(1 + size)), nil
	case ednDelimiter[rest[0]]:
		return ednNode{}, fmt.Errorf("unexpected %q", rest[0])
	}
	word := p.word(0)
	if word[0] != '#' || len(word) > 1 && word[1] == '#' { // ##Inf, ##-Inf, ##NaN
		if p.json && word == "null" {
			word = "nil"
		}
		return ednAtom(plainWord(word)), nil
	}
	if err := p.enter(); err != nil {
		return ednNode{}, err
	}
	n, err := p.node()
	p.room++
	return n, err
}

// word takes so many bytes and all up to the next space, comma, bracket, quote or
// comment.
func (p *ednParser) word(size int) string {
	start := p.pos
	for p.pos = start + size; p.pos < len(p.text) && !ednDelimiter[p.text[p.pos]]; {
		p.pos++
	}
	return p.text[start:p.pos]
}

// ednDelimiter marks the bytes that end a word.
var ednDelimiter = func() (is [256]bool) {
	for _, c := range []byte(" ,\t\n\r\"()[]{};") {
		is[c] = true
	}
	return is
}()

// quoted reads a string.
func (p *ednParser) quoted() (ednNode, error) {
	start, odd := p.pos, false
	for p.pos++; p.pos < len(p.text); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '\\':
			odd = true
			p.pos++
		case c >= utf8.RuneSelf:
			odd = true // JSON may have bytes that are no UTF-8
		case c == '"':
			p.pos++
			text := p.text[start:p.pos]
			switch {
			case !odd:
			case p.json:
				var plain string
				if err := json.Unmarshal([]byte(text), &plain); err != nil {
					return ednNode{}, err
				}
				text = string(appendEDNString(nil, plain))
			default:
				if _, err := unquoteEDN(text); err != nil {
					return ednNode{}, err
				}
			}
			return ednAtom(text), nil
		}
	}
	return ednNode{}, errEDNEnd
}

// longList is the length of lists from which on they are held as words.
const longList = 64

func (p *ednParser) collection(open string) (ednNode, error) {
	n := ednNode{open: open}
	end := n.end()
	p.pos += len(open)
	if err := p.enter(); err != nil {
		return n, err
	}
	if rest := p.text[p.pos:]; end == ']' {
		if size := strings.IndexAny(rest, "\"\\#;()[]{}"); size > longList && rest[size] == end && !strings.Contains(rest[:size], "null") {
			n.words = rest[:size]
			p.pos += size + 1
			p.room++
			return n, nil
		}
	}
	for {
		if err := p.space(); err != nil {
			return n, err
		}
		if p.pos < len(p.text) && p.text[p.pos] == end {
			p.pos++
			p.room++
			if n.isMap() && len(n.items)%2 != 0 {
				return n, errors.New("a map ends with a key")
			}
			return n, nil
		}
		item, err := p.node()
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
	}
}

var ednEscapes = map[byte]byte{'t': '\t', 'r': '\r', 'n': '\n', 'b': '\b', 'f': '\f', '\\': '\\', '"': '"'}

// unquoteEDN is the text of a string.
func unquoteEDN(quoted string) (string, error) {
	inner := quoted[1 : len(quoted)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner, nil
	}
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
			unit, err := strconv.ParseUint(inner[i+1:i+5], 16, 16)
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
