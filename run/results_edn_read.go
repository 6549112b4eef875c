package run

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrForeign is wrapped by ReadResultsEDN when a file is EDN but no result of
// Maelstrom.
var ErrForeign = errors.New("no results.edn of Maelstrom")

// ours puts our own keys, as results.json has them, in the place of Maelstrom's, in a
// map and in those within, so many levels deep: :ok-count is "ok_count".
func (n *ednNode) ours(levels int) {
	if n == nil || levels == 0 || !n.isMap() {
		return
	}
	for i := 0; i < len(n.items); i += 2 {
		if key := &n.items[i]; strings.HasPrefix(key.text, ":") {
			name := strings.ReplaceAll(strings.TrimSuffix(key.plain(), "?"), "-", "_")
			if strings.HasSuffix(name, "_latency") || strings.HasSuffix(name, "_latencies") {
				name += "_ms"
			}
			key.text = string(appendEDNString(nil, name))
		}
		n.items[i+1].ours(levels - 1)
	}
}

// read decodes a node as encoding/json does the JSON that stands for it; into stays as
// it is if there is none.
func (n *ednNode) read(name string, into any) error {
	if n == nil {
		return nil
	}
	err := json.Unmarshal(n.appendJSON(nil), into)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) {
		field := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(odd.Field, "Counts."), "_ms"), "_", "-")
		return fmt.Errorf(":%s is a %s, which Maelstrom does not write there", strings.Trim(name+"."+field, "."), odd.Value)
	}
	if err != nil {
		return fmt.Errorf(":%s: %w", name, err)
	}
	return nil
}

// ReadResultsEDN reads a results.edn, Maelstrom's own or ours, into the part
// of Results it covers. Nothing is made of values that nobody asks for, so that what
// is odd among them does no harm. The error wraps ErrForeign if the file is about
// something else.
func ReadResultsEDN(r io.Reader) (*Results, error) {
	text, err := io.ReadAll(withoutBOM(r))
	if err != nil {
		return nil, fmt.Errorf("run: read results.edn: %w", err)
	}
	in, err := parseEDN(string(text), ednMaxDepth+ednAround)
	if err == nil && !in.isMap() && in.text != "nil" {
		err = errNoMap
	}
	if err != nil {
		return nil, fmt.Errorf("run: results.edn: %w", err)
	}
	stats, availability, net := in.get("stats"), in.get("availability"), in.get("net")
	if byF := stats.get("by-f"); byF != nil {
		for i := 1; i < len(byF.items); i += 2 {
			byF.items[i].ours(1)
		}
	}
	stats.ours(1)
	availability.ours(1)
	net.ours(2)
	out := &Results{Schema: SchemaVersion, Strict: Strict{Valid: Unknown}}
	var (
		valid  *Verdict
		counts *Net
	)
	err = cmp.Or(in.get("valid?").read("valid?", &valid), net.read("net", &counts), stats.read("stats", &out.Stats), availability.read("availability", &out.Availability))
	switch {
	case err != nil:
		return nil, fmt.Errorf("run: results.edn: %w", err)
	case valid == nil:
		return nil, fmt.Errorf("run: %w: it has no :valid?", ErrForeign)
	case counts == nil:
		return nil, fmt.Errorf("run: %w: it has no :net", ErrForeign)
	}
	out.Valid, out.Net = *valid, *counts
	out.Availability.InvokeCount = out.Stats.Count // Jepsen completes every operation it begins
	if out.Stats.ByF == nil {
		out.Stats.ByF = map[string]Counts{}
	}
	for f := range out.Stats.ByF {
		if !isKeyword(f) {
			return nil, fmt.Errorf("run: results.edn: :stats: the function %q is no keyword", f)
		}
	}
	if out.Workload, err = readWorkloadEDN(in.get("workload")); err != nil {
		return nil, fmt.Errorf("run: results.edn: :workload: %w", err)
	}
	return out, nil
}

var errNoMap = errors.New("something between {} is expected")

func readWorkloadEDN(in *ednNode) (out Workload, err error) {
	out.Valid = Unknown
	switch {
	case in == nil || in.text == "nil":
		return out, nil
	case !in.isMap():
		return out, errNoMap
	}
	if err := in.get("valid?").read("valid?", &out.Valid); err != nil {
		return out, err
	}
	if in.get("attempt-count") == nil { // it is no set
		out.Figures = figuresEDN(in)
		return out, nil
	}
	for _, name := range []string{"lost", "never-read", "stale", "worst-stale"} {
		if list := in.get(name); list != nil && list.text != "nil" && (list.open == "" || list.isMap()) {
			return Workload{}, fmt.Errorf(":%s: something between () or [] or #{} is expected", name)
		}
	}
	if worst := in.get("worst-stale"); worst != nil {
		for i := range worst.items {
			if err := worst.items[i].element(); err != nil {
				return Workload{}, fmt.Errorf(":worst-stale: %w", err)
			}
		}
	}
	in.ours(1)
	out.SetFull = &SetFull{}
	if err := in.read("", out.SetFull); err != nil {
		return Workload{}, err
	}
	out.SetFull.Valid = out.Valid
	return out, nil
}

// element puts our own keys and operations into an element of set-full.
func (n *ednNode) element() error {
	if !n.isMap() && n.text != "nil" {
		return errNoMap
	}
	outcome := Outcome("")
	if o := n.get("outcome"); o != nil {
		outcome = Outcome(o.plain())
	}
	switch {
	case n.get("element") == nil:
		return errors.New("there is no :element")
	case outcome != Stable && outcome != Lost && outcome != NeverRead:
		return fmt.Errorf("%q is no outcome of an element (stable, lost or never-read)", outcome)
	}
	for _, name := range []string{"known", "last-absent"} {
		at := n.get(name)
		if at == nil || at.text == "nil" {
			continue
		}
		op, err := opOf(at)
		if err != nil {
			return fmt.Errorf(":%s: %w", name, err)
		}
		text, err := json.Marshal(op)
		if err == nil {
			*at, err = parseNode(ednParser{text: string(text), room: ednMaxDepth + ednAround, json: true})
		}
		if err != nil {
			return fmt.Errorf(":%s: %w", name, err)
		}
	}
	n.ours(1)
	return nil
}

// figuresEDN are figures of any workload, nil if there is no more than a verdict.
// Their order in the file is not kept: the verdict is first, and the others are
// sorted by name.
func figuresEDN(in *ednNode) Figures {
	var out Figures
	for i := 0; i < len(in.items); i += 2 {
		name := in.items[i].plain()
		if in.items[i].text == "" || in.items[i].text[0] != ':' {
			continue
		}
		out = slices.DeleteFunc(out, func(f Figure) bool { return f.Key == name }) // the last one counts
		out = append(out, Figure{Key: name, Value: Value(in.items[i+1].appendJSON(nil))})
	}
	if len(out) < 2 {
		return nil
	}
	slices.SortFunc(out, func(a, b Figure) int {
		if (a.Key == "valid?") != (b.Key == "valid?") {
			if a.Key == "valid?" {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Key, b.Key)
	})
	return out
}
