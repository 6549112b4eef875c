package chans

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// ErrTooManyCrashes is what a *TooManyCrashesError is, for errors.Is.
var ErrTooManyCrashes = errors.New("service crashes again and again")

// TooManyCrashesError ends a supervision: restarting does not help.
type TooManyCrashesError struct {
	Service string        // which service
	Crashes int           // how often it crashed ...
	Window  time.Duration // ... within this time
	Panic   any           // what it panicked with last
}

// Error names the service, the limit it broke and the last panic.
func (e *TooManyCrashesError) Error() string {
	return fmt.Sprintf("service %q crashed %d times within %v, last with: %v", e.Service, e.Crashes, e.Window, e.Panic)
}

// Unwrap returns ErrTooManyCrashes.
func (e *TooManyCrashesError) Unwrap() error { return ErrTooManyCrashes }

// Abandoner is an Inbox without the type of its items.
type Abandoner interface {
	Name() string
	Abandon() int
}

// Service is something to keep running.
type Service struct {
	// Name is how logs and errors call it.
	Name string
	// New makes an instance, for each start anew, so that none inherits what a
	// crash left half done. What must outlive a crash is kept outside of it. The
	// instance runs until ctx is done or its work is; an error that it returns,
	// other than by panicking, is final. ctx belongs to the instance: it is done
	// as soon as that has ended, however it did, so that nothing that it started
	// can go on in its name beside the next one.
	New func() func(ctx context.Context) error
	// Inboxes are what it consumes from. They are abandoned when it crashes.
	Inboxes []Abandoner
}

// Defaults of SupervisorConfig. A service that crashes on one item in a
// thousand lives; one that crashes on every item is given up in an instant.
const (
	DefaultMaxCrashes = 30
	DefaultWindow     = 10 * time.Second
)

// crashLogInterval is the least time between two log lines about crashes of
// one service: the first tells what happened, the next thousand would not.
const crashLogInterval = time.Second

// SupervisorConfig says when to give up, and whom to tell.
type SupervisorConfig struct {
	MaxCrashes int           // per service within Window; one more is too many; 0 means DefaultMaxCrashes
	Window     time.Duration // 0 means DefaultWindow

	Now func() time.Duration // monotonic time since some start, for counting crashes; required
	Log *slog.Logger         // required
}

// Supervisor runs services, and starts those again that panic. Its methods may
// be called from any goroutine. It cannot help against what Go does not let
// recover: a fatal error of the runtime, or a panic in a goroutine that a
// service started by itself.
type Supervisor struct {
	config  SupervisorConfig
	crashes atomic.Uint64
}

// NewSupervisor returns a supervisor. It panics if Now or Log is missing.
func NewSupervisor(c SupervisorConfig) *Supervisor {
	if c.Now == nil || c.Log == nil {
		panic("chans: a supervisor needs a clock and a log")
	}
	if c.MaxCrashes == 0 {
		c.MaxCrashes = DefaultMaxCrashes
	}
	if c.Window == 0 {
		c.Window = DefaultWindow
	}
	return &Supervisor{config: c}
}

// Crashes returns how often any service has panicked.
func (s *Supervisor) Crashes() uint64 { return s.crashes.Load() }

// Run runs the services, each in a goroutine, until all have returned. When
// one fails - it returns an error, or it panics more often than allowed, which
// is a *TooManyCrashesError - the context of the others is cancelled, and that
// first error is returned.
func (s *Supervisor) Run(ctx context.Context, services ...Service) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range services {
		group.Go(func() error { return s.keep(ctx, service) })
	}
	return group.Wait()
}

// keep runs one service until it returns, or has crashed too often.
func (s *Supervisor) keep(ctx context.Context, service Service) error {
	record := crashRecord{limit: s.config.MaxCrashes, window: s.config.Window}
	for {
		crash, err := runOnce(ctx, service)
		if crash == nil {
			return err
		}
		s.crashes.Add(1)
		lost := 0
		for _, inbox := range service.Inboxes {
			lost += inbox.Abandon()
		}
		verdict := record.add(s.config.Now())
		if verdict.log || verdict.tooMany {
			s.config.Log.Error("service crashed", "service", service.Name, "panic", crash.value, "items_lost", lost,
				"crashes", record.total, "not_logged", verdict.notLogged, "restarted", !verdict.tooMany, "stack", string(crash.stack))
		}
		if verdict.tooMany {
			return &TooManyCrashesError{Service: service.Name, Crashes: verdict.recent, Window: s.config.Window, Panic: crash.value}
		}
		if ctx.Err() != nil {
			return nil // it was on its way out
		}
	}
}

// crash is a panic that was recovered.
type crash struct {
	value any
	stack []byte
}

// runOnce makes and runs an instance; making it may crash as well.
func runOnce(ctx context.Context, service Service) (crashed *crash, err error) {
	defer func() {
		if value := recover(); value != nil {
			crashed = &crash{value: value, stack: debug.Stack()}
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before the crash is known to anybody
	return nil, service.New()(ctx)
}
