package run

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// QueuesFile and HealthFile are the names of the two records of what nodes said
// of themselves while a run went on, once a second, in the run's directory. Both
// are CSV with a line per node and moment, queues.csv one per queue as well; times
// are in whole milliseconds since the start of the run. Their columns are those of
// QueueRecord and HealthRecord.
const (
	QueuesFile = "queues.csv"
	HealthFile = "health.csv"
)

// QueueRecord is a line of queues.csv: what a queue of a node was like at one
// moment. Counts are since the node's start. In JSON it is what a node says of it.
type QueueRecord struct {
	At                 time.Duration `json:"-"`
	Node               string        `json:"-"`
	Name               string        `json:"name"`
	Depth              int           `json:"depth"`     // items waiting or in hand
	Preferred          int           `json:"preferred"` // above it the queue is unhealthy
	Capacity           int           `json:"capacity"`  // it is never deeper
	HighWater          int           `json:"high_water"`
	In                 uint64        `json:"in"`
	Out                uint64        `json:"out"`
	Rejected           uint64        `json:"rejected"`
	Lost               uint64        `json:"lost"`
	OldestMS           int64         `json:"oldest_ms"` // how long the next item has waited
	WaitMS             int64         `json:"wait_ms"`   // how long a new one is expected to
	DepletionPerSecond float64       `json:"depletion_per_second"`
	UnhealthyMS        int64         `json:"unhealthy_ms"` // for how long it has been unhealthy without a break
}

// HealthRecord is a line of health.csv: what a node said of itself at one moment.
type HealthRecord struct {
	At                                        time.Duration
	Node                                      string
	UnhealthyMS                               int64 // of its worst queue
	Worst                                     string
	Permits, Revoked, InUse, Available        int
	PermitsRefused                            uint64
	RefusedByGate, RefusedByWait, RefusedFull uint64
	Crashes, Entries                          uint64
}

var queuesTable = csvTable[QueueRecord]{Needed: 5, Columns: []csvColumn[QueueRecord]{
	momentColumn(func(q *QueueRecord) *time.Duration { return &q.At }),
	textColumn("node", "", func(q *QueueRecord) *string { return &q.Node }),
	textColumn("queue", "", func(q *QueueRecord) *string { return &q.Name }),
	countColumn("depth", func(q *QueueRecord) *int { return &q.Depth }),
	countColumn("preferred", func(q *QueueRecord) *int { return &q.Preferred }),
	countColumn("capacity", func(q *QueueRecord) *int { return &q.Capacity }),
	countColumn("high_water", func(q *QueueRecord) *int { return &q.HighWater }),
	countColumn("in", func(q *QueueRecord) *uint64 { return &q.In }),
	countColumn("out", func(q *QueueRecord) *uint64 { return &q.Out }),
	countColumn("rejected", func(q *QueueRecord) *uint64 { return &q.Rejected }),
	countColumn("lost", func(q *QueueRecord) *uint64 { return &q.Lost }),
	countColumn("oldest_ms", func(q *QueueRecord) *int64 { return &q.OldestMS }),
	countColumn("wait_ms", func(q *QueueRecord) *int64 { return &q.WaitMS }),
	{"depletion_per_second", "",
		func(dst []byte, q *QueueRecord) []byte {
			if q.DepletionPerSecond >= 0 { // what is no number is 0
				return strconv.AppendFloat(dst, min(q.DepletionPerSecond, maxFigure), 'f', -1, 64)
			}
			return append(dst, '0')
		},
		func(q *QueueRecord, cell string) (err error) { q.DepletionPerSecond, err = figure(cell); return err },
	},
	countColumn("unhealthy_ms", func(q *QueueRecord) *int64 { return &q.UnhealthyMS }),
}}

var healthTable = csvTable[HealthRecord]{Needed: 3, Columns: []csvColumn[HealthRecord]{
	momentColumn(func(h *HealthRecord) *time.Duration { return &h.At }),
	textColumn("node", "", func(h *HealthRecord) *string { return &h.Node }),
	countColumn("unhealthy_ms", func(h *HealthRecord) *int64 { return &h.UnhealthyMS }),
	textColumn("worst_queue", "", func(h *HealthRecord) *string { return &h.Worst }),
	countColumn("permits", func(h *HealthRecord) *int { return &h.Permits }),
	countColumn("permits_revoked", func(h *HealthRecord) *int { return &h.Revoked }),
	countColumn("permits_in_use", func(h *HealthRecord) *int { return &h.InUse }),
	countColumn("permits_available", func(h *HealthRecord) *int { return &h.Available }),
	countColumn("permits_refused", func(h *HealthRecord) *uint64 { return &h.PermitsRefused }),
	countColumn("refused_by_gate", func(h *HealthRecord) *uint64 { return &h.RefusedByGate }),
	countColumn("refused_by_wait", func(h *HealthRecord) *uint64 { return &h.RefusedByWait }),
	countColumn("refused_full", func(h *HealthRecord) *uint64 { return &h.RefusedFull }),
	countColumn("service_crashes", func(h *HealthRecord) *uint64 { return &h.Crashes }),
	countColumn("entries", func(h *HealthRecord) *uint64 { return &h.Entries }),
}}

// momentColumn is when a line was written.
func momentColumn[T any](of func(*T) *time.Duration) csvColumn[T] {
	return csvColumn[T]{"time_ms", "",
		func(dst []byte, line *T) []byte { return strconv.AppendInt(dst, of(line).Milliseconds(), 10) },
		func(line *T, cell string) error {
			ms, err := figure(cell)
			if err == nil && ms > float64(maxRun/time.Millisecond) {
				err = strconv.ErrRange
			}
			*of(line) = time.Duration(ms) * time.Millisecond
			return err
		},
	}
}

// HealthLog writes both records as a run goes on. It belongs to one goroutine.
// Writing is buffered; errors are kept for Close. A nil HealthLog records
// nothing. Whatever nodes say of themselves, what is written can be read.
type HealthLog struct {
	queues, health *bufio.Writer
	line           []byte
}

// logFileBytes is how much is written at a time.
const logFileBytes = 64 << 10

// NewHealthLog begins both records with their headers.
func NewHealthLog(queues, health io.Writer) *HealthLog {
	l := &HealthLog{queues: bufio.NewWriterSize(queues, logFileBytes), health: bufio.NewWriterSize(health, logFileBytes)}
	l.queues.Write(queuesTable.header())
	l.health.Write(healthTable.header())
	return l
}

// Queue records a queue.
func (l *HealthLog) Queue(q *QueueRecord) {
	if l != nil {
		l.line = queuesTable.append(l.line[:0], q)
		l.queues.Write(l.line)
	}
}

// Health records a node.
func (l *HealthLog) Health(h *HealthRecord) {
	if l != nil {
		l.line = healthTable.append(l.line[:0], h)
		l.health.Write(l.line)
	}
}

// Close writes what is buffered. It returns the first error there was.
func (l *HealthLog) Close() error {
	if l == nil {
		return nil
	}
	if err := cmp.Or(l.queues.Flush(), l.health.Flush()); err != nil {
		return fmt.Errorf("run: write the nodes' health: %w", err)
	}
	return nil
}

// ErrHealth is wrapped by the errors of ReadQueues and ReadHealth about a
// file's content.
var ErrHealth = errors.New("not a record of the nodes' health")

// ReadQueues reads queues.csv. A last line that is cut off is left out.
func ReadQueues(r io.Reader) (out []QueueRecord, err error) {
	return readHealthLines(r, &queuesTable, func(q *QueueRecord) []*string { return []*string{&q.Node, &q.Name} })
}

// ReadHealth reads health.csv as ReadQueues reads its file.
func ReadHealth(r io.Reader) (out []HealthRecord, err error) {
	return readHealthLines(r, &healthTable, func(h *HealthRecord) []*string { return []*string{&h.Node, &h.Worst} })
}

// readHealthLines reads all lines. Their texts are few, and held once each.
func readHealthLines[T any](r io.Reader, t *csvTable[T], texts func(*T) []*string) (out []T, err error) {
	known := map[string]string{}
	_, err = t.read(r, func(line *T) error {
		for _, text := range texts(line) {
			if _, ok := known[*text]; !ok {
				clone := strings.Clone(*text)
				known[clone] = clone
			}
			*text = known[*text]
		}
		out = append(out, *line)
		return nil
	})
	switch {
	case isContent(err):
		return nil, fmt.Errorf("run: %w: %w", ErrHealth, err)
	case err != nil:
		return nil, fmt.Errorf("run: read the nodes' health: %w", err)
	}
	return out, nil
}

// Overwhelmed is a time for which a component of a node could not keep up: its
// queue was unhealthy, or requests were refused for its sake.
type Overwhelmed struct {
	Node      string `json:"node"`
	Queue     string `json:"queue"`
	From      Millis `json:"from_ms"`
	To        Millis `json:"to_ms"`              // as last seen; nodes are asked once a second
	Unhealthy Millis `json:"worst_unhealthy_ms"` // 0: refusals kept it healthy
	Deepest   int    `json:"deepest"`            // items, as seen
	Refused   uint64 `json:"refused"`            // broadcasts meanwhile
}
