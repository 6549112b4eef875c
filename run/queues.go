package run

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// QueuesFile and HealthFile are the names of the two records of what nodes said
// of themselves while a run went on, once a second, in the run's directory.
// Both are CSV, one line per node and moment, queues.csv one per queue as well,
// times in whole milliseconds since the start of the run:
//
//	time_ms,node,queue,depth,preferred,capacity,high_water,in,out,rejected,lost,oldest_ms,wait_ms,depletion_per_second,unhealthy_ms
//	time_ms,node,unhealthy_ms,worst_queue,permits,permits_revoked,permits_in_use,permits_available,permits_refused,refused_by_gate,refused_by_wait,refused_full,service_crashes,entries
//
// Depth is items waiting or in hand, preferred the depth above which the queue
// is unhealthy, capacity the depth that it never exceeds; in, out, rejected, lost and what was refused are counts since
// the node's start. oldest_ms is how long the next item has waited, wait_ms how
// long a new one is expected to; unhealthy_ms for how long the queue, or the
// worst of the node, has been unhealthy without a break.
const (
	QueuesFile = "queues.csv"
	HealthFile = "health.csv"
)

const (
	queuesHeader = "time_ms,node,queue,depth,preferred,capacity,high_water,in,out,rejected,lost,oldest_ms,wait_ms,depletion_per_second,unhealthy_ms\n"
	healthHeader = "time_ms,node,unhealthy_ms,worst_queue,permits,permits_revoked,permits_in_use,permits_available,permits_refused,refused_by_gate,refused_by_wait,refused_full,service_crashes,entries\n"
)

// QueueSample is what a queue of a node was like at one moment.
type QueueSample struct {
	Name               string
	Depth, Preferred   int
	Capacity           int // it is never deeper
	HighWater          int
	In, Out            uint64
	Rejected, Lost     uint64
	OldestMS, WaitMS   int64
	DepletionPerSecond float64
	UnhealthyMS        int64
}

// HealthSample is what a node said of itself at one moment.
type HealthSample struct {
	UnhealthyMS                               int64
	Worst                                     string
	Permits, Revoked, InUse, Available        int
	PermitsRefused                            uint64
	RefusedByGate, RefusedByWait, RefusedFull uint64
	Crashes, Entries                          uint64
}

// HealthLog writes both records as a run goes on. It belongs to one goroutine.
// Writing is buffered; errors are kept for Close. A nil HealthLog records
// nothing. Whatever nodes say of themselves, what is written can be read: a
// figure beyond 0 to 2^53 is written as the nearer end.
type HealthLog struct {
	queues, health logFile
}

// logFile is one of them.
type logFile struct {
	to  io.Writer
	buf []byte
	err error
}

// maxFigure is the largest figure: every reader keeps it exact.
const maxFigure = 1 << 53

// logFileBytes is how much is written at a time.
const logFileBytes = 64 << 10

// NewHealthLog begins both records with their headers.
func NewHealthLog(queues, health io.Writer) *HealthLog {
	return &HealthLog{
		queues: logFile{to: queues, buf: []byte(queuesHeader)},
		health: logFile{to: health, buf: []byte(healthHeader)},
	}
}

// Queue records a queue.
func (l *HealthLog) Queue(now time.Duration, node string, s *QueueSample) {
	if l == nil {
		return
	}
	f := &l.queues
	f.begin(now, node)
	f.text(s.Name)
	f.ints(int64(s.Depth), int64(s.Preferred), int64(s.Capacity), int64(s.HighWater))
	f.counts(s.In, s.Out, s.Rejected, s.Lost)
	f.ints(s.OldestMS, s.WaitMS)
	f.number(s.DepletionPerSecond)
	f.ints(s.UnhealthyMS)
	f.end()
}

// Health records a node.
func (l *HealthLog) Health(now time.Duration, node string, s *HealthSample) {
	if l == nil {
		return
	}
	f := &l.health
	f.begin(now, node)
	f.ints(s.UnhealthyMS)
	f.text(s.Worst)
	f.ints(int64(s.Permits), int64(s.Revoked), int64(s.InUse), int64(s.Available))
	f.counts(s.PermitsRefused, s.RefusedByGate, s.RefusedByWait, s.RefusedFull, s.Crashes, s.Entries)
	f.end()
}

// Close writes what is buffered. It returns the first error there was.
func (l *HealthLog) Close() error {
	if l == nil {
		return nil
	}
	for _, f := range []*logFile{&l.queues, &l.health} {
		f.flush()
		if f.err != nil {
			return fmt.Errorf("run: write the nodes' health: %w", f.err)
		}
	}
	return nil
}

func (f *logFile) begin(now time.Duration, node string) {
	f.buf = strconv.AppendInt(f.buf, now.Milliseconds(), 10)
	f.text(node)
}

func (f *logFile) text(s string) { f.buf = appendCSV(append(f.buf, ','), s) }

func (f *logFile) ints(all ...int64) {
	for _, n := range all {
		f.buf = strconv.AppendInt(append(f.buf, ','), min(max(n, 0), maxFigure), 10)
	}
}

func (f *logFile) counts(all ...uint64) {
	for _, n := range all {
		f.ints(int64(min(n, maxFigure)))
	}
}

// number appends a figure; what is no number is 0.
func (f *logFile) number(v float64) {
	if !(v >= 0) {
		v = 0
	}
	f.buf = strconv.AppendFloat(append(f.buf, ','), min(v, maxFigure), 'f', -1, 64)
}

func (f *logFile) end() {
	f.buf = append(f.buf, '\n')
	if len(f.buf) >= logFileBytes {
		f.flush()
	}
}

func (f *logFile) flush() {
	if f.err == nil {
		_, f.err = f.to.Write(f.buf)
	}
	f.buf = f.buf[:0]
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
