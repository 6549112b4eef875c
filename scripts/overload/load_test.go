package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const ms = time.Millisecond

// answer has a node answer a request of c1.
func answer(l *load, now time.Duration, id int, body string) {
	l.reply(now, 0, []byte(fmt.Sprintf(`{"src":"n0","dest":"c1","body":{"type":%s,"in_reply_to":%d%s}}`, strings.SplitN(body, "|", 2)[0], id, strings.SplitN(body+"|", "|", 3)[1])))
}

func TestEveryRequestHasTheOutcomeThatItGot(t *testing.T) {
	l := newLoad()
	for i := range 6 {
		id, line := l.request(time.Duration(i)*100*ms, "n0")
		require.Equal(t, i+1, id)
		require.Contains(t, string(line), fmt.Sprintf(`"message":%d,"msg_id":%d}`, id, id))
	}
	answer(l, 250*ms, 1, `"broadcast_ok"`)
	answer(l, 350*ms, 2, `"error"|,"code":11`)
	answer(l, 350*ms, 3, `"error"|,"code":13`)
	l.set(4, unsent)
	answer(l, 700*ms, 5, `"broadcast_ok"`)
	answer(l, 800*ms, 5, `"broadcast_ok"`)
	answer(l, 800*ms, 99, `"broadcast_ok"`)
	require.Equal(t, 1, l.twice)
	require.Equal(t, window{offered: 6, accepted: 2, refused: 1, other: 1, unsent: 1, pending: 1, answeredOK: 2, p50: 300 * ms, p99: 300 * ms, max: 300 * ms},
		l.between(0, time.Second))
	require.Equal(t, window{offered: 1, accepted: 1, answeredOK: 1, p50: 250 * ms, p99: 250 * ms, max: 250 * ms}, l.between(0, 100*ms).withOK(l, 0, 600*ms))
}

// withOK counts the good answers of another stretch.
func (w window) withOK(l *load, from, to time.Duration) window {
	w.answeredOK = l.between(from, to).answeredOK
	return w
}

func TestWhatIsAcceptedMustBeKnownAndWhatIsRefusedMustNot(t *testing.T) {
	l := newLoad()
	for range 3 {
		l.request(0, "n0")
	}
	answer(l, 1, 1, `"broadcast_ok"`)
	answer(l, 1, 2, `"error"|,"code":11`)
	for node, values := range []string{"[1,2]", "[3]"} {
		l.reply(1, node, []byte(`{"src":"n","dest":"c3","body":{"type":"read_ok","in_reply_to":1,"messages":`+values+`}}`))
	}
	require.Equal(t, 1, l.missing(2), "the second node lacks 1")
	require.Equal(t, 1, l.strange(2), "2 was refused")
	require.Zero(t, l.missing(1))
}

func TestANodeIsBackWhenItAcceptsNineInTenAgain(t *testing.T) {
	l := newLoad()
	for i := range 100 {
		id, _ := l.request(time.Duration(i)*10*ms, "n0")
		if i >= 45 {
			answer(l, time.Second, id, `"broadcast_ok"`)
		}
	}
	require.Equal(t, 500*ms, l.recovered(0, time.Second))
	require.Equal(t, time.Duration(-1), l.recovered(0, 400*ms))
}

func TestAHealthReplyIsReadForWhatIsShown(t *testing.T) {
	s := readHealth(time.Second, []byte(`{"body":{"type":"health_ok","unhealthy_ms":1500,"worst":"intake","queues":[{"name":"intake","depth":7,"preferred":9},{"name":"gossip","depth":0},{"name":"output","depth":3}],"permits":{"total":4,"revoked":2,"in_use":1,"available":1},"gossip":{"backlog_entries":12},"counters":{"refused_by_gate":5,"refused_by_wait":6}}}`))
	require.Equal(t, sample{at: time.Second, unhealthy: 1500, worst: "intake", depth: [3]int{7, 0, 3}, available: 2, permits: 4, byWait: 6, byGate: 5, backlog: 12}, s)
}
