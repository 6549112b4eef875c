package wire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// readAll reads to the end and requires that end to be err.
func readAll(t require.TestingT, r *Reader, end error) []Item {
	var items []Item
	for {
		item, err := r.Next()
		if err != nil {
			require.Equal(t, end, err)
			_, again := r.Next()
			require.Equal(t, end, again, "the end stays the end")
			return items
		}
		items = append(items, item)
	}
}

func line(typ string) string {
	return `{"src":"c1","dest":"n0","body":{"type":"` + typ + `","msg_id":1}}`
}

func types(items []Item) (all []string) {
	for _, item := range items {
		all = append(all, item.Message.Type)
	}
	return all
}

func TestReaderReadsLinesOfAnyEnding(t *testing.T) {
	input := "\n" + line("a") + "\n\n \t\r\n\r\n" + line("b") + "\r\n" + line("c")
	items := readAll(t, NewReader(strings.NewReader(input), 0), io.EOF)
	require.Equal(t, []string{"a", "b", "c"}, types(items))
	require.Equal(t, int64(len(line("a"))), items[0].LineBytes)
	require.Empty(t, readAll(t, NewReader(strings.NewReader(""), 0), io.EOF))
	require.Empty(t, readAll(t, NewReader(strings.NewReader("\n\n"), 0), io.EOF))
}

func TestBadLineIsAnItemAndNotTheEnd(t *testing.T) {
	input := line("a") + "\nhello\n" + `{"src":"c7","dest":"n0","body":{"type":5,"msg_id":9}}` + "\n[]\n\x00\xff\n" + line("b") + "\n"
	items := readAll(t, NewReader(strings.NewReader(input), 0), io.EOF)
	require.Len(t, items, 6)
	require.Equal(t, []Kind{Valid, Malformed, Malformed, Malformed, Malformed, Valid},
		[]Kind{items[0].Kind, items[1].Kind, items[2].Kind, items[3].Kind, items[4].Kind, items[5].Kind})
	require.ErrorIs(t, items[1].Err, ErrNotJSON)
	require.ErrorIs(t, items[2].Err, ErrShape)
	require.True(t, items[2].Message.Answerable())
	require.Equal(t, "c7", items[2].Message.Src)
	require.Equal(t, IntID(9), items[2].Message.MsgID)
	require.NoError(t, items[5].Err)
}

func TestSeventeenMegabyteLineIsSkippedAndTheNextOneRead(t *testing.T) {
	padding := strings.Repeat("x", 17<<20)
	tooLong := `{"src":"c1","dest":"n0","body":{"type":"broadcast","msg_id":7,"message":"` + padding + `"}}`
	r := NewReader(strings.NewReader(tooLong+"\n"+line("b")+"\n"), 0)
	item, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, TooLong, item.Kind)
	require.ErrorIs(t, item.Err, ErrTooLong)
	require.ErrorContains(t, item.Err, "the limit is 16777216")
	require.Equal(t, int64(len(tooLong)), item.LineBytes)
	require.True(t, item.Message.Answerable())
	require.Equal(t, IntID(7), item.Message.MsgID)
	require.Nil(t, item.Message.Body)
	require.Len(t, r.buf, readerBytes, "the memory was given back")

	require.Equal(t, []string{"b"}, types(readAll(t, r, io.EOF)))
}

func TestSenderIsKnownOnlyFromTheFirst64KiB(t *testing.T) {
	for _, test := range []struct {
		before int // bytes of padding before msg_id
		known  bool
	}{{10, true}, {60 << 10, true}, {64 << 10, false}, {200 << 10, false}} {
		input := `{"src":"c1","dest":"n0","body":{"x":"` + strings.Repeat("x", test.before) + `","msg_id":7,"y":"` + strings.Repeat("y", 300<<10) + `"}}`
		items := readAll(t, NewReader(strings.NewReader(input), 256<<10), io.EOF)
		require.Len(t, items, 1)
		require.Equal(t, TooLong, items[0].Kind)
		require.Equal(t, test.known, items[0].Message.Answerable(), "msg_id after %d bytes", test.before)
	}
	// An id that is cut in two is not taken for a shorter one.
	input := `{"src":"c1","dest":"n0","body":{"msg_id":123456}}`
	for limit := 1; limit < len(input); limit++ {
		items := readAll(t, NewReader(strings.NewReader(input+"\n"), limit), io.EOF)
		require.Len(t, items, 1)
		require.Contains(t, []ID{{}, IntID(123456)}, items[0].Message.MsgID)
	}
}

func TestLineOfExactlyTheLimitIsRead(t *testing.T) {
	for _, end := range []string{"", "\n"} {
		for _, limit := range []int{len(line("a")), 100_000, 200_000} {
			whole := line("a") + strings.Repeat(" ", limit-len(line("a")))
			for _, r := range []io.Reader{strings.NewReader(whole + end), iotest.DataErrReader(strings.NewReader(whole + end))} {
				items := readAll(t, NewReader(r, limit), io.EOF)
				require.Equal(t, []string{"a"}, types(items))
			}
			items := readAll(t, NewReader(strings.NewReader(whole+" "+end), limit), io.EOF)
			require.Len(t, items, 1)
			require.Equal(t, TooLong, items[0].Kind)
			require.Equal(t, int64(limit+1), items[0].LineBytes)
		}
	}
}

func TestMemoryOfALongLineIsGivenBack(t *testing.T) {
	long := `{"src":"c1","dest":"n0","body":{"type":"topology","msg_id":1,"x":"` + strings.Repeat("x", 2<<20) + `"}}`
	r := NewReader(strings.NewReader(line("a")+"\n"+long+"\n"+line("b")+"\n"), 0)
	for range 2 {
		_, err := r.Next()
		require.NoError(t, err)
	}
	require.Len(t, r.buf, readerBytes)
	require.Equal(t, []string{"b"}, types(readAll(t, r, io.EOF)))
}

func TestAnyLimitIsPossible(t *testing.T) {
	long := `{"src":"c1","dest":"n0","body":{"type":"a","x":"` + strings.Repeat("x", 300_000) + `"}}`
	require.Equal(t, []string{"a"}, types(readAll(t, NewReader(strings.NewReader(long), math.MaxInt), io.EOF)))
	require.Equal(t, []string{"a"}, types(readAll(t, NewReader(strings.NewReader(long), -1), io.EOF)))
}

func TestErrorOfTheStreamComesAfterTheWholeLines(t *testing.T) {
	broken := errors.New("broken")
	r := NewReader(io.MultiReader(strings.NewReader(line("a")+"\n"+line("b")), iotest.ErrReader(broken)), 0)
	require.Equal(t, []string{"a"}, types(readAll(t, r, broken)), "a line that was cut by an error is none")
	require.Empty(t, readAll(t, NewReader(idle{}, 0), io.ErrNoProgress))
}

// idle is a stream that never has anything, nor ends.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestReadyMeansThatNextNeedNotWait(t *testing.T) {
	pipe := &chunks{chunks: []string{line("a") + "\n\n", "\n \n" + line("b") + "\n" + line("c")[:10], line("c")[10:] + "\n"}}
	r := NewReader(pipe, 0)
	require.False(t, r.Ready())
	next := func(typ string) {
		item, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, typ, item.Message.Type)
	}
	next("a")
	require.Equal(t, 1, pipe.reads)
	require.False(t, r.Ready(), "a blank line is nothing to wait for")
	next("b")
	require.Equal(t, 10, r.Buffered())
	require.False(t, r.Ready(), "part of a line")
	next("c")
	require.Zero(t, r.Buffered())
	require.Equal(t, 3, pipe.reads)
	_, err := r.Next()
	require.Equal(t, io.EOF, err)
	require.True(t, r.Ready(), "at the end Next does not wait")
}

// chunks is a stream that gives one chunk per read.
type chunks struct {
	chunks []string
	reads  int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.chunks) == 0 {
		return 0, io.EOF
	}
	c.reads++
	n := copy(p, c.chunks[0])
	if c.chunks[0] = c.chunks[0][n:]; c.chunks[0] == "" {
		c.chunks = c.chunks[1:]
	}
	return n, nil
}

// itemsModel splits lines without a buffer to get wrong.
func itemsModel(input []byte, limit int) (items []Item) {
	for len(input) > 0 {
		line, rest, _ := bytes.Cut(input, []byte("\n"))
		input = rest
		item := Item{LineBytes: int64(len(line))}
		switch {
		case len(line) > limit:
			item.Kind, item.Message = TooLong, parsePrefix(line[:min(limit, prefixBytes)])
		case len(bytes.Trim(line, " \t\r")) == 0:
			continue
		default:
			if item.Message, item.Err = Parse(line); item.Err != nil {
				item.Kind = Malformed
			}
		}
		items = append(items, item)
	}
	return items
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(line("a")+"\r\n\nx\n"+line("b")), 1000, uint64(1))
	f.Add([]byte(line("a")+"\n"+strings.Repeat("x", 200)+"\n"+line("b")+"\n"), 100, uint64(2))
	f.Add([]byte(strings.Repeat(line("a")+"\n", 1100)), 90, uint64(3))
	f.Add([]byte(strings.Repeat(" ", 70_000)+line("a")+"\n\n"+strings.Repeat("y", 140_000)), 100_000, uint64(4))
	f.Fuzz(func(t *testing.T, input []byte, limit int, seed uint64) {
		limit = 1 + int(uint(limit)%200_000)
		random := rand.New(rand.NewPCG(seed, 0))
		var stream chunks
		for rest := input; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 1<<random.IntN(18)))
			stream.chunks, rest = append(stream.chunks, string(rest[:n])), rest[n:]
		}
		r := NewReader(&stream, limit)
		for _, want := range itemsModel(input, limit) {
			ready, reads := random.IntN(2) == 0 && r.Ready(), stream.reads
			item, err := r.Next()
			require.NoError(t, err)
			if ready {
				require.Equal(t, reads, stream.reads, "Ready, and Next read")
			}
			if want.Kind == TooLong {
				require.ErrorIs(t, item.Err, ErrTooLong)
				item.Err = nil
			}
			require.Equal(t, want, item)
			require.LessOrEqual(t, len(r.buf), max(readerBytes, limit+1))
		}
		_, err := r.Next()
		require.Equal(t, io.EOF, err)
	})
}

func TestReadingARequestAllocatesOnlyItsBody(t *testing.T) {
	r := NewReader(&loop{data: []byte(broadcastLine + "\n")}, 0)
	require.LessOrEqual(t, testing.AllocsPerRun(1000, func() {
		if item, err := r.Next(); err != nil || item.Kind != Valid {
			panic("no message")
		}
	}), 1.0)
}
