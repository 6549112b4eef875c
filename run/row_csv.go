package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// ErrNoRuns is wrapped by ReadRunsCSV when a file is no runs.csv.
var ErrNoRuns = errors.New("this is no runs.csv of a sweep")

// ErrCutOff is wrapped by ReadRunsCSV when a file ends in the middle of a line.
// The rows before it come with the error.
var ErrCutOff = errors.New("runs.csv ends in the middle of a line")

// specColumns are the columns of a Spec, in their order.
var specColumns = strings.Fields("workload driver bin node_count num_children rounds sync_period_ms latency_target_ms args rate_per_second " +
	"concurrency time_limit_ms quiet_ms latency_ms latency_dist topology nemesis nemesis_interval_ms availability")

// runsTable is runs.csv. A cell is empty if there is no such setting or figure.
var runsTable = func() *csvTable[Row] {
	t := &csvTable[Row]{}
	for _, name := range specColumns {
		at := slices.IndexFunc(specFields, func(f specField) bool { return f.column == name })
		t.Columns = append(t.Columns, specFields[at].asColumn())
	}
	verdict := func(name, meaning string, of func(*Row) *Verdict) csvColumn[Row] {
		return csvColumn[Row]{name, meaning,
			func(dst []byte, r *Row) []byte { return append(dst, of(r).String()...) },
			func(r *Row, cell string) error { return of(r).parse([]byte(cell)) },
		}
	}
	t.Columns = append(t.Columns,
		csvColumn[Row]{"other", "settings that have no column, as key=value",
			func(dst []byte, r *Row) []byte { return appendCell(dst, r.Spec.Others()) },
			func(r *Row, cell string) error { r.Spec.setOthers(cell); return nil },
		},
		csvColumn[Row]{"seed", "seed of the run",
			func(dst []byte, r *Row) []byte { return strconv.AppendUint(dst, r.Seed, 10) },
			func(r *Row, cell string) (err error) { r.Seed, err = strconv.ParseUint(cell, 10, 64); return err },
		},
		verdict("valid", "Maelstrom's verdict: true, false or unknown", func(r *Row) *Verdict { return &r.Valid }),
		verdict("strict", "our stricter verdict", func(r *Row) *Verdict { return &r.Strict }),
		textColumn("passed", "challenges whose settings these are and whose bounds the run keeps", func(r *Row) *string { return &r.Passed }),
		textColumn("missed", "those whose bounds it does not keep", func(r *Row) *string { return &r.Missed }),
		textColumn("findings", "what is wrong, as kind:count", func(r *Row) *string { return &r.Findings }),
		textColumn("error", "why the run could not be made, or not as asked", func(r *Row) *string { return &r.Error }),
	)
	t.Needed = len(t.Columns)
	for _, f := range figures {
		t.Columns = append(t.Columns, csvColumn[Row]{f.Name, f.Meaning,
			func(dst []byte, r *Row) []byte {
				if v, ok := r.Figures[f.Name]; ok {
					dst = appendNumber(dst, v)
				}
				return dst
			},
			func(r *Row, cell string) error {
				v, err := figure(cell)
				if r.Figures == nil {
					r.Figures = map[string]float64{}
				}
				r.Figures[f.Name] = v
				return err
			},
		})
	}
	return t
}()

// asColumn is the field as a column of runs.csv.
func (f *specField) asColumn() csvColumn[Row] {
	return csvColumn[Row]{f.column, f.meaning,
		func(dst []byte, r *Row) []byte {
			if millis, ok := f.of(&r.Spec).Interface().(Millis); ok && millis != 0 {
				return append(dst, millis.number()...)
			}
			return appendCell(dst, f.text(&r.Spec))
		},
		func(r *Row, cell string) (err error) {
			v := f.of(&r.Spec)
			switch to := v.Addr().Interface().(type) {
			case *Millis:
				return to.UnmarshalJSON([]byte(cell))
			case *int:
				*to, err = strconv.Atoi(cell)
				return err
			case *float64:
				*to, err = finite(cell)
				return err
			case *Clients:
				if _, err = strconv.Atoi(cell); err != nil {
					return err
				}
			}
			v.SetString(cell)
			return nil
		},
	}
}

// Others are the settings that have no column and are not 0, as key=value with the
// value as in JSON, separated by blanks: a run with a fault that readers know
// nothing of is not to be taken for one without.
func (s *Spec) Others() string {
	var out []string
	for i := range specFields {
		f := &specFields[i]
		if v := f.of(s); f.key != "" && f.column == "" && f.key != "seed" && !v.IsZero() {
			value, err := json.Marshal(v.Interface())
			if err != nil {
				value = []byte(err.Error()) // a rate that is no number; never equal to what can be run
			}
			out = append(out, f.key+"="+string(value))
		}
	}
	slices.Sort(out)
	if s.Unknown != "" {
		out = append(out, s.Unknown)
	}
	return strings.Join(out, " ")
}

// setOthers reads what Others says. What it does not know is kept as it is.
func (s *Spec) setOthers(text string) {
	var unknown []string
	for rest, more := text, true; more; {
		if after, ok := s.setOther(rest); ok {
			rest, more = strings.CutPrefix(after, " ")
			continue
		}
		var word string
		word, rest, more = strings.Cut(rest, " ")
		unknown = append(unknown, word)
	}
	s.Unknown = strings.Join(unknown, " ")
}

// setOther reads the setting that a text begins with, and returns what follows it;
// false if it is none that is known.
func (s *Spec) setOther(text string) (after string, ok bool) {
	key, after, _ := strings.Cut(text, "=")
	at := slices.IndexFunc(specFields, func(f specField) bool { return f.key == key && f.column == "" && f.key != "seed" })
	if at < 0 {
		return "", false
	}
	in := json.NewDecoder(strings.NewReader(after))
	to := reflect.New(specFields[at].of(s).Type())
	if in.Decode(to.Interface()) != nil {
		return "", false
	}
	after = after[in.InputOffset():]
	if after != "" && after[0] != ' ' {
		return "", false
	}
	specFields[at].of(s).Set(to.Elem())
	return after, true
}

// RunsColumns are the names of the columns of runs.csv, in their order, and what
// each means.
func RunsColumns() (out []FigureColumn) {
	for _, c := range runsTable.Columns {
		out = append(out, FigureColumn{c.Name, c.Meaning})
	}
	return out
}

// WriteRunsCSV writes rows as lines; the first line names the columns if header
// is set. Rows can so be appended to a file.
func WriteRunsCSV(w io.Writer, header bool, rows ...Row) error {
	var text []byte
	if header {
		text = runsTable.header()
	}
	for i := range rows {
		text = runsTable.append(text, &rows[i])
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("run: write runs.csv: %w", err)
	}
	return nil
}

// ReadRunsCSV reads what WriteRunsCSV wrote. Columns are known by their names,
// and those that are not known are left out. The error wraps ErrNoRuns or
// ErrCutOff, or names the line that cannot be read.
func ReadRunsCSV(r io.Reader) ([]Row, error) {
	var out []Row
	cut, err := runsTable.read(r, func(row *Row) error {
		if row.Figures == nil {
			row.Figures = map[string]float64{}
		}
		out = append(out, *row)
		return nil
	})
	switch {
	case errors.Is(err, errColumn):
		return nil, fmt.Errorf("run: %w: %w", ErrNoRuns, err)
	case isContent(err):
		return out, fmt.Errorf("run: runs.csv: %w", err)
	case err != nil:
		return nil, fmt.Errorf("run: read runs.csv: %w", err)
	case cut:
		return out, fmt.Errorf("run: %w", ErrCutOff)
	}
	return out, nil
}
