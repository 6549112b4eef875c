package journal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// entry is an entry, taken apart for comparing.
type entry struct {
	Origin
	Counter uint64
	Value   string
}

// entriesOf lists what runs hold.
func entriesOf(each func(func(Run))) []entry {
	var out []entry
	each(func(r Run) {
		for i, v := range r.Values {
			out = append(out, entry{r.Origin, r.First + uint64(i), strings.Clone(v)})
		}
	})
	return out
}

// batchOf makes a batch.
func batchOf(seen Seen, entries ...entry) *Batch {
	b := &Batch{}
	for _, e := range entries {
		b.Add(e.Origin, e.Counter, e.Value)
	}
	b.Seen = seen
	return b
}

// id is a Seen with an id only.
func id(n int64) Seen { return Seen{ID: n, HasID: true} }

// drawEntries draws entries, in runs and out of order, of values of any bytes.
func drawEntries(t *rapid.T) []entry {
	source := rapid.SampledFrom([]Origin{{"n0", "a"}, {"n0", "b"}, {"n1", "a"}, {"", ""}, {strings.Repeat("n", 300), "\x00"}})
	var out []entry
	for range rapid.IntRange(0, 8).Draw(t, "runs") {
		s := source.Draw(t, "source")
		first := rapid.Uint64Range(1, 1<<62).Draw(t, "first")
		for i := range rapid.Uint64Range(1, 5).Draw(t, "length") {
			out = append(out, entry{s, first + i, rapid.String().Draw(t, "value")})
		}
	}
	return out
}

// A batch reads back as what was put in.
func TestFormat_batchReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := drawEntries(t)
		seen := Seen{
			ID: rapid.Int64Range(0, 1<<62).Draw(t, "id"), HasID: true,
			Client: rapid.Int64Range(0, 1<<62).Draw(t, "client"), HasClient: rapid.Bool().Draw(t, "named"),
		}
		if !seen.HasClient {
			seen.Client = 0
		}
		b := batchOf(seen, entries...)
		require.Equal(t, len(entries), b.Entries())
		text := string(b.append(nil))
		require.Equal(t, byte(frameEntries), text[0])
		whole := true
		require.Equal(t, entries, entriesOf(func(yield func(Run)) { whole = eachRun(text[1:], nil, yield) }))
		require.True(t, whole)
		p := payload{rest: text[1:]}
		require.Equal(t, seen, p.seen())
		b.Reset()
		require.Zero(t, b.Entries())
		require.Zero(t, b.Bytes())
		require.Equal(t, []byte{frameEntries, 0, 0}, b.append(nil))
	})
}

// Consecutive entries of an origin cost their values and a byte.
func TestFormat_consecutiveEntriesAreSmall(t *testing.T) {
	one, many := &Batch{}, &Batch{}
	for i := range 1000 {
		if i == 0 {
			one.Add(Origin{"n0", "log"}, 1, "12345")
		}
		many.Add(Origin{"n0", "log"}, uint64(i+1), "12345")
	}
	require.Equal(t, 999*(len("12345")+1), many.Bytes()-one.Bytes())
}

func TestFormat_incarnationReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := incarnation{seen: id(rapid.Int64Range(0, 99).Draw(t, "id")), number: rapid.Uint64().Draw(t, "epoch")}
		text := string(want.append(nil))
		got, ok := parseIncarnation(text[1:])
		require.True(t, ok)
		require.Equal(t, want, got)
		_, ok = parseIncarnation(text[1:] + "x")
		require.False(t, ok)
		_, ok = parseIncarnation(text[1 : len(text)-1])
		require.Equal(t, false, ok)
	})
}

// A header reads back and says what is wrong with it.
func TestFormat_headerReadsBack(t *testing.T) {
	want := header{salt: 1<<63 + 5, node: "n0", run: "a run"}
	data := want.append(nil)
	got, end, err := parseHeader(data)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, len(data), end)
	for i := range data {
		_, _, err := parseHeader(data[:i])
		require.Error(t, err, "cut at %d", i)
		damaged := append([]byte(nil), data...)
		damaged[i] ^= 0x40
		_, _, err = parseHeader(damaged)
		require.Error(t, err, "damaged at %d", i)
		switch {
		case i < 8:
			require.ErrorIs(t, err, errForeign)
		case i < 12:
			require.ErrorIs(t, err, errVersion)
		default:
			require.ErrorIs(t, err, errHeader)
		}
	}
}

// A frame is one at its own place and under its own salt only.
func TestFormat_frameNeedsItsPlaceAndSalt(t *testing.T) {
	frame := appendFrame(nil, 77, 100, []byte("payload"))
	at := func(offset int) []byte { return append(make([]byte, offset), frame...) }
	got, ok := frameAt(at(100), 77, 100)
	require.True(t, ok)
	require.Equal(t, "payload", string(got))
	_, ok = frameAt(at(101), 77, 101)
	require.False(t, ok, "copied elsewhere")
	_, ok = frameAt(at(100), 78, 100)
	require.False(t, ok, "of another file")
	for i := range frame {
		_, ok = frameAt(at(100)[:100+i], 77, 100)
		require.False(t, ok, "torn at %d", i)
		damaged := at(100)
		damaged[100+i] ^= 1
		_, ok = frameAt(damaged, 77, 100)
		require.False(t, ok, "damaged at %d", i)
	}
}

// Payloads are read or refused.
func FuzzPayload(f *testing.F) {
	f.Add(batchOf(id(3), entry{Origin{"n0", "l"}, 1, "17"}, entry{Origin{"n1", "m"}, 4, `"x"`}).append(nil))
	f.Add((&incarnation{seen: id(1), number: 9}).append(nil))
	f.Add([]byte{frameEntries, 0, 0, 1, 'a', 1, 'b', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 'x', 2, 'y', 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		text := string(data[1:])
		_, _ = parseIncarnation(text)
		bytes := 0
		whole := eachRun(text, nil, func(r Run) {
			require.NotZero(t, r.First)
			require.NotEmpty(t, r.Values)
			require.Greater(t, r.First+uint64(len(r.Values)), r.First, "counters do not overflow")
			for _, v := range r.Values {
				bytes += len(v) + 1
			}
		})
		require.LessOrEqual(t, bytes, len(text), "nothing is there twice")
		if whole { // what can be read says the same when it is written anew
			b := &Batch{}
			p := payload{rest: text}
			b.Seen = p.seen()
			entries := entriesOf(func(yield func(Run)) { eachRun(text, nil, yield) })
			for _, e := range entries {
				b.Add(e.Origin, e.Counter, e.Value)
			}
			again := string(b.append(nil))
			require.Equal(t, entries, entriesOf(func(yield func(Run)) { eachRun(again[1:], nil, yield) }), fmt.Sprintf("%q", data))
		}
	})
}
