package virtual

import (
	"time"

	"treecast/node"
)

// clockwork is a service that does something once a second.
type clockwork struct {
	at    time.Duration
	steps int
}

func (s *clockwork) Name() string                     { return "clockwork" }
func (s *clockwork) Wake() <-chan struct{}            { return nil }
func (s *clockwork) Next(time.Duration) time.Duration { return s.at }
func (s *clockwork) Crashed(time.Duration) (lost int) { return 0 }
func (s *clockwork) Step(now time.Duration) (node.Work, error) {
	s.steps++
	s.at = now + time.Second
	return node.Work{Did: true}, nil
}
