package experiment

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
	"treecast/testbed/session"
)

func TestWhatIsWatchedAsideComesToTheSame(t *testing.T) {
	nodes := session.NodeNames(asideNodes)
	sights := func(see func(kind sightKind, at time.Duration, m run.Message)) {
		for i := range 5 * sightBatch {
			at := time.Duration(i) * time.Millisecond
			m := run.Message{
				ID: int64(i), Src: nodes[i%7], Dest: nodes[i%asideNodes], Type: "gossip", Sent: at,
				Body: fmt.Appendf(nil, `{"type":"gossip","e":1,"f":0,"runs":[{"v":[%d]}]}`, i/50),
			}
			m.Bytes = len(m.Body)
			if i%50 == 0 {
				see(sightSent, at, run.Message{ID: int64(i), Src: "c1", Dest: m.Src, Type: "broadcast", Body: fmt.Appendf(nil, `{"type":"broadcast","message":%d}`, i/50)})
			}
			see(sightSent, at, m)
			if i%11 == 0 {
				see(sightDropped, at, m)
			} else {
				m.Delivered = at
				see(sightDelivered, at, m)
			}
			if i%100 == 0 {
				see(sightHealth, at, run.Message{Src: m.Src, Body: fmt.Appendf(nil, `{"unhealthy_ms":%d}`, i%300)})
			}
		}
	}
	here := &aside{watch: newObserver(broadcasts(), nodes, nil), health: newHealthWatch(nil)}
	sights(func(kind sightKind, at time.Duration, m run.Message) { here.see(&sight{kind: kind, at: at, m: m}) })
	traffic, delivery, unhealthy := here.watch.traffic.Result(1), here.watch.delivery.Result(), here.health.unhealthy()
	require.EqualValues(t, (5*sightBatch+10)/11, traffic.LostCount)
	require.NotZero(t, delivery.HandedCount)
	require.NotZero(t, unhealthy)

	o, h := newObserver(broadcasts(), nodes, nil), newHealthWatch(nil)
	a := newAside(o, h)
	sights(func(kind sightKind, at time.Duration, m run.Message) {
		switch kind {
		case sightSent:
			a.Sent(m)
		case sightDelivered:
			a.Delivered(m)
		case sightDropped:
			a.Dropped(m, at)
		case sightHealth:
			a.heard(at, m.Src, m.Body)
		}
		if m.ID%777 == 0 {
			a.settle()
		}
	})
	a.settle()
	require.Equal(t, unhealthy, h.unhealthy(), "all is counted once settled")
	a.end()
	require.Equal(t, traffic, o.traffic.Result(1))
	require.Equal(t, delivery, o.delivery.Result())
}

func TestOnlyLargeRunsAreWatchedAside(t *testing.T) {
	p := &plan{}
	p.session.Nodes = session.NodeNames(asideNodes - 1)
	require.False(t, p.watchedAside(Options{}))
	p.session.Nodes = session.NodeNames(asideNodes)
	require.True(t, p.watchedAside(Options{}))
	require.False(t, p.watchedAside(Options{LogNetSend: io.Discard}), "who writes along writes in order")
	require.False(t, p.watchedAside(Options{LogNetDeliver: io.Discard}))
}
