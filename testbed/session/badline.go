package session

import (
	"bytes"
	"errors"
	"fmt"

	"treecast/wire"
)

// hint says, of a line that cannot be taken, what its author has probably done
// and should do; empty if that is plain from the error.
func hint(line []byte, err error) string {
	text := bytes.TrimSpace(line)
	var shape *notHeard
	switch first := firstOf(text); {
	case errors.As(err, &shape):
		return ""
	case bytes.HasPrefix(line, []byte("\xef\xbb\xbf")):
		return "it begins with a byte order mark (BOM): write UTF-8 without one"
	case len(text) == 0:
		return "every line of stdout is a message"
	case string(text) == "{", string(text) == "[", first == '{' && endsEarly(err):
		return "the JSON goes on after the line: a message is one line, so print it without line breaks or indentation"
	case first == '[':
		return "it is a list: every message is a line of its own"
	case has(text, err, "NaN"), has(text, err, "Infinity"), has(text, err, "-Infinity"):
		return "NaN and Infinity are no JSON"
	case has(text, err, "None"), has(text, err, "True"), has(text, err, "False"), first == '{' && len(text) > 1 && text[1] == '\'':
		return "it is Python's spelling and no JSON: print json.dumps(message)"
	case encodedTwice(line):
		return "it was encoded twice: put the body in as an object"
	case first != '{' && bytes.IndexByte(text, '{') > 0:
		return "text stands before the message: stdout is for messages alone, log to stderr"
	case first != '{' && errors.Is(err, wire.ErrNotJSON):
		return "stdout is for messages alone: log to stderr"
	}
	return ""
}

// encodedTwice says whether the body of a message is a string with an object in it.
func encodedTwice(line []byte) bool {
	body, _ := wire.Field(line, "body")
	text, ok := wire.Text(body)
	return ok && len(text) > 0 && text[0] == '{'
}

func firstOf(text []byte) byte {
	if len(text) == 0 {
		return 0
	}
	return text[0]
}

// endsEarly says whether a line's JSON has not come to its end.
func endsEarly(err error) bool {
	e, ok := errors.AsType[*wire.SyntaxError](err)
	return ok && e.AtEnd()
}

// has says whether a word stands where the JSON of a line fails.
func has(text []byte, err error, word string) bool {
	e, ok := errors.AsType[*wire.SyntaxError](err)
	return ok && e.Offset >= 0 && bytes.Contains(text, []byte(word)) && bytes.IndexByte([]byte(word), e.Byte) >= 0
}

// explainLine is an error about a line with the hint, if there is one.
func explainLine(line []byte, err error) error {
	if text := hint(line, err); text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}
