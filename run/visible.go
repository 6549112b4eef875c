package run

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Visible is a text that others wrote, safe to be shown on a terminal: what a
// terminal would obey, or draw as something else than it is, is spelt out as Go
// spells it (an escape is \x1b, a byte that is not UTF-8 \xff). Tabs stay.
func Visible(text string) string {
	if strings.IndexFunc(text, hidden) < 0 {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if hidden(r) {
			quoted := strconv.Quote(text[:size])
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteString(text[:size])
		}
		text = text[size:]
	}
	return out.String()
}

// VisibleLines is Visible of a text whose lines are its writer's own.
func VisibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Visible(line)
	}
	return strings.Join(lines, "\n")
}

// hidden says whether a terminal does not show a character as itself.
func hidden(r rune) bool { return r == utf8.RuneError || r != '\t' && !strconv.IsPrint(r) }
