package virtual

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// tailLines is how many lines of a bad node's log its note holds, and
// tailLineBytes how much of each.
const (
	tailLines     = 20
	tailLineBytes = 4 << 10
)

// stderr is a node's log. Each Write is a line, or lines.
type stderr struct {
	node string
	echo io.Writer // nil for nobody
	text bytes.Buffer
}

// Write takes lines of the log.
func (s *stderr) Write(p []byte) (int, error) {
	if s.echo != nil {
		for line := range bytes.Lines(p) {
			fmt.Fprintf(s.echo, "%s: %s\n", s.node, bytes.TrimSuffix(line, []byte{'\n'})) // for people; nothing to do if it fails
		}
	}
	return s.text.Write(p)
}

// tail returns the last lines.
func (s *stderr) tail() []string {
	if s.text.Len() == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(s.text.String(), "\n"), "\n")
	lines = lines[max(0, len(lines)-tailLines):]
	for i := range lines {
		lines[i] = lines[i][:min(len(lines[i]), tailLineBytes)]
	}
	return lines
}
