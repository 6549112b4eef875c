package node_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/chans"
	"treecast/node"
	"treecast/node/inject"
)

// tally is a service that no node has: it adds up what is put into its queue.
// Nothing but this type knows of it.
type tally struct {
	inbox  *chans.Inbox[int]
	wake   chan struct{}
	faults *inject.Injector
	sum    atomic.Int64
}

// newTally makes the service and its queue; made is told of both.
func newTally(made func(*tally, *chans.Queue[int])) node.NewService {
	return func(n *node.Node) (node.Service, error) {
		s := &tally{wake: make(chan struct{}, 1), faults: n.Faults("tally")}
		queue, inbox, err := node.MakeQueue[int](n, "tally", node.QueueSizes{Preferred: 4, Capacity: 8}, s.wake)
		s.inbox = inbox
		made(s, queue)
		return s, err
	}
}

func (s *tally) Name() string          { return "tally" }
func (s *tally) Wake() <-chan struct{} { return s.wake }

func (s *tally) Next(now time.Duration) time.Duration {
	if s.inbox.Depth() > 0 {
		return now
	}
	return node.Never
}

func (s *tally) Step(now time.Duration) (node.Work, error) {
	item, ok := s.inbox.TryNext()
	if !ok {
		return node.Work{}, nil
	}
	s.faults.Begin(now, true)
	s.sum.Add(int64(item))
	s.faults.End()
	s.inbox.Done()
	return node.Work{Did: true, Messages: 1}, nil
}

func (s *tally) Crashed(time.Duration) (lost int) {
	if _, was := s.inbox.Abandon(); was {
		return 1
	}
	return 0
}

// A service beside the node's own takes one file: it is run, started again after a
// crash, watched by the monitor and shown in health replies, as the others are.
func TestService_aSixthTakesOneFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *tally
		var queue *chans.Queue[int]
		fault, err := inject.Parse("tally:panic@2", []string{"tally"})
		require.NoError(t, err)
		in, stdin := io.Pipe()
		stdout, out := io.Pipe()
		n, err := node.New(node.Config{
			Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.DiscardHandler),
			More:   []node.NewService{newTally(func(made *tally, q *chans.Queue[int]) { s, queue = made, q })},
			Queues: map[string]node.QueueSizes{"tally": {Capacity: 5}},
			Faults: []inject.Fault{fault},
		}, out)
		require.NoError(t, err)
		require.Equal(t, s, n.Services()[3])
		ended := make(chan error, 1)
		go func() { ended <- n.Run(context.Background(), in) }()

		for i := range 4 {
			require.True(t, queue.Offer(0, 1<<i))
			synctest.Wait()
		}
		require.EqualValues(t, 1+4+8, s.sum.Load(), "the second is lost")
		lines := bufio.NewReader(stdout)
		_, err = fmt.Fprintln(stdin, `{"src":"c1","dest":"n0","body":{"type":"health","msg_id":1}}`)
		require.NoError(t, err)
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, `{"name":"tally","depth":0,"preferred":4,"capacity":5,"high_water":1,"in":4,"out":4,"rejected":0,"lost":1,`)
		require.Contains(t, line, `"crashes":1`)
		require.NoError(t, stdin.Close())
		require.NoError(t, <-ended)
	})
}

func TestService_aFaultNeedsAServiceOfItsName(t *testing.T) {
	fault, err := inject.Parse("tally:panic@2", []string{"tally"})
	require.NoError(t, err)
	_, err = node.New(node.Config{Random: rand.New(rand.NewPCG(1, 2)), Log: slog.New(slog.DiscardHandler), Faults: []inject.Fault{fault}}, io.Discard)
	require.ErrorContains(t, err, `no service is called "tally"; there are intake, store, gossip, output, journal`)
	_, err = node.ParseFault("tally:panic@2")
	require.True(t, strings.Contains(fmt.Sprint(err), "no service"))
}
