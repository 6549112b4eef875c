package frame

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// all reads what a stream holds, fed in pieces of a size.
func all(r *Reader, stream []byte, piece int) (got []Message, err error) {
	for {
		n := min(piece, len(stream))
		r.Feed(stream[:n])
		stream = stream[n:]
		for {
			m, ok, err := r.Next()
			if err != nil {
				return got, err
			}
			if !ok {
				break
			}
			got = append(got, Message{m.Type, bytes.Clone(m.Payload)})
		}
		if len(stream) == 0 {
			return got, nil
		}
	}
}

func TestFrames_ofEverySizeComeWhole(t *testing.T) {
	w := Writer{Generation: 7}
	var stream []byte
	sizes := []int{0, 1, 65535, 65536, MaxPayloadBytes - 1, MaxPayloadBytes, MaxPayloadBytes + 1, 3*MaxPayloadBytes + 5}
	for _, n := range sizes {
		stream = w.Append(stream, 3, bytes.Repeat([]byte{byte(n)}, n))
	}
	for _, piece := range []int{1 << 12, 65536, len(stream)} {
		got, err := all(NewReader(7, 4*MaxPayloadBytes), stream, piece)
		require.NoError(t, err)
		require.Len(t, got, len(sizes))
		for i, n := range sizes {
			require.Len(t, got[i].Payload, n)
			require.Equal(t, bytes.Repeat([]byte{byte(n)}, n), append([]byte{}, got[i].Payload...))
		}
	}
}

func TestFrames_controlMessagesPassBetweenChunks(t *testing.T) {
	w := Writer{}
	large := bytes.Repeat([]byte{9}, MaxPayloadBytes+10)
	stream, left := w.AppendChunk(nil, 1, large)
	stream = w.Append(stream, 0x41, []byte("beat"))
	stream, left = w.AppendChunk(stream, 1, left)
	require.Nil(t, left)
	got, err := all(NewReader(0, 2*MaxPayloadBytes), stream, 1000)
	require.NoError(t, err)
	require.Equal(t, []Message{{0x41, []byte("beat")}, {1, large}}, got)
	require.Panics(t, func() { w.Append(nil, 0x41, large) })
	require.Panics(t, func() { w.Append(nil, 0x80, nil) })
}

func TestReader_refusesWhatIsNotDue(t *testing.T) {
	one := func(change func(frame []byte)) []byte {
		w := Writer{Generation: 2}
		f := w.Append(nil, 5, []byte("payload"))
		change(f)
		return f
	}
	two := Writer{Generation: 2}
	repeated := two.Append(nil, 5, nil)
	for why, stream := range map[string][]byte{
		"a length of 3":                one(func(f []byte) { binary.BigEndian.PutUint32(f, 3) }),
		"a length of 1048590":          one(func(f []byte) { binary.BigEndian.PutUint32(f, afterLength+MaxPayloadBytes+1) }),
		"generation 1 instead of 2":    one(func(f []byte) { f[16] = 1 }),
		"sequence 2 instead of 1":      one(func(f []byte) { f[12] = 2 }),
		"sequence 1 instead of 2":      append(bytes.Clone(repeated), repeated...),
		"type 0":                       one(func(f []byte) { f[4] = 0 }),
		"a control message in chunks":  one(func(f []byte) { f[4] = 0xc1 }),
		"a chunk of 7 bytes that is":   one(func(f []byte) { f[4] |= 0x80 }),
		"a message of more than 4 byt": one(func([]byte) {}),
	} {
		limit := 1 << 20
		if strings.HasPrefix(why, "a message of") {
			limit = 4
		}
		for _, piece := range []int{1, len(stream)} {
			r := NewReader(2, limit)
			_, err := all(r, stream, piece)
			require.ErrorContains(t, err, why)
			_, _, again := r.Next()
			require.Equal(t, err, again, "it stays wrong")
			var typed *Error
			require.ErrorAs(t, err, &typed)
		}
	}
	w := Writer{}
	stream, _ := w.AppendChunk(nil, 1, make([]byte, MaxPayloadBytes+1))
	stream = w.Append(stream, 2, nil)
	_, err := all(NewReader(0, 4<<20), stream, 999)
	require.ErrorContains(t, err, "type 2 among the chunks of type 1")
}

func TestFrames_comeAsTheyWereSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := Writer{Generation: rapid.Uint32().Draw(t, "generation")}
		var stream []byte
		var want []Message
		for range rapid.IntRange(0, 5).Draw(t, "messages") {
			m := Message{Type(rapid.IntRange(1, 0x7f).Draw(t, "type")), rapid.SliceOf(rapid.Byte()).Draw(t, "payload")}
			stream = w.Append(stream, m.Type, m.Payload)
			want = append(want, Message{m.Type, append([]byte{}, m.Payload...)})
		}
		got, err := all(NewReader(w.Generation, 1<<20), stream, rapid.IntRange(1, 100).Draw(t, "piece"))
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i := range want {
			require.Equal(t, want[i].Type, got[i].Type)
			require.Equal(t, want[i].Payload, append([]byte{}, got[i].Payload...))
		}
	})
}

// FuzzReader checks that whatever a stream holds is messages or an error, however it
// is cut, and that what was read can be sent again as the same stream.
func FuzzReader(f *testing.F) {
	w := Writer{Generation: 1}
	f.Add(w.Append(w.Append(nil, 1, []byte("a")), 0x40, nil), uint16(3))
	big := Writer{Generation: 1}
	f.Add(big.Append(nil, 1, make([]byte, MaxPayloadBytes+3)), uint16(4096))
	f.Add([]byte{0, 0, 0, 13, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}, uint16(1))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint16) {
		const limit = 2 * MaxPayloadBytes
		whole, err := all(NewReader(1, limit), stream, len(stream)+1)
		cut, cutErr := all(NewReader(1, limit), stream, int(piece)+1)
		require.Equal(t, len(whole), len(cut))
		require.Equal(t, err, cutErr)
		again := Writer{Generation: 1}
		var sent []byte
		interleaved := false
		for i, m := range whole {
			require.Equal(t, m.Type, cut[i].Type)
			require.True(t, bytes.Equal(m.Payload, cut[i].Payload))
			require.LessOrEqual(t, len(m.Payload), limit)
			interleaved = interleaved || len(m.Payload) > MaxPayloadBytes
			sent = again.Append(sent, m.Type, m.Payload)
		}
		if !interleaved && err == nil {
			require.True(t, bytes.HasPrefix(stream, sent))
		}
	})
}
