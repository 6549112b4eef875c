package run

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// SweepSchemaVersion is the version of sweep.json's shape, and of what the
// columns of runs.csv mean.
const SweepSchemaVersion = 1

// Sweep is what a sweep was asked to do and who made it, the content of
// sweep.json. The runs are beside it in runs.csv.
type Sweep struct {
	Schema  int      `json:"schema"`
	Name    string   `json:"name"`
	Version string   `json:"version"` // of treecast
	Command []string `json:"command"` // the command line that makes this sweep again
	Machine Machine  `json:"machine"`

	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished,omitempty"` // nil while runs are missing

	// Program is the path of the nodes' program where one was given, and
	// ProgramSHA256 what was in it, and in the source files among its arguments;
	// empty in virtual time, and in sweeps that were made before they were kept.
	Program       string `json:"program,omitempty"`
	ProgramSHA256 string `json:"program_sha256,omitempty"`

	Environment []string `json:"environment,omitempty"` // NAME=VALUE, of those that nodes read
	FirstSeed   uint64   `json:"first_seed,string"`
	SeedCount   int      `json:"seed_count"` // runs of each setting: seeds one after the other
	Settings    []string `json:"settings"`   // the flags of each, as Spec.Flags has them
}

// Machine is what a sweep was made on. Real-time figures depend on it; those of
// virtual time do not.
type Machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	CPU   string `json:"cpu,omitempty"` // its model, where the system tells
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

// String is the machine in a line.
func (m Machine) String() string {
	cpu := ""
	if m.CPU != "" {
		cpu = " (" + m.CPU + ")"
	}
	return fmt.Sprintf("%s/%s, %d cores%s, %s", m.OS, m.Arch, m.Cores, cpu, m.Go)
}

// Differs says in what a sweep is another than s, so that the one's runs cannot
// complete the other's; empty if it is the same.
func (s *Sweep) Differs(other *Sweep) string {
	only := func(a, b []string) string {
		for _, text := range a {
			if !slices.Contains(b, text) {
				return text
			}
		}
		return ""
	}
	switch gone, added := only(s.Settings, other.Settings), only(other.Settings, s.Settings); {
	case s.Version != other.Version:
		return fmt.Sprintf("it was made with treecast %s, this is %s", s.Version, other.Version)
	case s.FirstSeed != other.FirstSeed || s.SeedCount != other.SeedCount:
		return fmt.Sprintf("it has %d seeds from %d on, asked for are %d from %d on", s.SeedCount, s.FirstSeed, other.SeedCount, other.FirstSeed)
	case gone != "":
		return "its setting is not asked for: " + gone
	case added != "":
		return "asked for is a setting that it does not have: " + added
	case s.ProgramSHA256 != "" && s.Program != other.Program:
		return fmt.Sprintf("its nodes' program is %s, asked for is %s", orTreecast(s.Program), orTreecast(other.Program))
	case s.ProgramSHA256 != "" && s.ProgramSHA256 != other.ProgramSHA256:
		return fmt.Sprintf("its nodes' program, %s, or a source file among its arguments, has changed since it was begun", orTreecast(s.Program))
	case !slices.Equal(s.Environment, other.Environment):
		return fmt.Sprintf("the nodes' variables were %q, now they are %q", s.Environment, other.Environment)
	}
	return ""
}

// orTreecast is a program for a sentence.
func orTreecast(path string) string {
	if path == "" {
		return "treecast itself"
	}
	return path
}

// WriteJSON writes sweep.json, indented.
func (s *Sweep) WriteJSON(w io.Writer) error {
	out := *s
	out.Schema = SweepSchemaVersion
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return fmt.Errorf("run: write sweep.json: %w", err)
	}
	return nil
}

// ReadSweepJSON reads a sweep.json. The error wraps ErrSchema if another version
// of treecast wrote it in a shape this one does not know.
func ReadSweepJSON(r io.Reader) (*Sweep, error) {
	text, err := io.ReadAll(withoutBOM(r))
	if err != nil {
		return nil, fmt.Errorf("run: read sweep.json: %w", err)
	}
	var out Sweep
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("run: read sweep.json: %w", err)
	}
	if out.Schema != SweepSchemaVersion {
		return nil, fmt.Errorf("run: sweep.json: %w: %d, this treecast reads %d; make the sweep again with this version", ErrSchema, out.Schema, SweepSchemaVersion)
	}
	if out.SeedCount < 0 {
		return nil, fmt.Errorf("run: sweep.json: %d runs of each setting cannot be; make the sweep again", out.SeedCount)
	}
	return &out, nil
}
