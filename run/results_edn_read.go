package run

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// countsEDN are Counts by Maelstrom's names.
type countsEDN struct {
	Valid     Verdict `json:"valid?"`
	Count     int     `json:"count"`
	OKCount   int     `json:"ok-count"`
	FailCount int     `json:"fail-count"`
	InfoCount int     `json:"info-count"`
}

// byFunctionEDN is what Maelstrom's :stats has beside their countsEDN.
type byFunctionEDN struct {
	ByF map[string]countsEDN `json:"by-f"`
}

// availabilityEDN is an Availability by Maelstrom's names.
type availabilityEDN struct {
	Valid       Verdict `json:"valid?"`
	OKFraction  float32 `json:"ok-fraction"`
	InvokeCount int     `json:"-"`
}

// netCountsEDN are NetCounts by Maelstrom's names.
type netCountsEDN struct {
	SendCount int64    `json:"send-count"`
	RecvCount int64    `json:"recv-count"`
	MsgCount  int64    `json:"msg-count"`
	MsgsPerOp *float32 `json:"msgs-per-op"`
}

// netEDN is a Net by Maelstrom's names.
type netEDN struct {
	All     netCountsEDN `json:"all"`
	Clients netCountsEDN `json:"clients"`
	Servers netCountsEDN `json:"servers"`
	Valid   Verdict      `json:"valid?"`
}

// ErrForeign is wrapped by ReadResultsEDN when a file is EDN but no result of
// Maelstrom.
var ErrForeign = errors.New("no results.edn of Maelstrom")

// ReadResultsEDN reads a results.edn, Maelstrom's own or ours, into the part
// of Results it covers.
// The error wraps ErrForeign if the file is about something else.
func ReadResultsEDN(r io.Reader) (*Results, error) {
	text, err := io.ReadAll(withoutBOM(r))
	if err != nil {
		return nil, fmt.Errorf("run: read results.edn: %w", err)
	}
	in, err := ednRecordOf(text)
	if err != nil {
		return nil, fmt.Errorf("run: results.edn: %w", err)
	}
	var (
		valid        *Verdict
		net          *netEDN
		stats        countsEDN
		functions    byFunctionEDN
		availability availabilityEDN
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
		Schema: SchemaVersion, Valid: *valid, Strict: Strict{Valid: Unknown}, Availability: Availability(availability),
		Net:   Net{All: NetCounts(net.All), Clients: NetCounts(net.Clients), Servers: NetCounts(net.Servers), Valid: net.Valid},
		Stats: Stats{Counts: Counts(stats), ByF: make(map[string]Counts, len(functions.ByF))},
	}
	// Jepsen completes every operation it begins.
	out.Availability.InvokeCount = stats.Count
	for f, counts := range functions.ByF {
		if !isKeyword(f) {
			return nil, fmt.Errorf("run: results.edn: :stats: the function %q is no keyword", f)
		}
		out.Stats.ByF[f] = Counts(counts)
	}
	if out.Workload, err = readWorkloadEDN(in["workload"]); err != nil {
		return nil, fmt.Errorf("run: results.edn: :workload: %w", err)
	}
	return out, nil
}

func readWorkloadEDN(text []byte) (Workload, error) {
	if len(text) == 0 {
		return Workload{Valid: Unknown}, nil
	}
	in, err := ednRecordOf(text)
	if err != nil {
		return Workload{}, err
	}
	out := Workload{Valid: Unknown}
	if err := in.read("valid?", &out.Valid); err != nil {
		return out, err
	}
	if in["attempt-count"] == nil { // it is no set
		out.Figures, err = readFiguresEDN(in)
		return out, err
	}
	out.SetFull, err = readSetFullEDN(in)
	if err != nil {
		return Workload{}, err
	}
	out.SetFull.Valid = out.Valid
	return out, nil
}

// readFiguresEDN reads figures of any workload, nil if there is no more than a
// verdict. Their order in the file is not kept: the verdict is first, and the
// others are sorted by name.
func readFiguresEDN(in ednRecord) (Figures, error) {
	if len(in) < 2 {
		return nil, nil
	}
	names := slices.SortedFunc(maps.Keys(in), func(a, b string) int {
		if (a == "valid?") != (b == "valid?") {
			if a == "valid?" {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	var out Figures
	for _, name := range names {
		value, err := jsonOfEDN(in[name])
		if err != nil {
			return nil, fmt.Errorf(":%s: %w", name, err)
		}
		out = append(out, Figure{Key: name, Value: Value(value)})
	}
	return out, nil
}

func readSetFullEDN(in ednRecord) (*SetFull, error) {
	set := &SetFull{}
	err := cmp.Or(
		in.read("attempt-count", &set.AttemptCount),
		in.read("stable-count", &set.StableCount),
		in.read("lost-count", &set.LostCount),
		in.read("never-read-count", &set.NeverReadCount),
		in.read("stale-count", &set.StaleCount),
		in.read("duplicated-count", &set.DuplicatedCount),
		in.read("stable-latencies", &set.StableLatencies),
		in.read("lost-latencies", &set.LostLatencies),
		in.readValues("lost", &set.Lost),
		in.readValues("never-read", &set.NeverRead),
		in.readValues("stale", &set.Stale),
	)
	if err != nil {
		return nil, err
	}
	worst, err := in.items("worst-stale", "()", "[]")
	if err != nil {
		return nil, err
	}
	for _, text := range worst {
		element, err := readElementEDN(text)
		if err != nil {
			return nil, fmt.Errorf(":worst-stale: %w", err)
		}
		set.WorstStale = append(set.WorstStale, element)
	}
	return set, nil
}

// readValues reads a list of what clients broadcast.
func (r ednRecord) readValues(name string, into *[]json.RawMessage) error {
	items, err := r.items(name, "()", "[]", "#{}")
	if err != nil {
		return err
	}
	for _, item := range items {
		value, err := jsonOfEDN(item)
		if err != nil {
			return fmt.Errorf(":%s: %w", name, err)
		}
		*into = append(*into, value)
	}
	return nil
}

func readElementEDN(text []byte) (Element, error) {
	in, err := ednRecordOf(text)
	if err != nil {
		return Element{}, err
	}
	var out Element
	if err := cmp.Or(
		in.read("element", &out.Element), in.read("outcome", &out.Outcome),
		in.read("stable-latency", &out.StableLatency), in.read("lost-latency", &out.LostLatency),
	); err != nil {
		return Element{}, err
	}
	switch {
	case out.Element == nil:
		return Element{}, errors.New("there is no :element")
	case out.Outcome != Stable && out.Outcome != Lost && out.Outcome != NeverRead:
		return Element{}, fmt.Errorf("%q is no outcome of an element (stable, lost or never-read)", out.Outcome)
	}
	if out.Known, err = readElementOp(in["known"]); err != nil {
		return Element{}, fmt.Errorf(":known: %w", err)
	}
	if out.LastAbsent, err = readElementOp(in["last-absent"]); err != nil {
		return Element{}, fmt.Errorf(":last-absent: %w", err)
	}
	return out, nil
}

// readElementOp reads an operation as set-full prints it.
func readElementOp(text []byte) (*Op, error) {
	if len(text) == 0 || string(text) == "nil" {
		return nil, nil
	}
	op, err := parseOpEDN(text)
	if err != nil {
		return nil, err
	}
	if !isKeyword(op.F) {
		return nil, fmt.Errorf("an operation has the function %q, which is no keyword", op.F)
	}
	return &op, nil
}

func jsonOfEDN(text []byte) (json.RawMessage, error) {
	s := ednScanner{data: text}
	return s.appendJSON(nil)
}
