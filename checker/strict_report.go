package checker

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"treecast/run"
)

// shownValues is how many values a sentence names before it says "...".
const shownValues = 5

// shownValueBytes is how much of a value a list of them has.
const shownValueBytes = 40

// results turns what was gathered into findings, in a fixed order.
func (s *strict) results() run.Strict {
	for id := range s.state {
		if s.state[id].refused() {
			s.known.remove(elementID(id)) // reported as such, not as missing elsewhere
		}
	}
	findings := []run.Finding{}
	findings = append(findings, s.deafNodes()...)
	findings = append(findings, s.missingValues()...)
	findings = append(findings, s.backwards()...)
	findings = append(findings, s.duplicates()...)
	findings = append(findings, s.foreignValues()...)
	if s.malformedReads > 0 {
		findings = append(findings, run.Finding{
			Kind: run.FindingMalformed, Count: s.malformedReads,
			Text: fmt.Sprintf("%s answered no list of values; first %s: %.100s",
				plural(s.malformedReads, "read"), s.read(s.malformedAt), orNull(s.h[s.malformedAt].Value)),
		})
	}
	verdict := run.Valid
	switch {
	case len(findings) > 0:
		verdict = run.Invalid
	case len(s.finals) == 0:
		verdict = run.Unknown
	}
	return run.Strict{Valid: verdict, Findings: findings}
}

// deafNodes are those none of whose final reads was answered.
func (s *strict) deafNodes() []run.Finding {
	var findings []run.Finding
	for _, place := range s.places() {
		final := s.finals[place]
		if final.answeredAt >= 0 {
			continue
		}
		text := fmt.Sprintf("%s did not answer its final read", s.workers.name(place))
		switch at := max(final.unansweredAt, final.askedAt); {
		case final.unansweredAt >= 0 && s.h[at].Error != nil && s.h[at].Error.Name == "indeterminate":
			text = fmt.Sprintf("%s answered its final read with what is no reply to it (%s: %s)", s.workers.name(place), s.moment(at), s.h[at].Error.Text)
		case final.unansweredAt < 0:
			text += fmt.Sprintf(" (asked %s)", s.moment(at))
		case s.h[at].Error != nil:
			text += fmt.Sprintf(" (%s: %s)", s.moment(at), s.h[at].Error)
		default:
			text += fmt.Sprintf(" (%s)", s.moment(at))
		}
		findings = append(findings, s.about(place, run.FindingDeaf, 1, text))
	}
	return findings
}

// missingValues are those that are known, to a client that was acknowledged or
// to a read anywhere, but not in a node's final read.
func (s *strict) missingValues() []run.Finding {
	var findings []run.Finding
	for _, place := range s.places() {
		final := s.finals[place]
		if final.answeredAt < 0 {
			continue
		}
		var missing []elementID
		s.known.eachWithout(final.shows, func(id elementID) {
			missing = append(missing, id)
		})
		if len(missing) == 0 {
			continue
		}
		slices.SortFunc(missing, s.values.compare)
		text := fmt.Sprintf("the final read of %s lacks %d of %s: %s; %s %s",
			s.workers.name(place), len(missing), plural(s.known.count(), "known value"), s.list(missing),
			s.values.json(missing[0]), s.knownFrom(&s.state[missing[0]])) + s.restarts(place)
		findings = append(findings, s.about(place, run.FindingMissing, len(missing), text))
	}
	return findings
}

func (s *strict) knownFrom(e *strictElement) string {
	if e.ackedAt >= 0 {
		return fmt.Sprintf("was acknowledged by %s %s", s.workers.name(s.place(e.ackedAt)), s.moment(e.ackedAt))
	}
	return "was in " + s.read(e.readAt)
}

func (s *strict) duplicates() []run.Finding {
	if s.duplicateReads == 0 {
		return nil
	}
	verb := "show"
	if s.duplicateReads == 1 {
		verb = "shows"
	}
	return []run.Finding{{
		Kind: run.FindingDuplicate, Count: s.duplicateReads,
		Text: fmt.Sprintf("%s %s a value more than once; first %s: %s %d times",
			plural(s.duplicateReads, "read"), verb, s.read(s.duplicate.at), s.values.json(s.duplicate.id), s.duplicate.times),
	}}
}

// foreignValues are those that are read though nobody added them, or though every
// addition of them was refused.
func (s *strict) foreignValues() []run.Finding {
	var unsent, refused []elementID
	for id := range s.state {
		switch e := &s.state[id]; {
		case e.unsentAt >= 0:
			unsent = append(unsent, elementID(id))
		case e.readAt >= 0 && e.refused():
			refused = append(refused, elementID(id))
		}
	}
	var findings []run.Finding
	if len(unsent) > 0 {
		slices.SortFunc(unsent, s.values.compare)
		first := unsent[0]
		findings = append(findings, run.Finding{
			Kind: run.FindingUnsent, Count: len(unsent),
			Text: fmt.Sprintf("%s read that nobody had %s: %s; %s in %s",
				wasOrWere(len(unsent), "value"), s.names.Added, s.list(unsent), s.values.json(first), s.read(s.state[first].unsentAt)) + s.mistype(first),
		})
	}
	if len(refused) > 0 {
		slices.SortFunc(refused, s.values.compare)
		first := &s.state[refused[0]]
		why := ""
		if err := s.h[first.failedAt].Error; err != nil {
			why = ": " + err.String()
		}
		findings = append(findings, run.Finding{
			Kind: run.FindingRefused, Count: len(refused),
			Text: fmt.Sprintf("%s read though the %s was refused: %s; %s was refused %s%s, and is in %s",
				wasOrWere(len(refused), "value"), s.names.Add, s.list(refused), s.values.json(refused[0]),
				s.moment(first.failedAt), why, s.read(first.readAt)),
		})
	}
	return findings
}

func (s *strict) places() []int { return slices.Sorted(maps.Keys(s.finals)) }

func (s *strict) about(place int, kind run.FindingKind, count int, text string) run.Finding {
	finding := run.Finding{Kind: kind, Count: count, Text: text}
	if place < len(s.workers.nodes) {
		finding.Node = s.workers.nodes[place]
	}
	return finding
}

// moment says when an operation was recorded, and where to find it.
func (s *strict) moment(at int32) string {
	op := &s.h[at]
	if int(at) >= s.proper {
		return fmt.Sprintf("at %.3f s, when the run was over", float64(op.Time)/float64(time.Second))
	}
	return fmt.Sprintf("at %.3f s, operation %d", float64(op.Time)/float64(time.Second), op.Index)
}

func (s *strict) read(at int32) string {
	return fmt.Sprintf("the read of %s %s", s.workers.name(s.place(at)), s.moment(at))
}

func (s *strict) list(ids []elementID) string {
	var names []string
	for _, id := range ids[:min(len(ids), shownValues)] {
		name := string(s.values.json(id))
		if len(name) > shownValueBytes {
			name = strings.ToValidUTF8(name[:shownValueBytes], "") + "..."
		}
		names = append(names, name)
	}
	if len(ids) > shownValues {
		names = append(names, "...")
	}
	return strings.Join(names, ", ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func wasOrWere(n int, noun string) string {
	if n == 1 {
		return plural(n, noun) + " was"
	}
	return plural(n, noun) + " were"
}

// workers knows which node a process talks to.
type workers struct {
	nodes       []string
	concurrency int
}

// placeOf is the index of the process' node, or of its worker if the nodes are
// not known. Processes are numbered anew, by the concurrency, after each
// indeterminate operation.
func (w workers) placeOf(process int) int {
	worker := process
	if w.concurrency > 0 {
		worker %= w.concurrency
	} else if len(w.nodes) > 0 {
		worker %= len(w.nodes)
	}
	if len(w.nodes) > 0 {
		return worker % len(w.nodes)
	}
	return worker
}

func (w workers) name(place int) string {
	if place < len(w.nodes) {
		return w.nodes[place]
	}
	return fmt.Sprintf("worker %d", place)
}
