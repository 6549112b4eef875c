package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"olympos.io/encoding/edn"
)

// resultsEDN is the part of a results.edn that is read.
type resultsEDN struct {
	Valid        *Verdict       `edn:"valid?"`
	Stats        statsEDN       `edn:"stats"`
	Availability Availability   `edn:"availability"`
	Net          *Net           `edn:"net"`
	Workload     edn.RawMessage `edn:"workload"`
}

type statsEDN struct {
	Counts
	ByF map[edn.Keyword]Counts `edn:"by-f"`
}

type setFullEDN struct {
	SetFull
	Lost            []edn.RawMessage `edn:"lost"`
	NeverRead       []edn.RawMessage `edn:"never-read"`
	Stale           []edn.RawMessage `edn:"stale"`
	StableLatencies quantilesEDN     `edn:"stable-latencies"`
	LostLatencies   quantilesEDN     `edn:"lost-latencies"`
	WorstStale      []elementEDN     `edn:"worst-stale"`
}

type elementEDN struct {
	Element       edn.RawMessage `edn:"element"`
	Outcome       edn.Keyword    `edn:"outcome"`
	StableLatency *int64         `edn:"stable-latency"`
	LostLatency   *int64         `edn:"lost-latency"`
	Known         edn.RawMessage `edn:"known"`
	LastAbsent    edn.RawMessage `edn:"last-absent"`
}

// ErrForeign is wrapped by ReadResultsEDN when a file is EDN but no result of
// Maelstrom.
var ErrForeign = errors.New("no results.edn of Maelstrom")

// ReadResultsEDN reads a results.edn, Maelstrom's own or ours, into the part
// of Results it covers. Workloads other than broadcast keep their verdict only.
// The error wraps ErrForeign if the file is about something else.
func ReadResultsEDN(r io.Reader) (*Results, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("run: read results.edn: %w", err)
	}
	if err := checkEDNDepth(text); err != nil {
		return nil, fmt.Errorf("run: results.edn: %w", err)
	}
	var in resultsEDN
	if err := edn.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("run: results.edn: %w", err)
	}
	switch {
	case in.Valid == nil:
		return nil, fmt.Errorf("run: %w: it has no :valid?", ErrForeign)
	case in.Net == nil:
		return nil, fmt.Errorf("run: %w: it has no :net", ErrForeign)
	}
	out := &Results{
		Schema: SchemaVersion, Valid: *in.Valid, Strict: Strict{Valid: Unknown}, Availability: in.Availability, Net: *in.Net,
		Stats: Stats{Counts: in.Stats.Counts, ByF: make(map[string]Counts, len(in.Stats.ByF))},
	}
	// Jepsen completes every operation it begins.
	out.Availability.InvokeCount = in.Stats.Count
	for f, counts := range in.Stats.ByF {
		out.Stats.ByF[string(f)] = counts
	}
	out.Workload, err = readWorkloadEDN(in.Workload)
	if err != nil {
		return nil, fmt.Errorf("run: results.edn: workload: %w", err)
	}
	return out, nil
}

func readWorkloadEDN(text edn.RawMessage) (Workload, error) {
	if len(text) == 0 {
		return Workload{Valid: Unknown}, nil
	}
	var verdict struct {
		Valid   Verdict `edn:"valid?"`
		Attempt *int    `edn:"attempt-count"`
	}
	if err := edn.Unmarshal(text, &verdict); err != nil {
		return Workload{}, err
	}
	if verdict.Attempt == nil {
		return Workload{Valid: verdict.Valid}, nil
	}
	var in setFullEDN
	if err := edn.Unmarshal(text, &in); err != nil {
		return Workload{}, err
	}
	set := in.SetFull
	set.StableLatencies, set.LostLatencies = in.StableLatencies.quantiles(), in.LostLatencies.quantiles()
	for _, list := range []struct {
		from []edn.RawMessage
		to   *[]json.RawMessage
	}{{in.Lost, &set.Lost}, {in.NeverRead, &set.NeverRead}, {in.Stale, &set.Stale}} {
		for _, item := range list.from {
			value, err := jsonOfEDN(item)
			if err != nil {
				return Workload{}, err
			}
			*list.to = append(*list.to, value)
		}
	}
	for _, item := range in.WorstStale {
		element, err := item.element()
		if err != nil {
			return Workload{}, err
		}
		set.WorstStale = append(set.WorstStale, element)
	}
	return Workload{Valid: set.Valid, SetFull: &set}, nil
}

func (e elementEDN) element() (Element, error) {
	switch Outcome(e.Outcome) {
	case Stable, Lost, NeverRead:
	default:
		return Element{}, fmt.Errorf("%q is no outcome of an element (stable, lost or never-read)", string(e.Outcome))
	}
	value, err := jsonOfEDN(e.Element)
	if err != nil {
		return Element{}, err
	}
	out := Element{
		Element: value, Outcome: Outcome(e.Outcome),
		StableLatency: wholeMillis(e.StableLatency), LostLatency: wholeMillis(e.LostLatency),
	}
	if out.Known, err = readElementOp(e.Known); err != nil {
		return Element{}, err
	}
	out.LastAbsent, err = readElementOp(e.LastAbsent)
	return out, err
}

// readElementOp reads an operation as set-full prints it, where a broadcast is
// an :add.
func readElementOp(text edn.RawMessage) (*Op, error) {
	if len(text) == 0 || string(text) == "nil" {
		return nil, nil
	}
	op, err := parseOpEDN(text)
	if err != nil {
		return nil, err
	}
	switch {
	case op.F == "add":
		op.F = "broadcast"
	case !isKeyword(op.F):
		return nil, fmt.Errorf("an operation has the function %q, which is no keyword", op.F)
	}
	return &op, nil
}

func wholeMillis(ms *int64) *Millis {
	if ms == nil {
		return nil
	}
	m := Millis(time.Duration(*ms) * time.Millisecond)
	return &m
}

func jsonOfEDN(text edn.RawMessage) (json.RawMessage, error) {
	s := ednScanner{data: text}
	return s.appendJSON(nil, 0)
}

// quantilesEDN is a map of points, 0 and 1 whole and the rest not, to whole
// milliseconds.
type quantilesEDN map[any]int64

func (q quantilesEDN) quantiles() *Quantiles {
	if q == nil {
		return nil
	}
	at := func(point any) Millis { return Millis(time.Duration(q[point]) * time.Millisecond) }
	return &Quantiles{Min: at(int64(0)), Median: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(int64(1))}
}
