package journal

import (
	"errors"
	"fmt"
)

// storage is where the bytes of a segment are.
type storage interface {
	WriteAt(p []byte, offset int64) (int, error)
	Truncate(size int64) error
	Sync() error
}

// ErrUncertain is wrapped by the error of an append that failed, and of which
// something may be found after a crash all the same: cutting it off again has
// failed as well.
var ErrUncertain = errors.New("and what was written of it cannot be taken back")

// segment is a segment to append to.
type segment struct {
	store     storage
	salt      uint64
	end       int64  // behind the last good frame
	dirty     bool   // something may stand behind the end
	unwritten []byte // header or life, not yet written: goes before the next frame
	always    bool   // sync every append
	buf       []byte
	body      []byte
}

// begin makes a new segment of an empty storage.
func begin(store storage, h *header, l *incarnation) *segment {
	s := &segment{store: store, salt: h.salt, dirty: true}
	s.unwritten = h.append(nil)
	s.unwritten = appendFrame(s.unwritten, s.salt, int64(len(s.unwritten)), l.append(nil))
	return s
}

// resume goes on with a segment that was scanned.
func resume(store storage, found *scan, l *incarnation) *segment {
	s := &segment{store: store, salt: found.salt, end: int64(found.end), dirty: found.torn > 0}
	s.unwritten = appendFrame(nil, s.salt, s.end, l.append(nil))
	return s
}

// append writes a batch, all of it or nothing.
func (s *segment) append(b *Batch) error {
	s.buf = append(s.buf[:0], s.unwritten...)
	if b != nil {
		s.body = b.append(s.body[:0])
		s.buf = appendFrame(s.buf, s.salt, s.end+int64(len(s.buf)), s.body)
	}
	err := s.write()
	if cap(s.buf) > 1<<20 { // a large value does not stay
		s.buf, s.body = nil, nil
	}
	return err
}

func (s *segment) write() error {
	if len(s.buf) == 0 {
		return nil
	}
	if s.dirty {
		if err := s.store.Truncate(s.end); err != nil {
			return fmt.Errorf("cutting off what a failed append left: %w", err)
		}
		s.dirty = false
	}
	_, err := s.store.WriteAt(s.buf, s.end)
	if err == nil && s.always {
		err = s.store.Sync()
	}
	if err != nil {
		s.dirty = true
		if s.store.Truncate(s.end) != nil {
			return fmt.Errorf("%w, %w", err, ErrUncertain)
		}
		s.dirty = false
		return err
	}
	s.end += int64(len(s.buf))
	s.unwritten = nil
	return nil
}
