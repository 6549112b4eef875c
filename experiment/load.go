package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"treecast/analysis"
	"treecast/checker"
	"treecast/run"
)

// Files of a run that Load reads, the fuller one first.
var resultFiles = []string{"results.json", "results.edn"}

// whatToGive ends errors about paths that are nothing to compare.
const whatToGive = "give a results.json, a results.edn of Maelstrom or treecast, the folder of a run or of several runs, or the folder of a sweep"

// Load reads what a path leads to: a results.json or results.edn, the folder of
// a run, a folder with several of those, or a sweep. The error says what to do
// next.
func Load(path string) (analysis.Entry, error) {
	entry := analysis.Entry{Name: path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return entry, fmt.Errorf("there is no %s; %s", path, whatToGive)
	case err != nil:
		return entry, fmt.Errorf("%s cannot be read: %w", path, err)
	case !info.IsDir() && (filepath.Base(path) == run.RunsFile || filepath.Base(path) == run.SweepFile):
		return entry, loadSweep(&entry, filepath.Dir(path))
	case !info.IsDir():
		return entry, loadRun(&entry, path)
	case isFile(filepath.Join(path, run.RunsFile)):
		return entry, loadSweep(&entry, path)
	}
	if file := resultsIn(path); file != "" {
		return entry, loadRun(&entry, file)
	}
	return entry, loadRuns(&entry, path)
}

// LoadResults reads the results of one run: a file, or the folder that has it.
func LoadResults(path string) (*run.Results, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no %s; give a results.json, a results.edn, or the folder of a run", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	case !info.IsDir():
		return readResults(path)
	}
	if file := resultsIn(path); file != "" {
		return readResults(file)
	}
	advice := "give a results.json, a results.edn, or the folder of a run"
	if isFile(filepath.Join(path, run.RunsFile)) {
		advice = "it is a sweep: see its summary.md, or 'treecast compare'"
	}
	return nil, fmt.Errorf("%s has no results of a run; %s", path, advice)
}

// Judge judges a run by the challenges of the given names, whatever its settings
// are, or, without names, by those whose settings it has.
func Judge(r *run.Results, names ...string) ([]run.Challenge, error) {
	if len(names) == 0 {
		return checker.Challenges(r), nil
	}
	var out []run.Challenge
	for _, name := range names {
		c, ok := checker.JudgeAs(r, name)
		if !ok {
			return nil, fmt.Errorf("there is no challenge %q; there are %s", name, strings.Join(checker.ChallengeNames(), ", "))
		}
		out = append(out, c)
	}
	return out, nil
}

// BroadcastChallengeNames are those of broadcasts.
func BroadcastChallengeNames() []string { return checker.BroadcastChallengeNames() }

// IsBroadcast says whether a run is of the workload that the challenges are of.
func IsBroadcast(r *run.Results) bool { return checker.IsBroadcast(r) }

func loadRun(entry *analysis.Entry, file string) error {
	r, err := readResults(file)
	if err != nil {
		return err
	}
	entry.Rows = append(entry.Rows, run.RowOf(r))
	switch {
	case r.Settings.Workload == "": // EDN has no settings
		entry.Note = "a results.edn has no settings, so nothing says whether they are the others'"
	case entry.Version == "":
		entry.Version = r.Version
	case !strings.Contains(entry.Version, r.Version):
		entry.Version += " and " + r.Version
	}
	return nil
}

// loadRuns reads a folder of folders of runs. Links, such as latest, lead to
// runs that are there anyway.
func loadRuns(entry *analysis.Entry, dir string) error {
	items, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", dir, err)
	}
	for _, item := range items {
		if !item.IsDir() {
			continue
		}
		if file := resultsIn(filepath.Join(dir, item.Name())); file != "" {
			if err := loadRun(entry, file); err != nil {
				return err
			}
		}
	}
	if len(entry.Rows) == 0 {
		return fmt.Errorf("%s has no results of any run; %s", dir, whatToGive)
	}
	return nil
}

func loadSweep(entry *analysis.Entry, dir string) error {
	f, err := run.ReadSweepFolder(dir)
	switch {
	case errors.Is(err, run.ErrNoRun):
		return fmt.Errorf("%w; go on with the sweep by 'treecast sweep ... --resume'", err)
	case err != nil:
		return err
	case f.CutOff:
		return fmt.Errorf("%s: %w; 'treecast sweep ... --resume' with the sweep's own command makes it whole", filepath.Join(dir, run.RunsFile), run.ErrCutOff)
	case len(f.Rows) == 0:
		return fmt.Errorf("%s has no run yet; let the sweep go on", filepath.Join(dir, run.RunsFile))
	}
	entry.Rows, entry.Note = f.Rows, strings.Join(f.Missing, "; ")
	if f.Record != nil {
		entry.Version = f.Record.Version
	}
	return nil
}

// readResults reads one file in the language that it is written in.
func readResults(path string) (*run.Results, error) {
	text, err := run.ReadFile(path, run.MaxRecordBytes)
	if errors.Is(err, run.ErrNotReadable) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("%s is empty: the run has not ended, or its disk was full; make it again", path)
	}
	if isJSON(text) {
		r, err := run.ReadResultsJSON(bytes.NewReader(text))
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &syntax) && !balanced(text):
			return nil, fmt.Errorf("%s is cut off after %d bytes; make the run again, or copy the file again", path, len(text))
		case err != nil:
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return r, nil
	}
	r, err := run.ReadResultsEDN(bytes.NewReader(text))
	switch {
	case errors.Is(err, run.ErrForeign):
		return nil, fmt.Errorf("%s: %w; give the results.edn in the folder that Maelstrom names at the end of a test", path, err)
	case err != nil && !balanced(text):
		return nil, fmt.Errorf("%s is cut off, or no EDN: %w; make the run again, or copy the file again", path, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w; %s", path, err, whatToGive)
	}
	return r, nil
}

// isJSON tells a JSON object from an EDN map: its first key is a string.
func isJSON(text []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte("{"))
	rest = bytes.TrimSpace(rest)
	return ok && (len(rest) == 0 || rest[0] == '"')
}

// balanced says that as many braces are closed as are opened.
func balanced(text []byte) bool {
	return bytes.Count(text, []byte("{")) == bytes.Count(text, []byte("}"))
}

func resultsIn(dir string) string {
	for _, name := range resultFiles {
		if file := filepath.Join(dir, name); isFile(file) {
			return file
		}
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
