package process

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func linesOf(t require.TestingT, read func(emit func([][]byte))) (got []string) {
	read(func(lines [][]byte) {
		require.NotEmpty(t, lines)
		for _, l := range lines {
			got = append(got, string(l))
		}
	})
	return got
}

func TestLinesAreReadHoweverTheyComeInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.StringMatching(`[a-z]{0,20}`)).Draw(t, "lines")
		text := strings.Join(want, "\n")
		if len(want) > 0 && (want[len(want)-1] == "" || rapid.Bool().Draw(t, "ended")) {
			text += "\n"
		}
		for _, r := range []func() []string{
			func() []string {
				return linesOf(t, func(e func([][]byte)) { readLines(strings.NewReader(text), e, nil) })
			},
			func() []string {
				return linesOf(t, func(e func([][]byte)) { readLines(iotest.OneByteReader(strings.NewReader(text)), e, nil) })
			},
			func() []string {
				return linesOf(t, func(e func([][]byte)) { readLines(iotest.DataErrReader(strings.NewReader(text)), e, nil) })
			},
		} {
			if got := r(); len(want) == 0 {
				require.Empty(t, got)
			} else {
				require.Equal(t, want, got)
			}
		}
	})
}

func TestALongLineAndWhatFollowsItAreWhole(t *testing.T) {
	long := strings.Repeat("x", 5*chunkBytes+7)
	text := "a\n" + long + "\nb\n" + long + "\n" + long
	got := linesOf(t, func(e func([][]byte)) { readLines(strings.NewReader(text), e, nil) })
	require.Equal(t, []string{"a", long, "b", long, long}, got)
}

func TestTheInboxWritesEverythingInOrder(t *testing.T) {
	b := newInbox()
	var out bytes.Buffer
	done := make(chan struct{})
	wrote := make(chan struct{}, 100)
	go func() {
		defer close(done)
		b.drain(writerFunc(func(p []byte) (int, error) {
			out.Write(p)
			wrote <- struct{}{}
			return len(p), nil
		}))
	}()
	b.put([]byte("one\n"))
	<-wrote
	b.put(bytes.Repeat([]byte("y"), 2*chunkBytes))
	<-wrote
	b.put([]byte("\ntwo\n"))
	<-wrote
	b.close()
	<-done
	b.put([]byte("late"))
	require.Empty(t, b.pending)
	require.Equal(t, "one\n"+strings.Repeat("y", 2*chunkBytes)+"\ntwo\n", out.String())
}

func TestTheInboxOfANodeThatIsGoneKeepsNothing(t *testing.T) {
	b := newInbox()
	b.put([]byte("x"))
	b.drain(writerFunc(func([]byte) (int, error) { return 0, errors.New("broken pipe") }))
	b.put([]byte("y"))
	require.Empty(t, b.pending)
}

type writerFunc func(p []byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

func TestTheTailKeepsTheLastLines(t *testing.T) {
	var file bytes.Buffer
	s := &stderr{node: "n0", file: &file}
	for i := range 30 {
		s.Write([]byte{byte('a' + i%26), '\n'})
	}
	require.Len(t, s.lines(), 20)
	require.Equal(t, "k", s.lines()[0])
	s.Write([]byte("par"))
	s.Write([]byte("t"))
	require.Equal(t, "part", s.lines()[19])
	require.Equal(t, "l", s.lines()[0])
	s.Write([]byte(strings.Repeat("z", 10*tailLineBytes) + "\nend\n"))
	require.Len(t, s.lines()[18], tailLineBytes)
	require.Equal(t, "end", s.lines()[19])
	require.Equal(t, 30*2+4+10*tailLineBytes+5, file.Len(), "the file has all of it")
}

func TestALogThatCannotBeWrittenDoesNotHoldUpTheNode(t *testing.T) {
	s := &stderr{node: "n0", file: writerFunc(func([]byte) (int, error) { return 0, errors.New("disk full") })}
	n, err := s.Write([]byte("one\n"))
	require.NoError(t, err)
	require.Equal(t, 4, n)
	s.Write([]byte("two\n"))
	require.Equal(t, []string{"(the log file could not be written: disk full)", "one", "two"}, s.lines())
}

func TestTail_isWhatStandsBehindTheLastNewline(t *testing.T) {
	r, w := io.Pipe()
	var kept tail
	done := make(chan struct{})
	heard := make(chan struct{}, 10)
	go func() {
		defer close(done)
		readLines(r, func([][]byte) { heard <- struct{}{} }, &kept)
	}()
	long := strings.Repeat("y", 2*tailHeadBytes)
	for _, c := range []struct {
		write, head string
		size        int
	}{
		{`{"a":1}`, `{"a":1}`, 7}, {" ", `{"a":1} `, 8}, {"\n", "", 0}, {"x\nyz", "yz", 2}, {long, ("yz" + long)[:tailHeadBytes], 2 + len(long)},
	} {
		_, err := io.WriteString(w, c.write)
		require.NoError(t, err)
		_, err = w.Write(nil) // is taken when the reader has come back
		require.NoError(t, err)
		head, size := kept.get()
		require.Equal(t, c.head, string(head))
		require.Equal(t, c.size, size)
	}
	require.False(t, kept.ended())
	require.NoError(t, w.Close())
	<-done
	require.True(t, kept.ended())
}
