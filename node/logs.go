package node

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// quietUnderLoad is a log handler that drops debug records while the node is overloaded.
type quietUnderLoad struct {
	slog.Handler
	mayBusy func() bool // may the node do self-started work
}

// Enabled drops debug records.
func (c quietUnderLoad) Enabled(ctx context.Context, level slog.Level) bool {
	return (level > slog.LevelDebug || c.mayBusy()) && c.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the wrapper.
func (c quietUnderLoad) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quietUnderLoad{c.Handler.WithAttrs(attrs), c.mayBusy}
}

// WithGroup keeps the wrapper.
func (c quietUnderLoad) WithGroup(name string) slog.Handler {
	return quietUnderLoad{c.Handler.WithGroup(name), c.mayBusy}
}

// quota is a log handler that passes a number of lines per interval, so that peers and clients
// cannot flood the log. Any goroutine may use it.
type quota struct {
	slog.Handler
	shared *quotaState
}

type quotaState struct {
	mu       sync.Mutex
	limit    int
	interval time.Duration
	start    time.Time // of the present interval, by the records' own times
	used     int
	dropped  int
}

// newQuota returns a logger that passes at most limit records per interval on to log, and says
// how many it has dropped.
func newQuota(log *slog.Logger, limit int, interval time.Duration) *slog.Logger {
	return slog.New(&quota{Handler: log.Handler(), shared: &quotaState{limit: limit, interval: interval}})
}

// WithAttrs keeps the quota.
func (q *quota) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &quota{Handler: q.Handler.WithAttrs(attrs), shared: q.shared}
}

// WithGroup keeps the quota.
func (q *quota) WithGroup(name string) slog.Handler {
	return &quota{Handler: q.Handler.WithGroup(name), shared: q.shared}
}

// Handle passes a record on if the quota allows.
func (q *quota) Handle(ctx context.Context, r slog.Record) error {
	s := q.shared
	s.mu.Lock()
	if r.Time.Sub(s.start) >= s.interval {
		if s.dropped > 0 {
			r.AddAttrs(slog.Int("lines_not_logged_before", s.dropped))
		}
		s.start, s.used, s.dropped = r.Time, 0, 0
	}
	s.used++
	pass := s.used <= s.limit
	if !pass {
		s.dropped++
	}
	s.mu.Unlock()
	if !pass {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// stamped is a log handler that stamps records with another clock.
type stamped struct {
	slog.Handler
	clock func() time.Time
}

// Handle passes a record on with that clock's time.
func (s stamped) Handle(ctx context.Context, r slog.Record) error {
	r.Time = s.clock()
	return s.Handler.Handle(ctx, r)
}
