package run

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AppendOpEDN appends op as a line of history.edn, without the line's end. It
// fails if the operation's Value is not JSON.
//
// The nemesis' own words are keywords in Jepsen and a partition is a map of sets. An
// operation may have keys beyond those that Op names: a generator's settings, what a
// node lacked.
func AppendOpEDN(dst []byte, op Op) ([]byte, error) {
	dst = append(dst, "{:index "...)
	dst = strconv.AppendInt(dst, int64(op.Index), 10)
	dst = append(dst, ", :time "...)
	dst = strconv.AppendInt(dst, int64(op.Time), 10)
	dst = append(dst, ", :type :"...)
	dst = append(dst, op.Type.String()...)
	dst = append(dst, ", :process "...)
	dst = appendProcess(dst, op.Process)
	dst = append(dst, ", :f :"...)
	dst = append(dst, op.F...)
	dst = append(dst, ", :value "...)
	dst, err := op.appendValue(dst)
	if err != nil {
		return nil, err
	}
	if op.Final {
		dst = append(dst, ", :final? true"...)
	}
	if op.Extra != nil {
		extra, err := parseJSON(op.Extra)
		if err == nil && !extra.isMap() {
			err = fmt.Errorf("they are no object")
		}
		if err != nil {
			return nil, fmt.Errorf("run: operation %d: further keys: %w", op.Index, err)
		}
		extra.spellExtra(false)
		for i := 0; i < len(extra.items); i += 2 {
			dst = append(extra.items[i].appendEDN(append(dst, ", "...)), ' ')
			dst = extra.items[i+1].appendEDN(dst)
		}
	}
	if op.Error != nil {
		dst = append(dst, ", :error "...)
		dst = op.Error.appendEDN(dst, true)
	}
	return append(dst, '}'), nil
}

// appendValue appends the operation's value.
func (op *Op) appendValue(dst []byte) ([]byte, error) {
	value, err := parseJSON(op.Value)
	if err != nil {
		return nil, fmt.Errorf("run: operation %d: %w", op.Index, err)
	}
	switch {
	case op.Process == NemesisProcess:
		value.spellNemesis(false)
	case op.Micro:
		value.spellMicros()
	default:
		value.spellClient()
	}
	return value.appendEDN(dst), nil
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
	dst, err := op.appendValue(append(dst, '\t'))
	if err != nil {
		return nil, err
	}
	if op.Error != nil {
		dst = op.Error.appendEDN(append(dst, '\t'), false)
	}
	return dst, nil
}

// parseOpEDN reads one operation, with or without Jepsen's record tag.
func parseOpEDN(line []byte) (Op, error) {
	n, err := parseEDN(string(line), ednMaxDepth+1)
	if err != nil {
		return Op{}, err
	}
	return opOf(&n)
}

// opOf is the operation that a map is.
func opOf(n *ednNode) (op Op, err error) {
	if !n.isMap() {
		return Op{}, fmt.Errorf("an operation begins with {")
	}
	for i := 0; i < len(n.items); i += 2 {
		key, value := n.items[i].plain(), &n.items[i+1]
		if n.items[i].text == "" || n.items[i].text[0] != ':' {
			continue
		}
		if err := op.set(key, value); err != nil {
			return Op{}, fmt.Errorf(":%s: %w", key, err)
		}
	}
	if !isKeyword(op.F) {
		return Op{}, fmt.Errorf("an operation has the function %q, which is no keyword", op.F)
	}
	return op, nil
}

// set reads the value of one key into op. Of keys that Op has no field for it passes
// over :exception, which is a page of Java.
func (op *Op) set(key string, value *ednNode) (err error) {
	switch key {
	case "type":
		op.Type, err = ParseOpType(value.plain())
	case "f":
		op.F = value.plain()
	case "final?":
		op.Final = value.text == "true"
	case "process":
		if value.text == ":nemesis" {
			op.Process = NemesisProcess
			return nil
		}
		op.Process, err = strconv.Atoi(value.text)
	case "index":
		op.Index, err = strconv.Atoi(value.text)
	case "time":
		var nanos int64
		nanos, err = strconv.ParseInt(value.text, 10, 64)
		if op.Time = time.Duration(nanos); err == nil && (op.Time < 0 || op.Time > maxRun) {
			err = fmt.Errorf("%s is no time since the start of a run, in nanoseconds", value.text)
		}
	case "value":
		op.Micro = len(value.items) > 0 && value.open == "[" && value.items[0].open == "[" && len(value.items[0].items) > 0 &&
			strings.HasPrefix(value.items[0].items[0].text, ":")
		if op.Value = nil; value.text != "nil" {
			op.Value = value.appendJSON(nil)
		}
	case "error":
		op.Error = errorOf(value)
	default:
		if key != "exception" && isKeyword(key) {
			op.readExtra(key, value)
		}
	}
	return err
}

// readExtra keeps a key that Op has no field for.
func (op *Op) readExtra(key string, value *ednNode) {
	extra := []byte{'{'}
	if op.Extra != nil {
		extra = append(bytes.TrimSuffix(op.Extra, []byte{'}'}), ',')
	}
	extra = append(appendJSONString(extra, key), ':')
	op.Extra = append(value.appendJSON(extra), '}')
}

// errorOf reads :name, [:name "text"], [:name nil], "indeterminate: text" or "text";
// whatever else an error may be is kept as text.
func errorOf(n *ednNode) *OpError {
	named := func(n *ednNode) bool { return strings.HasPrefix(n.text, ":") && isKeyword(n.plain()) }
	switch {
	case n.text == "nil":
		return nil
	case named(n):
		return &OpError{Name: n.plain()}
	case n.isText():
		if why, ok := strings.CutPrefix(n.plain(), indeterminate+": "); ok && why != "" {
			return &OpError{Name: indeterminate, Text: why}
		}
		return &OpError{Text: n.plain()}
	case n.open == "[" && len(n.items) == 2 && named(&n.items[0]):
		switch why := &n.items[1]; {
		case why.text == "nil":
			return &OpError{Name: n.items[0].plain()}
		case why.isText():
			return &OpError{Name: n.items[0].plain(), Text: why.plain()}
		}
	}
	return &OpError{Text: string(n.appendEDN(nil))}
}
