package node

import "io"

// meterBytes is how much a meter hands on at a time: little enough that a
// stream which moves slowly is seen to move.
const meterBytes = 32 << 10

// meter is a stream that says whenever some of what was written has gone.
type meter struct {
	to    io.Writer
	moved func() // may be nil
}

// Write writes in pieces.
func (m *meter) Write(b []byte) (int, error) {
	written := 0
	for written < len(b) {
		n, err := m.to.Write(b[written:min(len(b), written+meterBytes)])
		written += n
		if err != nil {
			return written, err
		}
		if n == 0 {
			return written, io.ErrShortWrite
		}
		if m.moved != nil {
			m.moved()
		}
	}
	return written, nil
}
