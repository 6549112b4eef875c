package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// writes is a stream that notes what each write held.
type writes struct {
	each []string
	err  error // of every write from the failAt-th on
	fail int
}

func (w *writes) Write(p []byte) (int, error) {
	if w.err != nil && len(w.each) >= w.fail {
		return 0, w.err
	}
	w.each = append(w.each, string(p))
	return len(p), nil
}

func (w *writes) all() string { return strings.Join(w.each, "") }

func TestWriterHoldsLinesUntilFlushed(t *testing.T) {
	var out writes
	w := NewWriter(&out)
	require.NoError(t, w.WriteMessage("n0", "c1", []byte(`{"type":"read_ok"}`)))
	require.NoError(t, w.WriteParts("n\"0", "é", []byte(`{"type":"x"`), nil, []byte(`,"a":1`), []byte(`}`)))
	require.Empty(t, out.each)
	want := `{"src":"n0","dest":"c1","body":{"type":"read_ok"}}` + "\n" + `{"src":"n\"0","dest":"é","body":{"type":"x","a":1}}` + "\n"
	require.Equal(t, len(want), w.Buffered())
	require.NoError(t, w.Flush())
	require.NoError(t, w.Flush())
	require.Equal(t, []string{want}, out.each)
	require.Zero(t, w.Buffered())
}

func TestWriterWritesByItselfBeforeItHoldsMuch(t *testing.T) {
	var out writes
	w := NewWriter(&out)
	body := []byte(`{"x":"` + strings.Repeat("x", 1000) + `"}`)
	for range 1000 {
		require.NoError(t, w.WriteMessage("n0", "c1", body))
		require.Less(t, w.Buffered(), writerBytes)
		require.LessOrEqual(t, cap(w.buf), 2*writerBytes)
	}
	require.NoError(t, w.Flush())
	require.Equal(t, 1000, strings.Count(out.all(), "\n"))
	require.Less(t, len(out.each), 20)
}

func TestLargePartIsNotCopied(t *testing.T) {
	list := []byte(strings.Repeat("123456,", 1<<18) + "0")
	var out writes
	uncopied := false
	w := NewWriter(writerFunc(func(p []byte) (int, error) {
		uncopied = uncopied || &p[0] == &list[0] && len(p) == len(list)
		return out.Write(p)
	}))
	require.NoError(t, w.WriteParts("n0", "c1", []byte(`{"messages":[`), list, []byte(`]}`)))
	require.NoError(t, w.Flush())
	require.Equal(t, `{"src":"n0","dest":"c1","body":{"messages":[`+string(list)+"]}}\n", out.all())
	require.True(t, uncopied)
	require.LessOrEqual(t, cap(w.buf), 2*writerBytes)
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestHugeNameDoesNotStayInTheBuffer(t *testing.T) {
	w := NewWriter(io.Discard)
	require.NoError(t, w.WriteMessage("n0", strings.Repeat("x", 1<<20), []byte(`{}`)))
	require.NoError(t, w.Flush())
	require.LessOrEqual(t, cap(w.buf), 2*writerBytes)
}

func TestNewlinesOfABodyDoNotEndTheLine(t *testing.T) {
	var out writes
	w := NewWriter(&out)
	body := []byte("{\n  \"type\":\r\n \"a\\n\"\r}")
	kept := bytes.Clone(body)
	require.NoError(t, w.WriteMessage("n\n0", "c1", body))
	require.NoError(t, w.Flush())
	require.Equal(t, `{"src":"n\n0","dest":"c1","body":{   "type":   "a\n" }}`+"\n", out.all())
	require.Equal(t, kept, body, "the caller's body was changed")
}

func TestBodyThatIsNoObjectIsNotWritten(t *testing.T) {
	var out writes
	w := NewWriter(&out)
	for _, parts := range [][][]byte{nil, {nil}, {[]byte("1")}, {[]byte("{")}, {[]byte(`{"a":1`), nil}, {[]byte(`[]`)}} {
		require.ErrorIs(t, w.WriteParts("n0", "c1", parts...), ErrBody)
	}
	require.ErrorIs(t, w.WriteMessage("n0", "c1", nil), ErrBody)
	require.NoError(t, w.WriteMessage("n0", "c1", []byte("{}")), "and the writer goes on")
	require.NoError(t, w.Flush())
	require.Equal(t, `{"src":"n0","dest":"c1","body":{}}`+"\n", out.all())
}

func TestErrorOfTheStreamStays(t *testing.T) {
	large := []byte(`{"x":"` + strings.Repeat("x", directBytes) + `"}`)
	for fail := range 3 {
		out := writes{err: errors.New("broken pipe"), fail: fail}
		w := NewWriter(&out)
		require.NoError(t, w.WriteMessage("n0", "c1", []byte(`{}`)))
		err := w.WriteMessage("n0", "c1", large)
		if err == nil {
			err = w.Flush()
		}
		require.ErrorIs(t, err, out.err)
		require.ErrorIs(t, w.WriteMessage("n0", "c1", []byte(`{}`)), out.err)
		require.ErrorIs(t, w.Flush(), out.err)
		require.Len(t, out.each, fail, "nothing follows part of a line")
	}
	w := NewWriter(short{})
	require.NoError(t, w.WriteMessage("n0", "c1", []byte(`{}`)))
	require.ErrorIs(t, w.Flush(), io.ErrShortWrite)
}

// short is a stream that takes less than it is given, against the contract.
type short struct{}

func (short) Write(p []byte) (int, error) { return len(p) - 1, nil }

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	name := rapid.Custom(func(t *rapid.T) string { return string([]rune(anyText().Draw(t, "text"))) })
	rapid.Check(t, func(t *rapid.T) {
		type sent struct{ src, dest, typ, value string }
		var all []sent
		var stream bytes.Buffer
		w := NewWriter(&stream)
		for range rapid.IntRange(1, 5).Draw(t, "messages") {
			s := sent{name.Draw(t, "src"), name.Draw(t, "dest"), name.Draw(t, "type"), anyJSON(2).Draw(t, "value")}
			body := AppendKey(append(AppendKey(AppendReplyOpen(nil, s.typ, IntID(7)), "msg_id"), "-1"...), "value\n")
			if rapid.Bool().Draw(t, "in parts") {
				require.NoError(t, w.WriteParts(s.src, s.dest, body, OneLine([]byte(s.value)), []byte("}")))
			} else {
				require.NoError(t, w.WriteMessage(s.src, s.dest, append(append(body, s.value...), '}')))
			}
			all = append(all, s)
		}
		require.NoError(t, w.Flush())
		require.Equal(t, len(all), bytes.Count(stream.Bytes(), []byte("\n")))
		require.NotContains(t, stream.String(), "\r")

		items := readAll(t, NewReader(&stream, 0), io.EOF)
		require.Len(t, items, len(all))
		for i, item := range items {
			m := item.Message
			require.NoError(t, item.Err)
			require.Equal(t, Message{
				Src: all[i].src, Dest: all[i].dest, Type: all[i].typ, Body: m.Body,
				MsgID: IntID(-1), HasMsgID: true, InReplyTo: IntID(7), HasInReplyTo: true,
			}, m)
			value, ok := Field(m.Body, "value\n")
			require.True(t, ok)
			got, err := Canonical(value)
			require.NoError(t, err)
			want, err := Canonical([]byte(all[i].value))
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	})
}

func TestWritingAReplyAllocatesNothing(t *testing.T) {
	w := NewWriter(io.Discard)
	var body []byte
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		body = AppendReply(body[:0], "broadcast_ok", IntID(7))
		if w.WriteMessage("n0", "c1", body) != nil || w.WriteParts("n0", "c1", body[:1], body[1:]) != nil || w.Flush() != nil {
			panic("not written")
		}
	}))
}
