package run

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ErrNoRuns is wrapped by ReadRunsCSV when a file is no runs.csv.
var ErrNoRuns = errors.New("this is no runs.csv of a sweep")

// ErrCutOff is wrapped by ReadRunsCSV when a file ends in the middle of a line.
// The rows before it come with the error.
var ErrCutOff = errors.New("runs.csv ends in the middle of a line")

// field is a column of runs.csv that is not a figure. An empty cell is the zero
// value of what it fills.
type field struct {
	Column
	get func(*Row) string
	set func(*Row, string) error
}

func textField(name, meaning string, of func(*Row) *string) field {
	return field{Column{name, meaning},
		func(r *Row) string { return *of(r) },
		func(r *Row, cell string) error { *of(r) = cell; return nil },
	}
}

func wholeField(name, meaning string, of func(*Row) *int) field {
	return field{Column{name, meaning},
		func(r *Row) string {
			if *of(r) == 0 {
				return ""
			}
			return strconv.Itoa(*of(r))
		},
		func(r *Row, cell string) (err error) { *of(r), err = strconv.Atoi(cell); return err },
	}
}

func millisField(name, meaning string, of func(*Row) *Millis) field {
	return field{Column{name, meaning},
		func(r *Row) string { return strings.TrimSuffix(of(r).flag(), "ms") },
		func(r *Row, cell string) error { return of(r).UnmarshalJSON([]byte(cell)) },
	}
}

func verdictField(name, meaning string, of func(*Row) *Verdict) field {
	return field{Column{name, meaning},
		func(r *Row) string { return of(r).String() },
		func(r *Row, cell string) error { return of(r).parse([]byte(cell)) },
	}
}

// fields are the columns before the figures, in their order.
var fields = []field{
	textField("workload", "what clients asked for", func(r *Row) *string { return &r.Workload }),
	textField("driver", "virtual or process", func(r *Row) *string { return &r.Driver }),
	textField("bin", "file name of the node's program, if it was a process", func(r *Row) *string { return &r.Bin }),
	wholeField("node_count", "nodes", func(r *Row) *int { return &r.NodeCount }),
	textField("num_children", "--num-children of the nodes: fan-out of the tree", func(r *Row) *string { return &r.NumChildren }),
	textField("rounds", "--rounds of the nodes", func(r *Row) *string { return &r.Rounds }),
	millisField("sync_period_ms", "--sync-period of the nodes", func(r *Row) *Millis { return &r.SyncPeriod }),
	millisField("latency_target_ms", "--latency-target of the nodes, instead of a period", func(r *Row) *Millis { return &r.LatencyTarget }),
	textField("args", "further arguments of the nodes", func(r *Row) *string { return &r.Args }),
	{Column{"rate_per_second", "operations per second"},
		func(r *Row) string { return nonzero(r.Rate) },
		func(r *Row, cell string) (err error) { r.Rate, err = finite(cell); return err }},
	wholeField("concurrency", "clients", func(r *Row) *int { return &r.Concurrency }),
	millisField("time_limit_ms", "length of the load", func(r *Row) *Millis { return &r.TimeLimit }),
	millisField("quiet_ms", "quiet between the load and the final reads", func(r *Row) *Millis { return &r.Quiet }),
	millisField("latency_ms", "mean latency between nodes", func(r *Row) *Millis { return &r.Latency }),
	textField("latency_dist", "its distribution", func(r *Row) *string { return &r.LatencyDist }),
	textField("topology", "neighbours that a topology request names", func(r *Row) *string { return &r.Topology }),
	textField("nemesis", "faults", func(r *Row) *string { return &r.Nemesis }),
	millisField("nemesis_interval_ms", "mean time between the steps of the nemesis", func(r *Row) *Millis { return &r.NemesisInterval }),
	textField("availability", "goal of --availability", func(r *Row) *string { return &r.Availability }),
	textField("other", "settings that have no column, as key=value", func(r *Row) *string { return &r.Other }),
	{Column{"seed", "seed of the run"},
		func(r *Row) string { return strconv.FormatUint(r.Seed, 10) },
		func(r *Row, cell string) (err error) { r.Seed, err = strconv.ParseUint(cell, 10, 64); return err }},
	verdictField("valid", "Maelstrom's verdict: true, false or unknown", func(r *Row) *Verdict { return &r.Valid }),
	verdictField("strict", "our stricter verdict", func(r *Row) *Verdict { return &r.Strict }),
	textField("passed", "challenges whose settings these are and whose bounds the run keeps", func(r *Row) *string { return &r.Passed }),
	textField("missed", "those whose bounds it does not keep", func(r *Row) *string { return &r.Missed }),
	textField("findings", "what is wrong, as kind:count", func(r *Row) *string { return &r.Findings }),
	textField("error", "why the run could not be made, or not as asked", func(r *Row) *string { return &r.Error }),
}

// RunsColumns are the columns of runs.csv, in their order. Names end in their
// unit; an empty cell says that there is no such setting or figure.
func RunsColumns() []Column {
	var out []Column
	for _, f := range fields {
		out = append(out, f.Column)
	}
	return append(out, FigureColumns()...)
}

// WriteRunsCSV writes rows as lines; the first line names the columns if header
// is set. Rows can so be appended to a file.
func WriteRunsCSV(w io.Writer, header bool, rows ...Row) error {
	out := csv.NewWriter(w)
	columns := RunsColumns()
	cells := make([]string, len(columns))
	if header {
		for i, c := range columns {
			cells[i] = c.Name
		}
		out.Write(cells)
	}
	for i := range rows {
		r := &rows[i]
		for at, f := range fields {
			cells[at] = f.get(r)
		}
		for at, c := range columns[len(fields):] {
			cells[len(fields)+at] = ""
			if v, ok := r.Figures[c.Name]; ok {
				cells[len(fields)+at] = spell(v)
			}
		}
		out.Write(cells)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("run: write runs.csv: %w", err)
	}
	return nil
}

// spell writes a figure as people do, without an exponent unless it is huge.
func spell(v float64) string {
	if math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// ReadRunsCSV reads what WriteRunsCSV wrote. Columns are known by their names,
// and those that are not known are left out. The error wraps ErrNoRuns or
// ErrCutOff, or names the line that cannot be read.
func ReadRunsCSV(r io.Reader) ([]Row, error) {
	text, err := io.ReadAll(withoutBOM(r))
	if err != nil {
		return nil, fmt.Errorf("run: read runs.csv: %w", err)
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	in := csv.NewReader(bytes.NewReader(whole))
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("run: %w: it has no line of column names", ErrNoRuns)
	}
	set, err := setters(header)
	if err != nil {
		return nil, err
	}
	var out []Row
	for {
		start := in.InputOffset()
		cells, err := in.Read()
		if err == io.EOF {
			break
		}
		if errors.Is(err, csv.ErrQuote) && bytes.Count(whole[start:], []byte(`"`))%2 == 1 {
			// A text of several lines was cut off after one of them.
			return out, fmt.Errorf("run: %w", ErrCutOff)
		}
		if err != nil {
			return out, fmt.Errorf("run: runs.csv: %w", err)
		}
		row := Row{Figures: map[string]float64{}}
		for at, cell := range cells {
			if set[at] == nil || cell == "" {
				continue
			}
			if err := set[at](&row, cell); err != nil {
				line, _ := in.FieldPos(at)
				return out, fmt.Errorf("run: runs.csv: line %d: %s is %q: %w", line, header[at], cell, err)
			}
		}
		out = append(out, row)
	}
	if len(whole) < len(text) {
		return out, fmt.Errorf("run: %w", ErrCutOff)
	}
	return out, nil
}

// finite reads a number. What is none, or has no end, would spoil every figure
// that it is put together with.
func finite(cell string) (float64, error) {
	v, err := strconv.ParseFloat(cell, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

// setters returns for every column of a file what a cell of it sets; nil for
// columns that are not known.
func setters(header []string) ([]func(*Row, string) error, error) {
	known := map[string]func(*Row, string) error{}
	for _, f := range fields {
		if !slices.Contains(header, f.Name) {
			return nil, fmt.Errorf("run: %w: there is no column %q", ErrNoRuns, f.Name)
		}
		known[f.Name] = f.set
	}
	for _, c := range FigureColumns() {
		known[c.Name] = func(r *Row, cell string) error {
			v, err := finite(cell)
			if err == nil && (v < 0 || v > maxFigure) {
				err = strconv.ErrRange
			}
			r.Figures[c.Name] = v
			return err
		}
	}
	out := make([]func(*Row, string) error, len(header))
	for at, name := range header {
		out[at] = known[name]
	}
	return out, nil
}
