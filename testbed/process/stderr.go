package process

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"treecast/run"
)

const (
	tailLines     = 20
	tailLineBytes = 4 << 10 // of each line are kept
)

// stderr is where a node's log goes: to a file, to whoever listens, and the
// last lines of it to memory. Writing to it never fails, or the node would be
// held up by a full disk.
type stderr struct {
	node string
	echo *echo // nil for nobody

	mu   sync.Mutex // guards the rest
	file io.Writer  // nil for none, or for one that could not be written
	used bool       // the file was opened
	part []byte     // of a line that has not ended
	last []string
}

// echo is a writer that the nodes of a run share, line by line.
type echo struct {
	mu sync.Mutex
	w  io.Writer
}

func (e *echo) line(node string, text []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintf(e.w, "%s: %s\n", node, run.Visible(string(text))) // for people; nothing to do if it fails
}

// open makes the log's file, once; later lives of the node go on in it.
func (s *stderr) open(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used {
		return nil
	}
	f, err := os.Create(path)
	if err == nil {
		s.file, s.used = f, true
	}
	return err
}

// close closes the file, when nobody writes any more.
func (s *stderr) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

// drop closes the file, which is written no more.
func (s *stderr) drop() {
	if c, ok := s.file.(io.Closer); ok {
		c.Close()
	}
	s.file = nil
}

// Write takes a piece of the log.
func (s *stderr) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		if _, err := s.file.Write(p); err != nil {
			s.drop()
			s.take(fmt.Appendf(nil, "(the log file could not be written: %v)\n", err))
		}
	}
	s.take(p)
	return len(p), nil
}

func (s *stderr) take(p []byte) {
	for {
		text, rest, ended := bytes.Cut(p, []byte{'\n'})
		if room := tailLineBytes - len(s.part); room > 0 {
			s.part = append(s.part, text[:min(len(text), room)]...)
		}
		if !ended {
			return
		}
		s.endLine()
		p = rest
	}
}

func (s *stderr) endLine() {
	if s.echo != nil {
		s.echo.line(s.node, s.part)
	}
	if len(s.last) == tailLines {
		s.last = append(s.last[:0], s.last[1:]...)
	}
	s.last = append(s.last, string(s.part))
	s.part = s.part[:0]
}

// lines returns the last lines of the log, the unfinished one included.
func (s *stderr) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := slices.Clone(s.last)
	if len(s.part) > 0 {
		lines = append(lines, string(s.part))
	}
	return lines[max(0, len(lines)-tailLines):]
}
