package figure

import (
	"cmp"
	"math"
	"slices"
	"time"

	"treecast/run"
)

// Outcomes are the ends of operations, in the order in which they are drawn.
var Outcomes = [...]string{"ok", "info", "fail"}

// Operation is a client's operation as a point in time.
type Operation struct {
	At      time.Duration // of its invocation
	Took    time.Duration
	Outcome int // index in Outcomes
	Process int
	Value   string // what was broadcast; empty for others
	Error   string
	Final   bool
}

// Latency are the operations of one function, such as read.
type Latency struct {
	F          string
	Operations []Operation // by time of invocation
	Counts     [len(Outcomes)]int
	Open       int // begun and never completed; not among Operations
	Seconds    []Second
}

// Second sums up the operations that were invoked in a stretch of the run.
type Second struct {
	From, To         time.Duration
	Counts           [len(Outcomes)]int
	Median, P95, Max time.Duration // of those that were ok; 0 if none was
}

// maxSeconds is how many stretches a run is cut into at most.
const maxSeconds = 40

// Latencies lists for every function of a history, in the order in which they
// first occur, how long its operations took.
func Latencies(h run.History) []Latency {
	pairs := h.Pairs()
	var out []Latency
	index := map[string]int{}
	for i := range h {
		op := &h[i]
		if op.Type != run.Invoke || op.Process == run.NemesisProcess {
			continue
		}
		at, ok := index[op.F]
		if !ok {
			at = len(out)
			index[op.F] = at
			out = append(out, Latency{F: op.F})
		}
		l := &out[at]
		if pairs[i] < 0 {
			l.Open++
			continue
		}
		end := &h[pairs[i]]
		point := Operation{At: op.Time, Took: end.Time - op.Time, Process: op.Process, Final: op.Final}
		switch end.Type {
		case run.Info:
			point.Outcome = 1
		case run.Fail:
			point.Outcome = 2
		}
		if end.Error != nil {
			point.Error = end.Error.String()
		}
		if op.Value != nil && op.F != "read" {
			point.Value = string(op.Value)
		}
		l.Counts[point.Outcome]++
		l.Operations = append(l.Operations, point)
	}
	for i := range out {
		out[i].Seconds = seconds(out[i].Operations)
	}
	return out
}

// seconds cuts operations, in order of time, into stretches of equal length.
func seconds(ops []Operation) []Second {
	if len(ops) == 0 {
		return nil
	}
	width := NiceStep(ops[len(ops)-1].At, maxSeconds)
	var out []Second
	for from := 0; from < len(ops); {
		start := ops[from].At.Truncate(width)
		s := Second{From: start, To: start + width}
		var took []time.Duration
		to := from
		for ; to < len(ops) && ops[to].At < s.To; to++ {
			s.Counts[ops[to].Outcome]++
			if ops[to].Outcome == 0 {
				took = append(took, ops[to].Took)
			}
		}
		slices.Sort(took)
		if q := run.QuantilesOf(took); q != nil {
			s.Median, s.P95, s.Max = q.Median.Duration(), q.P95.Duration(), q.Max.Duration()
		}
		out = append(out, s)
		from = to
	}
	return out
}

// niceSteps are those that people like to read, in seconds; longer ones are
// multiples of an hour.
var niceSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
}

// NiceStep is the shortest round duration of which at most count cover a whole.
func NiceStep(whole time.Duration, count int) time.Duration {
	i, _ := slices.BinarySearchFunc(niceSteps, whole, func(step, whole time.Duration) int {
		if step*time.Duration(count) > whole {
			return 1
		}
		return -1
	})
	if i < len(niceSteps) {
		return niceSteps[i]
	}
	hours := math.Floor(whole.Hours()/float64(count)) + 1
	return time.Duration(hours) * time.Hour
}

// Mark is a point of a scatter plot that stands for one or more operations.
type Mark struct {
	X, Y    int // in cells of the plot
	Outcome int
	Count   int
	First   int // index of one of its operations
}

// Marks puts operations into the cells of a plot, so that any number of them is
// drawn with at most as many marks as the plot has cells, three times over. x
// and y say in which cell an operation lies.
func Marks(ops []Operation, x func(at time.Duration) int, y func(took time.Duration) int) []Mark {
	type cell struct{ x, y, outcome int }
	index := map[cell]int{}
	var out []Mark
	for i := range ops {
		c := cell{x(ops[i].At), y(ops[i].Took), ops[i].Outcome}
		at, ok := index[c]
		if !ok {
			at = len(out)
			index[c] = at
			out = append(out, Mark{X: c.x, Y: c.y, Outcome: c.outcome, First: i})
		}
		out[at].Count++
	}
	slices.SortStableFunc(out, func(a, b Mark) int { return cmp.Compare(a.Outcome, b.Outcome) })
	return out
}
