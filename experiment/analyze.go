package experiment

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"treecast/checker"
	"treecast/run"
	"treecast/testbed/session"
	"treecast/workload"
	"treecast/workload/all"
)

// Analysis is a stored history, judged again.
type Analysis struct {
	Results *run.Results
	// Stored is what stands beside the history, nil for nothing, and Differences
	// where the two differ.
	Stored      *run.Results
	StoredPath  string
	Differences []string
}

// Question is what Analyze is asked, beside the path. What is empty or 0 is taken
// from the files beside the history, as far as they tell.
type Question struct {
	Workload          string
	ConsistencyModels run.CommaList
	Availability      string
	NodeCount         int
	Concurrency       string
}

// The files of a run that are looked for.
const (
	historyFile    = "history.edn"
	resultsFile    = "results.json"
	resultsEDNFile = "results.edn"
)

// ErrNoHistory is wrapped by Analyze's errors about a path with no history.
var ErrNoHistory = errors.New("no history.edn")

// Analyze judges a stored history: of treecast, or of real Maelstrom. The path is
// the history, plain or gzipped, or the directory that it is in; results.edn(.gz),
// results.json and a file called command are looked for beside it.
func Analyze(path string, q Question) (*Analysis, error) {
	file, err := historyAt(path)
	if err != nil {
		return nil, err
	}
	h, err := readHistory(file)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(file)
	out := &Analysis{}
	settings := run.Spec{}
	if stored, err := run.ReadFolder(dir); err == nil && stored.Results != nil {
		settings = stored.Results.Settings
		out.Stored, out.StoredPath = stored.Results, filepath.Join(dir, resultsFile)
	}
	edn, ednPath, err := storedEDN(dir)
	if err != nil {
		return nil, err
	}
	if edn != nil && out.Stored == nil {
		out.Stored, out.StoredPath = edn, ednPath
	}
	if out.Stored == nil || settings.Workload == "" {
		fromCommand(&settings, filepath.Join(dir, "command"))
	}
	w, options, goal, err := q.apply(&settings, file)
	if err != nil {
		return nil, err
	}
	results := w.Judge(h, workload.Record{Input: workload.Input{Options: options}, Settings: settings, Goal: goal})
	if edn != nil {
		results.Net = edn.Net // messages are not in a history
	} else if out.Stored != nil {
		results.Net = out.Stored.Net
	}
	results.Strict.Unasked = strings.TrimPrefix(results.Strict.Unasked+"; what nodes printed and how they ended was not seen", "; ")
	if results.Strict.Valid == run.Valid {
		results.Strict.Valid = run.Unknown
	}
	out.Results = &results
	if out.Stored != nil {
		out.Differences = differ(out.Stored, &results)
	}
	return out, nil
}

// historyAt finds the history that a path means.
func historyAt(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return path, nil
	}
	for _, name := range []string{historyFile, historyFile + ".gz"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return filepath.Join(path, name), nil
		}
	}
	return "", fmt.Errorf("%s: %w in it, nor a gzipped one", path, ErrNoHistory)
}

// openPlain opens a file, and unzips it if it is gzipped.
func openPlain(path string, maxBytes int64) (io.ReadCloser, error) {
	file, err := run.Open(path, maxBytes)
	if err != nil || !strings.HasSuffix(path, ".gz") {
		return file, err
	}
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(unzipped, maxBytes), file}, nil
}

func readHistory(path string) (run.History, error) {
	file, err := openPlain(path, run.MaxTraceBytes)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	h, err := run.ReadHistoryEDN(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := range h {
		h[i].Index = i // as checkers count
	}
	return h, nil
}

// storedEDN reads a results.edn of Maelstrom's shape, if there is one.
func storedEDN(dir string) (*run.Results, string, error) {
	for _, name := range []string{resultsEDNFile, resultsEDNFile + ".gz"} {
		path := filepath.Join(dir, name)
		file, err := openPlain(path, run.MaxRecordBytes)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		defer file.Close()
		r, err := run.ReadResultsEDN(file)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", path, err)
		}
		return r, path, nil
	}
	return nil, "", nil
}

// fromCommand takes settings from a command line of Maelstrom's that somebody has
// kept beside a history; a file that is none tells nothing.
func fromCommand(s *run.Spec, path string) {
	text, err := run.ReadFile(path, 1<<16)
	if err != nil {
		return
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	words := strings.Fields(string(line))
	for i := 0; i+1 < len(words); i++ {
		switch value := words[i+1]; words[i] {
		case "-w", "--workload":
			s.Workload = value
		case "--availability":
			s.Availability = value
		case "--node-count":
			s.NodeCount, _ = strconv.Atoi(value)
		case "--concurrency":
			if _, err := session.ParseConcurrency(value, 1); err == nil {
				s.Concurrency = run.Clients(value)
			}
		case "--consistency-models":
			s.ConsistencyModels = run.CommaList(value)
		}
	}
}

// apply puts what was asked for in the place of what the files say.
func (q *Question) apply(s *run.Spec, file string) (w *workload.Workload, o workload.Options, goal checker.AvailabilityGoal, err error) {
	if q.Workload != "" {
		s.Workload = q.Workload
	}
	if s.Workload == "" { // Maelstrom keeps runs in store/WORKLOAD/TIME
		abs, _ := filepath.Abs(file)
		s.Workload = filepath.Base(filepath.Dir(filepath.Dir(abs)))
		if _, err := all.Named(s.Workload); err != nil {
			return nil, o, goal, fmt.Errorf("nothing beside %s says which workload it is of: name it with -w, one of %s", file, strings.Join(all.Names(), ", "))
		}
	}
	if w, err = all.Named(s.Workload); err != nil {
		return nil, o, goal, err
	}
	if q.Availability != "" {
		s.Availability = q.Availability
	}
	if goal, err = checker.ParseAvailability(s.Availability); err != nil {
		return nil, o, goal, err
	}
	if q.ConsistencyModels != "" {
		s.ConsistencyModels = q.ConsistencyModels
	}
	if q.NodeCount > 0 {
		s.NodeCount = q.NodeCount
	}
	if q.Concurrency != "" {
		s.Concurrency = run.Clients(q.Concurrency)
	}
	o = workload.Options{ConsistencyModel: s.ConsistencyModels.Split()}
	if s.Concurrency != "" {
		if o.Concurrency, err = session.ParseConcurrency(string(s.Concurrency), max(1, s.NodeCount)); err != nil {
			return nil, o, goal, err
		}
		s.Concurrency = run.Clients(strconv.Itoa(o.Concurrency))
	}
	if s.NodeCount > 0 && s.NodeCount <= session.MaxNodes {
		o.Nodes = session.NodeNames(s.NodeCount)
	}
	if s.Nodes != "" {
		o.Nodes = s.Nodes.Split()
	}
	if o.Concurrency == 0 {
		o.Concurrency = len(o.Nodes)
	}
	if w.Accepts != nil && len(o.ConsistencyModel) > 0 {
		err = w.Accepts(o)
	}
	return w, o, goal, err
}

// differ says where two verdicts on a run differ, in Maelstrom's part.
func differ(stored, now *run.Results) (out []string) {
	say := func(what string, theirs, ours any) {
		if a, b := fmt.Sprint(theirs), fmt.Sprint(ours); a != b {
			out = append(out, fmt.Sprintf("%s: stored %.200s, now %.200s", what, a, b))
		}
	}
	say("valid?", stored.Valid, now.Valid)
	say("stats", stored.Stats.Counts, now.Stats.Counts)
	say("ok-fraction", stored.Availability.OKFraction, now.Availability.OKFraction)
	say("workload", stored.Workload.Valid, now.Workload.Valid)
	if a, b := stored.Workload.SetFull, now.Workload.SetFull; a != nil && b != nil {
		say("attempt-count", a.AttemptCount, b.AttemptCount)
		say("stable-count", a.StableCount, b.StableCount)
		say("lost-count", a.LostCount, b.LostCount)
		say("never-read-count", a.NeverReadCount, b.NeverReadCount)
		say("stable-latencies", a.StableLatencies, b.StableLatencies)
	}
	evidence := []string{"error", "errors", "results", "anomalies"} // which may be shown otherwise
	for _, f := range stored.Workload.Figures {
		theirs, isValue := f.Value.(run.Value)
		if !isValue || slices.Contains(evidence, f.Key) || len(theirs) > 200 {
			continue
		}
		ours, err := run.Figures{{Key: f.Key, Value: now.Workload.Figures.Get(f.Key)}}.MarshalJSON()
		if err == nil {
			say(f.Key, string(theirs), string(bytes.TrimSuffix(ours[len(f.Key)+4:], []byte("}"))))
		}
	}
	return out
}
