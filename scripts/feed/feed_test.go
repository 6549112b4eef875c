package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeNode answers requests as answer says, in place of a process.
func fakeNode(t *testing.T, window int, answer func(kind string) string) *feeder {
	requests, in := io.Pipe()
	out, replies := io.Pipe()
	t.Cleanup(func() { in.Close(); out.Close() })
	go func() {
		lines := bufio.NewScanner(requests)
		for lines.Scan() {
			var m struct {
				Body struct {
					Type string
				}
			}
			if json.Unmarshal(lines.Bytes(), &m) != nil {
				replies.CloseWithError(fmt.Errorf("no request: %s", lines.Bytes()))
				return
			}
			fmt.Fprintln(replies, answer(m.Body.Type))
		}
		replies.Close()
	}()
	used := time.Duration(0)
	return &feeder{
		in: bufio.NewWriterSize(in, 4096), out: bufio.NewReaderSize(out, 4096), window: window,
		cpu: func() (time.Duration, error) { used += time.Second; return used, nil },
	}
}

func reply(kind string) string { return `{"body":{"type":"` + kind + `_ok"}}` }

func TestEveryRequestIsAnsweredBeforeTheNextKindBegins(t *testing.T) {
	for _, window := range []int{1, 10, 1024} {
		asked := map[string]int{}
		f := fakeNode(t, window, func(kind string) string {
			asked[kind]++
			if kind == "read" { // longer than what the feeder reads at once
				return `{"body":{"messages":[` + strings.Repeat("1,", 10_000) + `1],"type":"read_ok"}}`
			}
			return reply(kind)
		})
		var r result
		require.NoError(t, f.work(&r, time.Now(), 500, 3))
		require.Equal(t, map[string]int{"init": 1, "broadcast": 500, "read": 3}, asked)
		require.Equal(t, time.Second, r.broadcastsCPU)
		require.Equal(t, time.Second, r.readsCPU)
	}
}

func TestAReplyOfAnotherKindIsAnError(t *testing.T) {
	f := fakeNode(t, 10, func(kind string) string {
		if kind == "broadcast" {
			return `{"body":{"type":"error","code":11}}`
		}
		return reply(kind)
	})
	var r result
	err := f.work(&r, time.Now(), 500, 0)
	require.ErrorContains(t, err, "waiting for broadcast_ok")
	require.ErrorContains(t, err, `"code":11`)
}

func TestTheCPUTimeOfAProcessGrowsAsItWorks(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	require.NoError(t, err)
	require.Positive(t, before)
	for after := before; after == before; { // it works here
		after, err = cpuTime(os.Getpid())
		require.NoError(t, err)
	}
	_, err = cpuTime(1 << 22) // beyond every number of a process
	require.Error(t, err)
}

func TestAPageSetsEveryNodeBesideTheSecond(t *testing.T) {
	costs := func(us, perSecond, readUs float64) []cost {
		return []cost{{
			start: 5 * time.Millisecond, idleBytes: 9e6, heldBytes: 20e6, perSecond: perSecond,
			broadcast: time.Duration(us * 1e3), read: time.Duration(readUs * 1e3),
		}}
	}
	text := page(settings{values: 100_000, requests: 200_000, runs: 1}, []node{{name: "own"}, {name: "other"}},
		[][]cost{costs(1, 500_000, 100), costs(15, 50_000, 2500)}, "hand")
	require.Contains(t, text, "| own | 1.00 us | 1/15.0 | 500000 | 10.0 x | 100 us | 1/25.0 | 20 MB | 9.0 MB | 5.0 ms |\n")
	require.Contains(t, text, "| other | 15.00 us | 1/1.0 |")
	require.Contains(t, text, "Made by `hand`")
}

func TestTooLittleToMeasureIsRefused(t *testing.T) {
	for _, args := range [][]string{{}, {"a=./a"}, {"a=./a", "b"}, {"--runs", "0", "a=./a", "b=./b"}} {
		require.Error(t, feed(t.Context(), args), args)
	}
}
