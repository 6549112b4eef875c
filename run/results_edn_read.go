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

// countsEDN are Counts by Maelstrom's names.
type countsEDN struct {
	Valid     Verdict `json:"valid?"`
	Count     int     `json:"count"`
	OKCount   int     `json:"ok-count"`
	FailCount int     `json:"fail-count"`
	InfoCount int     `json:"info-count"`
}

// netCountsEDN are NetCounts by Maelstrom's names.
type netCountsEDN struct {
	SendCount int64    `json:"send-count"`
	RecvCount int64    `json:"recv-count"`
	MsgCount  int64    `json:"msg-count"`
	MsgsPerOp *float32 `json:"msgs-per-op"`
}

// setFullEDN are the plain figures of a SetFull by Maelstrom's names.
type setFullEDN struct {
	AttemptCount    int               `json:"attempt-count"`
	StableCount     int               `json:"stable-count"`
	LostCount       int               `json:"lost-count"`
	Lost            []json.RawMessage `json:"lost"`
	NeverReadCount  int               `json:"never-read-count"`
	NeverRead       []json.RawMessage `json:"never-read"`
	StaleCount      int               `json:"stale-count"`
	Stale           []json.RawMessage `json:"stale"`
	DuplicatedCount int               `json:"duplicated-count"`
	StableLatencies *Quantiles        `json:"stable-latencies"`
	LostLatencies   *Quantiles        `json:"lost-latencies"`
}

// elementEDN is an Element by Maelstrom's names.
type elementEDN struct {
	Element       json.RawMessage `json:"element"`
	Outcome       Outcome         `json:"outcome"`
	StableLatency *Millis         `json:"stable-latency"`
	LostLatency   *Millis         `json:"lost-latency"`
}

// ErrForeign is wrapped by ReadResultsEDN when a file is EDN but no result of
// Maelstrom.
var ErrForeign = errors.New("no results.edn of Maelstrom")

// read decodes a value of a map as encoding/json does the JSON that stands for it.
// into stays as it is if there is no such name; nothing is made of values that
// nobody asks for, so that what is odd among them does no harm.
func (n *ednNode) read(name string, into any) error {
	value := n.get(name)
	if value == nil {
		return nil
	}
	err := json.Unmarshal(value.appendJSON(nil), into)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) {
		return fmt.Errorf(":%s is a %s, which Maelstrom does not write there", strings.Trim(name+"."+odd.Field, "."), odd.Value)
	}
	if err != nil {
		return fmt.Errorf(":%s: %w", name, err)
	}
	return nil
}

// ReadResultsEDN reads a results.edn, Maelstrom's own or ours, into the part
// of Results it covers. The error wraps ErrForeign if the file is about something
// else.
func ReadResultsEDN(r io.Reader) (*Results, error) {
	text, err := io.ReadAll(withoutBOM(r))
	if err != nil {
		return nil, fmt.Errorf("run: read results.edn: %w", err)
	}
	in, err := parseEDN(string(text), ednMaxDepth+ednAround)
	if err == nil && !in.isMap() && in.text != "nil" {
		err = errors.New("something between {} is expected")
	}
	if err != nil {
		return nil, fmt.Errorf("run: results.edn: %w", err)
	}
	var (
		valid *Verdict
		net   *struct {
			All     netCountsEDN `json:"all"`
			Clients netCountsEDN `json:"clients"`
			Servers netCountsEDN `json:"servers"`
			Valid   Verdict      `json:"valid?"`
		}
		stats     countsEDN
		functions struct {
			ByF map[string]countsEDN `json:"by-f"`
		}
		availability struct {
			Valid      Verdict `json:"valid?"`
			OKFraction float32 `json:"ok-fraction"`
		}
	)
	err = cmp.Or(in.read("valid?", &valid), in.read("net", &net), in.read("stats", &stats), in.read("stats", &functions),
		in.read("availability", &availability))
	switch {
	case err != nil:
		return nil, fmt.Errorf("run: results.edn: %w", err)
	case valid == nil:
		return nil, fmt.Errorf("run: %w: it has no :valid?", ErrForeign)
	case net == nil:
		return nil, fmt.Errorf("run: %w: it has no :net", ErrForeign)
	}
	out := &Results{
		Schema: SchemaVersion, Valid: *valid, Strict: Strict{Valid: Unknown},
		Availability: Availability{availability.Valid, availability.OKFraction, stats.Count}, // Jepsen completes every operation it begins
		Net:          Net{All: NetCounts(net.All), Clients: NetCounts(net.Clients), Servers: NetCounts(net.Servers), Valid: net.Valid},
		Stats:        Stats{Counts: Counts(stats), ByF: make(map[string]Counts, len(functions.ByF))},
	}
	for f, counts := range functions.ByF {
		if !isKeyword(f) {
			return nil, fmt.Errorf("run: results.edn: :stats: the function %q is no keyword", f)
		}
		out.Stats.ByF[f] = Counts(counts)
	}
	if out.Workload, err = readWorkloadEDN(in.get("workload")); err != nil {
		return nil, fmt.Errorf("run: results.edn: :workload: %w", err)
	}
	return out, nil
}

func readWorkloadEDN(in *ednNode) (Workload, error) {
	out := Workload{Valid: Unknown}
	if in == nil || in.text == "nil" {
		return out, nil
	}
	if !in.isMap() {
		return out, errors.New("something between {} is expected")
	}
	if err := in.read("valid?", &out.Valid); err != nil {
		return out, err
	}
	if in.get("attempt-count") == nil { // it is no set
		out.Figures = figuresEDN(in)
		return out, nil
	}
	set, err := readSetFullEDN(in)
	if err != nil {
		return Workload{}, err
	}
	set.Valid, out.SetFull = out.Valid, set
	return out, nil
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

func readSetFullEDN(in *ednNode) (*SetFull, error) {
	for _, name := range []string{"lost", "never-read", "stale", "worst-stale"} {
		if list := in.get(name); list != nil && list.text != "nil" && (list.open == "" || list.isMap()) {
			return nil, fmt.Errorf(":%s: something between () or [] or #{} is expected", name)
		}
	}
	whole := ednNode{open: "{", items: []ednNode{ednAtom(":set"), *in}}
	var s setFullEDN
	if err := whole.read("set", &s); err != nil {
		return nil, err
	}
	set := &SetFull{
		AttemptCount: s.AttemptCount, StableCount: s.StableCount, LostCount: s.LostCount, Lost: s.Lost, NeverReadCount: s.NeverReadCount, NeverRead: s.NeverRead,
		StaleCount: s.StaleCount, Stale: s.Stale, DuplicatedCount: s.DuplicatedCount, StableLatencies: s.StableLatencies, LostLatencies: s.LostLatencies,
	}
	if worst := in.get("worst-stale"); worst != nil {
		for i := range worst.items {
			element, err := readElementEDN(&worst.items[i])
			if err != nil {
				return nil, fmt.Errorf(":worst-stale: %w", err)
			}
			set.WorstStale = append(set.WorstStale, element)
		}
	}
	return set, nil
}

func readElementEDN(in *ednNode) (Element, error) {
	if !in.isMap() && in.text != "nil" {
		return Element{}, errors.New("something between {} is expected")
	}
	list := ednNode{open: "{", items: []ednNode{ednAtom(":element"), *in}}
	var e elementEDN
	if err := list.read("element", &e); err != nil {
		return Element{}, err
	}
	switch {
	case e.Element == nil:
		return Element{}, errors.New("there is no :element")
	case e.Outcome != Stable && e.Outcome != Lost && e.Outcome != NeverRead:
		return Element{}, fmt.Errorf("%q is no outcome of an element (stable, lost or never-read)", e.Outcome)
	}
	out := Element{Element: e.Element, Outcome: e.Outcome, StableLatency: e.StableLatency, LostLatency: e.LostLatency}
	for name, to := range map[string]**Op{"known": &out.Known, "last-absent": &out.LastAbsent} {
		op := in.get(name)
		if op == nil || op.text == "nil" {
			continue
		}
		read, err := opOf(op)
		if err != nil {
			return Element{}, fmt.Errorf(":%s: %w", name, err)
		}
		*to = &read
	}
	return out, nil
}
