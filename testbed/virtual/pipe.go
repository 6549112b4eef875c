package virtual

import "time"

// parcel is bytes on their way through a pipe.
type parcel struct {
	at   time.Duration // when they are at the other end
	data []byte
}

// pipe is what was written and not read yet, in order. The zero value is ready.
type pipe struct {
	parcels []parcel
	next    int // the first that was not taken
}

func (p *pipe) empty() bool    { return p.next == len(p.parcels) }
func (p *pipe) first() *parcel { return &p.parcels[p.next] }

func (p *pipe) put(at time.Duration, data []byte) {
	if p.next > 64 && 2*p.next > len(p.parcels) {
		n := copy(p.parcels, p.parcels[p.next:])
		clear(p.parcels[n:])
		p.parcels, p.next = p.parcels[:n], 0
	}
	p.parcels = append(p.parcels, parcel{at, data})
}

// take returns the first parcel's bytes; there must be one.
func (p *pipe) take() []byte {
	data := p.parcels[p.next].data
	p.parcels[p.next] = parcel{}
	if p.next++; p.empty() {
		p.parcels, p.next = p.parcels[:0], 0
	}
	return data
}

// feed is a stream of lines that are put there just before they are read.
type feed struct{ rest []byte }

func (f *feed) Read(b []byte) (int, error) {
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}
