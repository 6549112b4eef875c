package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AppendOpEDN appends op as a line of history.edn, without the line's end. It
// fails if the operation's Value is not JSON.
//
// The nemesis' own words are keywords in Jepsen and a partition is a map of
// sets; how JSON maps to that is said at ednSpelling.
func AppendOpEDN(dst []byte, op Op) ([]byte, error) {
	return appendOpMap(dst, op, op.F)
}

// appendOpMap appends op as a map with f for its function.
func appendOpMap(dst []byte, op Op, f string) ([]byte, error) {
	dst = append(dst, "{:index "...)
	dst = strconv.AppendInt(dst, int64(op.Index), 10)
	dst = append(dst, ", :time "...)
	dst = strconv.AppendInt(dst, int64(op.Time), 10)
	dst = append(dst, ", :type :"...)
	dst = append(dst, op.Type.String()...)
	dst = append(dst, ", :process "...)
	dst = appendProcess(dst, op.Process)
	dst = append(dst, ", :f :"...)
	dst = append(dst, f...)
	dst = append(dst, ", :value "...)
	dst, err := appendEDNValue(dst, op.Value, spellingOf(op))
	if err != nil {
		return nil, fmt.Errorf("run: operation %d: %w", op.Index, err)
	}
	if op.Final {
		dst = append(dst, ", :final? true"...)
	}
	if op.Extra != nil {
		if dst, err = appendExtraEDN(dst, op.Extra); err != nil {
			return nil, fmt.Errorf("run: operation %d: further keys: %w", op.Index, err)
		}
	}
	if op.Error != nil {
		dst = append(dst, ", :error "...)
		dst = op.Error.appendEDN(dst, true)
	}
	return append(dst, '}'), nil
}

func spellingOf(op Op) ednSpelling {
	switch {
	case op.Process == NemesisProcess:
		return nemesisSpelling
	case op.Micro:
		return microsSpelling
	}
	return clientSpelling
}

func appendProcess(dst []byte, process int) []byte {
	if process == NemesisProcess {
		return append(dst, ":nemesis"...)
	}
	return strconv.AppendInt(dst, int64(process), 10)
}

// replyErrors are the names of Maelstrom's error codes: what a node answered.
// Maelstrom prints these with the node's words, as [:crash "text"], even if
// there are none, and what its own client met (:net-timeout) bare.
var replyErrors = map[string]bool{
	"timeout": true, "node-not-found": true, "not-supported": true,
	"temporarily-unavailable": true, "malformed-request": true, "crash": true,
	"abort": true, "key-does-not-exist": true, "key-already-exists": true,
	"precondition-failed": true, "txn-conflict": true, "unknown": true,
}

// indeterminate is the name of an error that came of a client which crashed.
// Jepsen prints it as the string "indeterminate: " and why.
const indeterminate = "indeterminate"

// appendEDN appends the error as Maelstrom prints it; quoted says whether the
// text is a string (history.edn) or bare (history.txt).
func (e *OpError) appendEDN(dst []byte, quoted bool) []byte {
	appendText := func(dst []byte) []byte {
		if quoted {
			return appendEDNString(dst, e.Text)
		}
		return append(dst, e.Text...)
	}
	switch {
	case e.Name == "":
		return appendText(dst)
	case e.Name == indeterminate && e.Text != "":
		said := OpError{Text: indeterminate + ": " + e.Text}
		return said.appendEDN(dst, quoted)
	case e.Text == "" && !replyErrors[e.Name]:
		return append(append(dst, ':'), e.Name...)
	}
	dst = append(append(dst, "[:"...), e.Name...)
	dst = append(dst, ' ')
	if e.Text == "" {
		dst = append(dst, "nil"...)
	} else {
		dst = appendText(dst)
	}
	return append(dst, ']')
}

// String is the error as Maelstrom prints it.
func (e *OpError) String() string { return string(e.appendEDN(nil, true)) }

// appendOpText appends op as a line of history.txt.
func appendOpText(dst []byte, op Op) ([]byte, error) {
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, "\t:"...), op.Type.String()...)
	dst = append(append(dst, "\t:"...), op.F...)
	dst, err := appendEDNValue(append(dst, '\t'), op.Value, spellingOf(op))
	if err != nil {
		return nil, fmt.Errorf("run: operation %d: %w", op.Index, err)
	}
	if op.Error != nil {
		dst = op.Error.appendEDN(append(dst, '\t'), false)
	}
	return dst, nil
}

// parseOpEDN reads one operation, with or without Jepsen's record tag.
func parseOpEDN(line []byte) (Op, error) {
	s := ednScanner{data: line}
	first, err := s.peek()
	if err != nil {
		return Op{}, err
	}
	if first == '#' {
		s.pos += max(bytes.IndexByte(s.data[s.pos:], '{'), 0)
	}
	open, err := s.accept('{')
	if err != nil {
		return Op{}, err
	}
	if !open {
		return Op{}, fmt.Errorf("an operation begins with {, not with %q", line[0])
	}
	var op Op
	for {
		done, err := s.accept('}')
		if err != nil {
			return Op{}, err
		}
		if done {
			break
		}
		key, err := s.word()
		if err != nil {
			return Op{}, err
		}
		if err := op.setEDN(string(key), &s); err != nil {
			return Op{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	if err := s.skipSpace(); err != nil || s.pos != len(s.data) {
		return Op{}, fmt.Errorf("something follows the operation")
	}
	return op, nil
}

// setEDN reads the value of one key into op.
func (op *Op) setEDN(key string, s *ednScanner) error {
	switch key {
	case ":value":
		op.Micro = s.atMicros()
		value, err := s.appendJSON(nil)
		if err == nil && string(value) != "null" {
			op.Value = json.RawMessage(value)
		}
		return err
	case ":error":
		return op.setErrorEDN(s)
	case ":index", ":time", ":type", ":process", ":f", ":final?":
	default:
		return op.readExtra(key, s)
	}
	word, err := s.word()
	if err != nil {
		return err
	}
	switch key {
	case ":type":
		op.Type, err = ParseOpType(keywordName(word))
	case ":f":
		op.F = keywordName(word)
	case ":final?":
		op.Final = string(word) == "true"
	case ":process":
		if string(word) == ":nemesis" {
			op.Process = NemesisProcess
			return nil
		}
		op.Process, err = strconv.Atoi(string(word))
	case ":index":
		op.Index, err = strconv.Atoi(string(word))
	case ":time":
		var nanos int64
		nanos, err = strconv.ParseInt(string(word), 10, 64)
		if op.Time = time.Duration(nanos); err == nil && (op.Time < 0 || op.Time > maxRun) {
			err = fmt.Errorf("%s is no time since the start of a run, in nanoseconds", word)
		}
	}
	return err
}

// setErrorEDN reads :name, [:name "text"], [:name nil], "indeterminate: text" or
// "text"; whatever else
// an error may be is kept as text.
func (op *Op) setErrorEDN(s *ednScanner) error {
	raw, err := s.raw()
	if err != nil {
		return err
	}
	in := ednScanner{data: raw}
	switch raw[0] {
	case ':':
		if name := keywordName(raw); isKeyword(name) {
			op.Error = &OpError{Name: name}
			return nil
		}
	case '"':
		text, err := in.text()
		op.Error = &OpError{Text: text}
		if why, ok := strings.CutPrefix(text, indeterminate+": "); ok && why != "" {
			op.Error = &OpError{Name: indeterminate, Text: why}
		}
		return err
	case '[':
		in.pos++
		name, nameErr := in.word()
		rest, restErr := in.raw()
		end, _ := in.accept(']')
		if nameErr == nil && restErr == nil && end && name[0] == ':' && isKeyword(keywordName(name)) {
			op.Error = &OpError{Name: keywordName(name)}
			if string(rest) == "nil" {
				return nil
			}
			if rest[0] == '"' {
				in = ednScanner{data: rest}
				op.Error.Text, err = in.text()
				return err
			}
		}
	case 'n':
		if string(raw) == "nil" {
			return nil
		}
	}
	op.Error = &OpError{Text: string(raw)}
	return nil
}

func keywordName(word []byte) string { return string(bytes.TrimPrefix(word, []byte(":"))) }
