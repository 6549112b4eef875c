package run

import "strings"

// ednPageWidth is the width Jepsen prints results.edn for.
const ednPageWidth = 70

// ednForm is an EDN value ready to be laid out: a text that is not broken, or a
// collection of forms between brackets.
type ednForm struct {
	text        string // of an atom
	open, close string // of a collection
	separator   string // between its items, before a space or a new line
	items       []ednForm
	keyed       bool // items alternate between keys and their values
}

func ednAtom(text string) ednForm { return ednForm{text: text} }

func ednList(items []ednForm) ednForm { return ednForm{open: "(", close: ")", items: items} }

// ednMap makes a map of keys and values in turn.
func ednMap(items ...ednForm) ednForm {
	return ednForm{open: "{", close: "}", separator: ",", items: items, keyed: true}
}

// flatWidth is the width of the form on one line. It stops counting beyond
// limit.
func (f *ednForm) flatWidth(limit int) int {
	if f.open == "" {
		return len(f.text)
	}
	width := len(f.open) + len(f.close)
	for i := range f.items {
		if width > limit {
			break
		}
		width += f.items[i].flatWidth(limit - width)
		if i+1 < len(f.items) {
			width++ // the space
			if !f.keyed || i%2 == 1 {
				width += len(f.separator)
			}
		}
	}
	return width
}

// layout appends the form at column col. What fits on the page between col and
// the tail bytes that must follow it on its last line stays on one line; of
// what does not, every item gets its own.
func (f *ednForm) layout(dst []byte, col, tail int) []byte {
	if f.open == "" {
		return append(dst, f.text...)
	}
	flat := col+f.flatWidth(ednPageWidth)+tail <= ednPageWidth
	col += len(f.open)
	dst = append(dst, f.open...)
	for i := 0; i < len(f.items); i++ {
		itemCol := col
		if f.keyed {
			key := f.items[i]
			dst = append(key.layout(dst, col, 0), ' ')
			itemCol += key.flatWidth(ednPageWidth) + 1
			i++
		}
		last := i+1 == len(f.items)
		itemTail := len(f.separator)
		if last {
			itemTail = len(f.close) + tail
		}
		if flat {
			itemTail, itemCol = 0, 0
		}
		dst = f.items[i].layout(dst, itemCol, itemTail)
		if last {
			break
		}
		dst = append(dst, f.separator...)
		if flat {
			dst = append(dst, ' ')
		} else {
			dst = append(append(dst, '\n'), strings.Repeat(" ", col)...)
		}
	}
	return append(dst, f.close...)
}

// ednFormOf reads EDN text into a form.
func ednFormOf(text []byte) (ednForm, error) {
	s := ednScanner{data: text}
	return s.form(-1) // around a value may be the map of its operation
}

func (s *ednScanner) form(depth int) (ednForm, error) {
	if depth > ednMaxDepth {
		return ednForm{}, errEDNDepth
	}
	first, err := s.peek()
	if err != nil {
		return ednForm{}, err
	}
	var form ednForm
	switch first {
	case '[':
		form = ednForm{open: "[", close: "]"}
	case '{':
		form = ednMap()
	default: // what clients see has no other collections
		text, err := s.raw()
		return ednAtom(string(text)), err
	}
	s.pos += len(form.open)
	for {
		done, err := s.accept(form.close[0])
		if err != nil || done {
			return form, err
		}
		item, err := s.form(depth + 1)
		if err != nil {
			return ednForm{}, err
		}
		form.items = append(form.items, item)
	}
}
