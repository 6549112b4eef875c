package network

import (
	"time"

	"treecast/run"
)

// Tee returns an observer that tells each of the given ones, in their order.
// Those that are nil are left out.
func Tee(observers ...Observer) Observer {
	var t tee
	for _, o := range observers {
		if o != nil {
			t = append(t, o)
		}
	}
	return t
}

type tee []Observer

func (t tee) Sent(m run.Message) {
	for _, o := range t {
		o.Sent(m)
	}
}

func (t tee) Delivered(m run.Message) {
	for _, o := range t {
		o.Delivered(m)
	}
}

func (t tee) Dropped(m run.Message, at time.Duration) {
	for _, o := range t {
		o.Dropped(m, at)
	}
}
