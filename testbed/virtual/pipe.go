package virtual

import "time"

// parcel is something on its way through a pipe.
type parcel[T any] struct {
	at   time.Duration // when it is at the other end
	what T
}

// pipe is what was written and not read yet, in order. The zero value is ready.
type pipe[T any] struct {
	parcels []parcel[T]
	next    int // the first that was not taken
}

func (p *pipe[T]) empty() bool       { return p.next == len(p.parcels) }
func (p *pipe[T]) first() *parcel[T] { return &p.parcels[p.next] }

func (p *pipe[T]) put(at time.Duration, what T) {
	if p.next > 64 && 2*p.next > len(p.parcels) {
		n := copy(p.parcels, p.parcels[p.next:])
		clear(p.parcels[n:])
		p.parcels, p.next = p.parcels[:n], 0
	}
	p.parcels = append(p.parcels, parcel[T]{at, what})
}

// seen is how many parcels are there that can be read without a wait for their
// writer, if a pipe holds so many bytes.
func (p *pipe[T]) seen(now time.Duration, bytes int, size func(*T) int) (n int) {
	for i := p.next; i < len(p.parcels) && p.parcels[i].at <= now; i++ {
		if bytes -= size(&p.parcels[i].what); bytes < 0 {
			break
		}
		n++
	}
	return n
}

// take returns what is in the first parcel; there must be one.
func (p *pipe[T]) take() T {
	what := p.parcels[p.next].what
	p.parcels[p.next] = parcel[T]{}
	if p.next++; p.empty() {
		p.parcels, p.next = p.parcels[:0], 0
	}
	return what
}
