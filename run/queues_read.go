package run

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// QueueRecord is a line of queues.csv.
type QueueRecord struct {
	At   time.Duration
	Node string
	QueueSample
}

// HealthRecord is a line of health.csv.
type HealthRecord struct {
	At   time.Duration
	Node string
	HealthSample
}

// ErrHealth is wrapped by the errors of ReadQueues and ReadHealth about a
// file's content.
var ErrHealth = errors.New("not a record of the nodes' health")

// ReadQueues reads queues.csv. Columns are known by their names; those that are
// not known are left out, and those that are missing stay 0. A last line that is
// cut off is left out, too.
func ReadQueues(r io.Reader) (out []QueueRecord, err error) {
	err = readHealthLines(r, []string{"time_ms", "node", "queue", "depth", "preferred"}, func(c *healthCells) {
		record := QueueRecord{At: c.at(), Node: c.text("node"), QueueSample: QueueSample{
			Name: c.text("queue"), Depth: int(c.whole("depth")), Preferred: int(c.whole("preferred")), Capacity: int(c.whole("capacity")),
			HighWater: int(c.whole("high_water")), In: uint64(c.whole("in")), Out: uint64(c.whole("out")),
			Rejected: uint64(c.whole("rejected")), Lost: uint64(c.whole("lost")),
			OldestMS: c.whole("oldest_ms"), WaitMS: c.whole("wait_ms"), DepletionPerSecond: c.number("depletion_per_second"), UnhealthyMS: c.whole("unhealthy_ms"),
		}}
		if c.err == nil {
			out = append(out, record)
		}
	})
	return out, err
}

// ReadHealth reads health.csv as ReadQueues reads its file.
func ReadHealth(r io.Reader) (out []HealthRecord, err error) {
	err = readHealthLines(r, []string{"time_ms", "node", "unhealthy_ms"}, func(c *healthCells) {
		record := HealthRecord{At: c.at(), Node: c.text("node"), HealthSample: HealthSample{
			UnhealthyMS: c.whole("unhealthy_ms"), Worst: c.text("worst_queue"),
			Permits: int(c.whole("permits")), Revoked: int(c.whole("permits_revoked")), InUse: int(c.whole("permits_in_use")), Available: int(c.whole("permits_available")),
			PermitsRefused: uint64(c.whole("permits_refused")), RefusedByGate: uint64(c.whole("refused_by_gate")),
			RefusedByWait: uint64(c.whole("refused_by_wait")), RefusedFull: uint64(c.whole("refused_full")),
			Crashes: uint64(c.whole("service_crashes")), Entries: uint64(c.whole("entries")),
		}}
		if c.err == nil {
			out = append(out, record)
		}
	})
	return out, err
}

// healthCells are the cells of one line.
type healthCells struct {
	columns map[string]int
	cells   []string
	names   map[string]string // texts, each held once
	err     error
}

func (c *healthCells) cell(column string) string {
	if i, ok := c.columns[column]; ok && i < len(c.cells) {
		return c.cells[i]
	}
	return ""
}

func (c *healthCells) text(column string) string {
	cell := c.cell(column)
	known, ok := c.names[cell]
	if !ok {
		known = strings.Clone(cell)
		c.names[known] = known
	}
	return known
}

// number reads a figure; none of them is negative.
func (c *healthCells) number(column string) float64 {
	cell := c.cell(column)
	if cell == "" {
		return 0
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || !(v >= 0) || v > maxFigure {
		c.err = fmt.Errorf("%s is %q", column, cell)
		return 0
	}
	return v
}

func (c *healthCells) whole(column string) int64 { return int64(c.number(column)) }

func (c *healthCells) at() time.Duration {
	ms := c.whole("time_ms")
	if ms > maxRunMicros/1000 {
		c.err = fmt.Errorf("time_ms is %d", ms)
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// readHealthLines hands every line to take, whose complaint is an error unless
// the line is the last one.
func readHealthLines(r io.Reader, needed []string, take func(*healthCells)) error {
	in := csv.NewReader(withoutBOM(r))
	in.ReuseRecord, in.FieldsPerRecord = true, -1
	header, err := in.Read()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, csv.ErrQuote) && !errors.Is(err, csv.ErrBareQuote) {
		return fmt.Errorf("run: read the nodes' health: %w", err)
	}
	c := &healthCells{columns: map[string]int{}, names: map[string]string{}}
	for i, name := range header {
		c.columns[strings.Clone(name)] = i
	}
	width := len(header)
	for _, name := range needed {
		if _, ok := c.columns[name]; !ok {
			return fmt.Errorf("run: %w: there is no column %q", ErrHealth, name)
		}
	}
	for line := 2; ; line++ {
		cells, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case c.err != nil:
			return fmt.Errorf("run: %w: line %d: %w", ErrHealth, line-1, c.err)
		case err != nil && !errors.Is(err, csv.ErrQuote) && !errors.Is(err, csv.ErrBareQuote):
			return fmt.Errorf("run: read the nodes' health: %w", err)
		case err != nil:
			c.err = err
			continue
		}
		if len(cells) != width {
			c.err = fmt.Errorf("%d fields, not %d", len(cells), width)
			continue
		}
		c.cells = cells
		take(c)
	}
}
