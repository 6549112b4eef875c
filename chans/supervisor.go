package chans

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
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

// Service is something to keep running.
type Service struct {
	// Name is how logs and errors call it.
	Name string
	// Run does its work until ctx is done or the work is. An error that it returns,
	// other than by panicking, is final. After a panic Crashed is called, and then
	// Run again. ctx belongs to the one call: it is done as soon as that has ended,
	// however it did, so that nothing that it started can go on in its name beside
	// the next one.
	Run func(ctx context.Context) error
	// Crashed is called after each panic, in the goroutine of the service, and
	// returns how many items it lost. It abandons the service's inboxes and makes
	// what a crash left half done ready for the next Run. nil: there is nothing to do.
	Crashed func() (lost int)
}

// Defaults of SupervisorConfig. A service that crashes on one item in a
// thousand lives; one that crashes on every item is given up in an instant.
const (
	DefaultMaxCrashes = 30
	DefaultWindow     = 10 * time.Second
)

// crashLogInterval is the least time between two log lines about crashes of
// one service: the first says what happened, the next thousand add nothing.
const crashLogInterval = time.Second

// SupervisorConfig says when to give up, and what to call then.
type SupervisorConfig struct {
	MaxCrashes int           // per service within Window; one more is too many; 0 means DefaultMaxCrashes
	Window     time.Duration // 0 means DefaultWindow

	Log *slog.Logger // required
}

// Supervisor runs services, and starts those again that panic. Its methods may
// be called from any goroutine. It cannot help against what Go does not let
// recover: a fatal error of the runtime, or a panic in a goroutine that a
// service started by itself.
type Supervisor struct {
	config  SupervisorConfig
	crashes atomic.Uint64

	mu      sync.Mutex
	records map[string]*crashRecord // of services, by name
}

// NewSupervisor returns a supervisor. It panics if Log is missing.
func NewSupervisor(c SupervisorConfig) *Supervisor {
	if c.Log == nil {
		panic("chans: a supervisor needs a log")
	}
	if c.MaxCrashes == 0 {
		c.MaxCrashes = DefaultMaxCrashes
	}
	if c.Window == 0 {
		c.Window = DefaultWindow
	}
	return &Supervisor{config: c, records: map[string]*crashRecord{}}
}

// Crashes returns how often any service has panicked.
func (s *Supervisor) Crashes() uint64 { return s.crashes.Load() }

// Run runs the services, each in a goroutine, until all have returned. When
// one fails - it returns an error, or it panics more often than allowed, which
// is a *TooManyCrashesError - the context of the others is cancelled, and that
// first error is returned. clock is monotonic time since some start, for counting
// crashes.
func (s *Supervisor) Run(ctx context.Context, clock func() time.Duration, services ...Service) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range services {
		group.Go(func() error { return s.supervise(ctx, clock, service) })
	}
	return group.Wait()
}

// supervise runs one service until it returns, or has crashed too often.
func (s *Supervisor) supervise(ctx context.Context, clock func() time.Duration, service Service) error {
	for {
		crash, err := runOnce(ctx, service)
		if crash == nil {
			return err
		}
		lost := 0
		if service.Crashed != nil {
			lost = service.Crashed()
		}
		if err := s.Note(clock(), service.Name, lost, crash); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil // it was on its way out
		}
	}
}

// Note takes note of a crash of a service that Run does not run, as it does of
// those that it does: it counts it and logs it. The error, a *TooManyCrashesError,
// says that the service is to be given up.
func (s *Supervisor) Note(now time.Duration, service string, lost int, crash *Crash) error {
	s.crashes.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	record := s.records[service]
	if record == nil {
		record = &crashRecord{limit: s.config.MaxCrashes, window: s.config.Window}
		s.records[service] = record
	}
	verdict := record.add(now)
	if verdict.log || verdict.tooMany {
		s.config.Log.Error("service crashed", "service", service, "panic", crash.Value, "items_lost", lost,
			"crashes", record.total, "not_logged", verdict.notLogged, "restarted", !verdict.tooMany, "stack", crash.Stack)
	}
	if verdict.tooMany {
		return &TooManyCrashesError{Service: service, Crashes: verdict.recent, Window: s.config.Window, Panic: crash.Value}
	}
	return nil
}

// Crash is a panic that was recovered.
type Crash struct {
	Value any
	Stack string // functions and lines, the innermost first, and nothing that differs from run to run
}

// NewCrash describes a panic. It is called below the function that was deferred and
// has recovered it, with what recover has returned.
func NewCrash(value any) *Crash { return &Crash{Value: value, Stack: panicStack()} }

// maxFrames is how much of a stack is looked at.
const maxFrames = 48

// panicStack lists the functions that a panic went through.
func panicStack() string {
	var text strings.Builder
	counters := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(counters[:runtime.Callers(1, counters)])
	panicked := false
	for more := true; more; {
		var frame runtime.Frame
		if frame, more = frames.Next(); panicked {
			fmt.Fprintf(&text, "%s\n\t%s:%d\n", frame.Function, frame.File, frame.Line)
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
	}
	return text.String()
}

// runOnce runs a service once.
func runOnce(ctx context.Context, service Service) (crashed *Crash, err error) {
	defer func() {
		if value := recover(); value != nil {
			crashed = NewCrash(value)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before the crash is known to anybody
	return nil, service.Run(ctx)
}
