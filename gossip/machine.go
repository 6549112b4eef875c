package gossip

import "time"

// Machine is a core as its caller drives it; see the package comment for what each
// call is for. A *Core is one. Tests put others in between that are wrong on
// purpose.
type Machine interface {
	Learn(now time.Duration)
	Receive(now time.Duration, from string, m *Message) (d Delivery, ok bool)
	Refused() error
	Stored(now time.Duration, t Ticket)
	Advance(now time.Duration, room int) []Outgoing
	Release(o Outgoing)
	Next() time.Duration
	Carriers() int
	SetPeriod(now, period time.Duration)
	Stats() Stats
	View() View
}

var _ Machine = (*Core)(nil)
