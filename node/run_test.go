package node

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheEndOfStdinWritesOutWhatIsQueuedAndEndsTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		said := r.collect()
		r.write(initLine(0, "n0", "n0"))
		synctest.Wait()
		r.write(manyBroadcasts(1000) + readLine("n0", 1000))
		require.NoError(t, r.stdin.Close())
		require.NoError(t, soon(t, r.ended))
		soon(t, said.done)
		replies := said.take()
		require.Equal(t, "init_ok", replies[0].Body.Type)
		ok := requireEachOnce(t, replies[1:], 0, 1001)
		require.Len(t, ok, 1001)
		require.Equal(t, numbers(ok[:1000]), replies[1001].messages(), "in the order in which they came")
	})
}

func TestALastLineNeedsNoNewline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		go func() {
			_, _ = io.WriteString(r.stdin, initLine(0, "n0", "n0"))
			_ = r.stdin.Close()
		}()
		replies, err := r.rest(r.speech())
		require.NoError(t, err)
		require.Len(t, replies, 1)
	})
}

func TestACancelledNodeWritesOutWhatIsQueuedAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		s := r.speech()
		r.write(initLine(0, "n0", "n0"))
		require.Equal(t, "init_ok", s.next(t).Body.Type)
		r.write(broadcastLine("n0", 1, "1"), readLine("n0", 2))
		require.Equal(t, "broadcast_ok", s.next(t).Body.Type)
		require.Equal(t, "read_ok", s.next(t).Body.Type)
		r.cancel() // stdin stays open
		replies, err := r.rest(s)
		require.NoError(t, err)
		require.Empty(t, replies)
	})
}

func TestANodeThatWasCancelledBeforeItBeganEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		r.cancel()
		_, err := r.rest(r.speech())
		require.NoError(t, err)
	})
}

func TestAStdoutThatIsClosedEndsTheNodeWithItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		require.NoError(t, r.stdout.Close())
		r.write(initLine(0, "n0", "n0"))
		err := soon(t, r.ended) // though stdin goes on
		require.ErrorIs(t, err, io.ErrClosedPipe)
		require.ErrorContains(t, err, "node: ")
	})
}

func TestAStdinThatFailsEndsTheNodeWithItsErrorAndWhatIsQueuedWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		s := r.speech()
		r.write(initLine(0, "n0", "n0"), broadcastLine("n0", 1, "1"))
		failure := errors.New("input/output error")
		require.NoError(t, r.stdin.CloseWithError(failure))
		replies, err := r.rest(s)
		require.ErrorIs(t, err, failure)
		require.ErrorContains(t, err, "reading stdin")
		require.Len(t, replies, 2)
	})
}

func TestGarbageAndALineBeyondAllMeasureDoNotStopANode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		long := say("c1", "n0", `{"type":"broadcast","msg_id":7,"message":"`+strings.Repeat("x", 17<<20)+`"}`)
		go func() {
			r.write("garbage", "", "\x00\xff", "[", initLine(0, "n0", "n0"))
			r.write(long)
			r.write(broadcastLine("n0", 8, "8"), readLine("n0", 9))
			_ = r.stdin.Close()
		}()
		replies, err := r.rest(r.speech())
		require.NoError(t, err)
		require.Len(t, replies, 4)
		require.Equal(t, "init_ok", replies[0].Body.Type)
		require.Equal(t, say("n0", "c1", fmt.Sprintf(`{"type":"error","in_reply_to":7,"code":12,"text":"line too long: %d bytes, the limit is 16777216"}`, len(long)))+"\n", replies[1].line)
		require.Equal(t, 8, replies[2].to())
		require.Equal(t, []string{"8"}, replies[3].messages())
		require.Equal(t, uint64(3), r.counters.malformedLines.Load())
		require.Equal(t, uint64(1), r.counters.longLines.Load())
	})
}

func TestATopologyOfTwoMegabytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runNode(t)
		s := r.speech()
		r.write(initLine(0, "n0", "n0"))
		s.next(t)
		var b strings.Builder
		for i := 0; b.Len() < 2<<20; i++ {
			fmt.Fprintf(&b, `"n%d":["n%d","n%d"],`, i, i+1, i+2)
		}
		r.write(say("c1", "n0", `{"type":"topology","topology":{`+b.String()+`"n":[]},"msg_id":1}`))
		require.Equal(t, say("n0", "c1", `{"type":"topology_ok","in_reply_to":1}`)+"\n", s.next(t).line)
		require.Empty(t, r.finish(s))
	})
}

// patient lets a node refuse nothing: how many requests it takes before it sheds
// is not what these tests are about.
func patient(c *Config) {
	c.MaxWait, c.ClientThreshold = Never, time.Hour
	c.Queues = map[string]QueueSizes{"intake": {Preferred: 1 << 18, Capacity: 1 << 18}}
}

func TestAReadOfAHundredThousandValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := 100_000
		if testing.Short() {
			count = 20_000
		}
		r := runNode(t, patient)
		go func() {
			r.write(initLine(0, "n0", "n0"), manyBroadcasts(count)+readLine("n0", count))
			_ = r.stdin.Close()
		}()
		replies, err := r.rest(r.speech())
		require.NoError(t, err)
		ok := requireEachOnce(t, replies[1:], 0, count+1)
		require.Equal(t, numbers(ok[:len(ok)-1]), replies[count+1].messages())
		require.GreaterOrEqual(t, len(ok), count)
	})
}

// chunked reads so many bytes at a time at most, with a call before each.
type chunked struct {
	io.Reader
	bytes  int
	before func()
}

func (c chunked) Read(p []byte) (int, error) {
	c.before()
	return c.Reader.Read(p[:min(len(p), c.bytes)])
}

// The flood: as many requests as fit through a pipe, with the answers read at
// once, or piece by piece.
func TestAFloodOfBroadcastsIsAnsweredOnceEachAndNothingAcknowledgedIsLost(t *testing.T) {
	count := 200_000
	if testing.Short() {
		count = 20_000 // the race detector makes it ten times slower
	}
	flood := manyBroadcasts(count)
	for name, pace := range map[string]func(io.Reader) io.Reader{
		"read at once": func(r io.Reader) io.Reader { return r },
		"read slowly": func(r io.Reader) io.Reader {
			// Hands over a pipe's content at a time, and lets the others run first.
			return chunked{r, 512, func() { yield() }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := runNode(t, patient)
				go func() {
					r.write(initLine(0, "n0", "n0"))
					_, _ = io.WriteString(r.stdin, flood)
				}()
				s := r.speech()
				s.lines.Reset(pace(r.stdout))
				require.Equal(t, "init_ok", s.next(t).Body.Type)
				replies := make([]reply, 0, count)
				for range count {
					replies = append(replies, s.next(t))
				}
				ok := requireEachOnce(t, replies, 0, count)
				require.GreaterOrEqual(t, len(ok), count)
				r.write(readLine("n0", count))
				last := s.next(t)
				require.Equal(t, numbers(ok), last.messages(), "what was acknowledged is there, and nothing else")
				require.Empty(t, r.finish(s))
				require.Zero(t, r.counters.droppedReplies.Load())
			})
		})
	}
}

func TestTwoNodesThatArePipedTogetherTellEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := map[string]*running{"n0": runNode(t), "n1": runNode(t)}
		clients := make(chan reply, 100)
		for _, r := range nodes {
			s := r.speech()
			go func() { // what Maelstrom does
				for {
					line, err := s.lines.ReadString('\n')
					if err != nil {
						return
					}
					if reply := parseReply(t, line); nodes[reply.Dest] != nil {
						_, _ = io.WriteString(nodes[reply.Dest].stdin, line)
					} else {
						clients <- reply
					}
				}
			}()
		}
		nodes["n0"].write(initLine(0, "n0", "n0", "n1"))
		nodes["n1"].write(initLine(1, "n1", "n0", "n1"))
		synctest.Wait()
		nodes["n0"].write(broadcastLine("n0", 1, "1"))
		nodes["n1"].write(broadcastLine("n1", 2, "2"))
		synctest.Wait()
		require.Len(t, clients, 4)
		pass(10 * time.Second)
		for range 4 {
			<-clients
		}
		for name, r := range nodes {
			r.write(readLine(name, 3))
			got := <-clients
			require.ElementsMatch(t, []string{"1", "2"}, got.messages())
			r.cancel()
			require.NoError(t, soon(t, r.ended))
		}
	})
}
