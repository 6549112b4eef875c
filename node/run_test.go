package node_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"treecast/node"

	"github.com/stretchr/testify/require"
)

// The end of stdin writes out what is queued and ends the node.
func TestRun_endOfStdinWritesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		said := r.Collect()
		r.Send(node.InitLine(0, "n0", "n0"))
		synctest.Wait()
		r.Send(node.ManyBroadcasts(1000) + node.ReadLine("n0", 1000))
		require.NoError(t, r.Stdin.Close())
		require.NoError(t, node.Soon(t, r.Ended))
		node.Soon(t, said.Done)
		replies := said.Take()
		require.Equal(t, "init_ok", replies[0].Body.Type)
		ok := node.RequireEachOnce(t, replies[1:], 0, 1001)
		require.Len(t, ok, 1001)
		require.Equal(t, node.Numbers(ok[:1000]), replies[1001].Messages(), "in the order in which they came")
	})
}

// A last line needs no newline.
func TestRun_lastLineNeedsNoNewline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		go func() {
			_, _ = io.WriteString(r.Stdin, node.InitLine(0, "n0", "n0"))
			_ = r.Stdin.Close()
		}()
		replies, err := r.Rest(r.Speech())
		require.NoError(t, err)
		require.Len(t, replies, 1)
	})
}

// A cancelled node writes out what is queued and ends.
func TestRun_cancelWritesWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		s := r.Speech()
		r.Send(node.InitLine(0, "n0", "n0"))
		require.Equal(t, "init_ok", s.Next(t).Body.Type)
		r.Send(node.BroadcastLine("n0", 1, "1"), node.ReadLine("n0", 2))
		require.Equal(t, "broadcast_ok", s.Next(t).Body.Type)
		require.Equal(t, "read_ok", s.Next(t).Body.Type)
		r.Cancel() // stdin stays open
		replies, err := r.Rest(s)
		require.NoError(t, err)
		require.Empty(t, replies)
	})
}

// A node that was cancelled before it began ends.
func TestRun_cancelledBeforeItBegan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		r.Cancel()
		_, err := r.Rest(r.Speech())
		require.NoError(t, err)
	})
}

// A stdout that is closed ends the node with its error.
func TestRun_closedStdoutEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		require.NoError(t, r.Stdout.Close())
		r.Send(node.InitLine(0, "n0", "n0"))
		err := node.Soon(t, r.Ended) // though stdin goes on
		require.ErrorIs(t, err, io.ErrClosedPipe)
		require.ErrorContains(t, err, "node: ")
	})
}

// A stdin that fails ends the node with its error and what is queued written.
func TestRun_failingStdinEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		s := r.Speech()
		r.Send(node.InitLine(0, "n0", "n0"), node.BroadcastLine("n0", 1, "1"))
		failure := errors.New("input/output error")
		require.NoError(t, r.Stdin.CloseWithError(failure))
		replies, err := r.Rest(s)
		require.ErrorIs(t, err, failure)
		require.ErrorContains(t, err, "reading stdin")
		require.Len(t, replies, 2)
	})
}

// Garbage and a line beyond the limit do not stop a node.
func TestRun_survivesGarbage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		long := node.Say("c1", "n0", `{"type":"broadcast","msg_id":7,"message":"`+strings.Repeat("x", 17<<20)+`"}`)
		go func() {
			r.Send("garbage", "", "\x00\xff", "[", node.InitLine(0, "n0", "n0"))
			r.Send(long)
			r.Send(node.BroadcastLine("n0", 8, "8"), node.ReadLine("n0", 9))
			_ = r.Stdin.Close()
		}()
		replies, err := r.Rest(r.Speech())
		require.NoError(t, err)
		require.Len(t, replies, 4)
		require.Equal(t, "init_ok", replies[0].Body.Type)
		require.Equal(t, node.Say("n0", "c1", fmt.Sprintf(`{"type":"error","in_reply_to":7,"code":12,"text":"line too long: %d bytes, the limit is 16777216"}`, len(long)))+"\n", replies[1].Line)
		require.Equal(t, 8, replies[2].To())
		require.Equal(t, []string{"8"}, replies[3].Messages())
		require.Equal(t, uint64(3), r.Counter("malformed_lines"))
		require.Equal(t, uint64(1), r.Counter("long_lines"))
	})
}

// A topology of two megabytes.
func TestRun_largeTopology(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := node.RunNode(t)
		s := r.Speech()
		r.Send(node.InitLine(0, "n0", "n0"))
		s.Next(t)
		var b strings.Builder
		for i := 0; b.Len() < 2<<20; i++ {
			fmt.Fprintf(&b, `"n%d":["n%d","n%d"],`, i, i+1, i+2)
		}
		r.Send(node.Say("c1", "n0", `{"type":"topology","topology":{`+b.String()+`"n":[]},"msg_id":1}`))
		require.Equal(t, node.Say("n0", "c1", `{"type":"topology_ok","in_reply_to":1}`)+"\n", s.Next(t).Line)
		require.Empty(t, r.Finish(s))
	})
}

// patient lets a node refuse nothing: how many requests it takes before it sheds
// is not what these tests are about.
func patient(c *node.Config) {
	c.MaxWait, c.ClientThreshold = node.Never, time.Hour
	c.Queues = map[string]node.QueueSizes{"intake": {Preferred: 1 << 18, Capacity: 1 << 18}}
}

// A read of a hundred thousand values.
func TestRun_largeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := 100_000
		if testing.Short() {
			count = 20_000
		}
		r := node.RunNode(t, patient)
		go func() {
			r.Send(node.InitLine(0, "n0", "n0"), node.ManyBroadcasts(count)+node.ReadLine("n0", count))
			_ = r.Stdin.Close()
		}()
		replies, err := r.Rest(r.Speech())
		require.NoError(t, err)
		ok := node.RequireEachOnce(t, replies[1:], 0, count+1)
		require.Equal(t, node.Numbers(ok[:len(ok)-1]), replies[count+1].Messages())
		require.GreaterOrEqual(t, len(ok), count)
	})
}

// The flood: as many requests as fit through a pipe, with the answers read at
// once, or piece by piece.
func TestRun_floodIsAnsweredOnceEach(t *testing.T) {
	count := 200_000
	if testing.Short() {
		count = 20_000 // the race detector makes it ten times slower
	}
	flood := node.ManyBroadcasts(count)
	for name, pace := range map[string]func(io.Reader) io.Reader{
		"read at once": func(r io.Reader) io.Reader { return r },
		"read slowly": func(r io.Reader) io.Reader {
			// Hands over a pipe's content at a time, and lets the others run first.
			return node.Chunked{r, 512, func() { node.Yield() }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := node.RunNode(t, patient)
				go func() {
					r.Send(node.InitLine(0, "n0", "n0"))
					_, _ = io.WriteString(r.Stdin, flood)
				}()
				s := r.Speech()
				s.Lines.Reset(pace(r.Stdout))
				require.Equal(t, "init_ok", s.Next(t).Body.Type)
				replies := make([]node.ReplyLine, 0, count)
				for range count {
					replies = append(replies, s.Next(t))
				}
				ok := node.RequireEachOnce(t, replies, 0, count)
				require.GreaterOrEqual(t, len(ok), count)
				r.Send(node.ReadLine("n0", count))
				last := s.Next(t)
				require.Equal(t, node.Numbers(ok), last.Messages(), "what was acknowledged is there, and nothing else")
				require.Empty(t, r.Finish(s))
				require.Zero(t, r.Counter("dropped_replies"))
			})
		})
	}
}

// Two nodes that are piped together tell each other.
func TestRun_twoNodesPipedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := map[string]*node.Running{"n0": node.RunNode(t), "n1": node.RunNode(t)}
		clients := make(chan node.ReplyLine, 100)
		for _, r := range nodes {
			s := r.Speech()
			go func() { // what Maelstrom does
				for {
					line, err := s.Lines.ReadString('\n')
					if err != nil {
						return
					}
					if reply := node.ParseReply(t, line); nodes[reply.Dest] != nil {
						_, _ = io.WriteString(nodes[reply.Dest].Stdin, line)
					} else {
						clients <- reply
					}
				}
			}()
		}
		nodes["n0"].Send(node.InitLine(0, "n0", "n0", "n1"))
		nodes["n1"].Send(node.InitLine(1, "n1", "n0", "n1"))
		synctest.Wait()
		nodes["n0"].Send(node.BroadcastLine("n0", 1, "1"))
		nodes["n1"].Send(node.BroadcastLine("n1", 2, "2"))
		synctest.Wait()
		require.Len(t, clients, 4)
		node.Pass(10 * time.Second)
		for range 4 {
			<-clients
		}
		for name, r := range nodes {
			r.Send(node.ReadLine(name, 3))
			got := <-clients
			require.ElementsMatch(t, []string{"1", "2"}, got.Messages())
			r.Cancel()
			require.NoError(t, node.Soon(t, r.Ended))
		}
	})
}
