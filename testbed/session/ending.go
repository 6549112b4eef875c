package session

import (
	"slices"
	"time"
)

// stepDraining waits for the last operations, then heals, one step after the
// other. Without a final phase the run proper is over, healed or not.
func (s *Session) stepDraining(now time.Duration) bool {
	if s.pool.outstanding() > 0 || s.striking != nil {
		return false
	}
	if !s.cfg.Workload.Recovers {
		return s.endOfProper(now)
	}
	if s.heal(now) {
		return true
	}
	s.phase = Quiet
	s.rest(now)
	return true
}

// rest begins the quiet time.
func (s *Session) rest(now time.Duration) {
	s.quietUntil, s.result.QuietStarted = now+s.cfg.Quiet, now
}

// heal does the next step of undoing what the nemesis has done; false if there is
// none left.
func (s *Session) heal(now time.Duration) bool {
	if !s.healing {
		s.healing, s.cures = true, s.nem.Finals()
	}
	if len(s.cures) == 0 {
		return false
	}
	cure := s.cures[0]
	s.cures = s.cures[1:]
	s.pool.dispatched()
	s.strike(now, cure)
	return true
}

// finalState is who has something to do in the final phase.
type finalState struct {
	due     []int       // workers that are to be asked what they do next
	waiting []finalWait // those that said when
}

// finalWait is a worker that is to be asked again at a time.
type finalWait struct {
	at     time.Duration
	worker int
}

// stepQuiet begins the final phase when the quiet is over: every worker is asked
// what it does, in random order.
func (s *Session) stepQuiet(now time.Duration) bool {
	if now < s.quietUntil && !s.silent {
		return false
	}
	s.phase, s.result.FinalStarted = Final, now
	s.final.due = s.rng.Perm(len(s.pool.workers))
	return s.stepFinal(now)
}

// stepFinal lets free workers do what the generator wants of them, and ends the
// run proper when none has anything left to do.
func (s *Session) stepFinal(now time.Duration) bool {
	s.final.waiting = slices.DeleteFunc(s.final.waiting, func(w finalWait) bool {
		if w.at <= now || s.silent {
			s.final.due = append(s.final.due, w.worker)
			return true
		}
		return false
	})
	for len(s.final.due) > 0 {
		worker := s.final.due[0]
		s.final.due = s.final.due[1:]
		step := s.generator.Final(now, worker, s.rng)
		switch {
		case step.Done:
		case step.At > now && !s.silent:
			s.final.waiting = append(s.final.waiting, finalWait{step.At, worker})
		case step.At > now: // nobody is there to be asked
		default:
			s.invoke(now, worker, step.Op)
		}
	}
	if s.pool.outstanding() > 0 || len(s.final.waiting) > 0 {
		return false
	}
	return s.endOfProper(now)
}

// nextFinal is when a worker has something to do again.
func (s *Session) nextFinal() (at time.Duration, ok bool) {
	for _, w := range s.final.waiting {
		if !ok || w.at < at {
			at, ok = w.at, true
		}
	}
	return at, ok
}
