package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func values(texts ...string) (out []json.RawMessage) {
	for _, t := range texts {
		out = append(out, json.RawMessage(t))
	}
	return out
}

// messagesHeader is the first line of a record.
const messagesHeader = "event,id,time_us,from,to,type,kind,bytes,values\n"

func TestARecordOfMessagesSaysWhatHappened(t *testing.T) {
	var out bytes.Buffer
	l := NewMessageLog(&out, 0)
	us := func(n int) time.Duration { return time.Duration(n) * time.Microsecond }
	l.Sent(&Message{ID: 4, Src: "c9", Dest: "n3", Type: "broadcast", Bytes: 44, Sent: us(50210)}, KindData, values(`"</script>, \"x\"\n"`))
	l.Delivered(4, us(50318))
	l.Sent(&Message{ID: 6, Src: "n3", Dest: "n0", Type: "gossip", Bytes: 120, Sent: us(90000)}, KindData, values(`7`, `"</script>, \"x\"\n"`, `9`, `8`))
	l.Lost(6, us(190000))
	l.Sent(&Message{ID: 7, Src: "n0", Dest: "n3", Type: `a,"b"`, Bytes: 9, Sent: us(190001)}, KindAck, nil)
	l.Sent(&Message{ID: 8, Src: "n0", Dest: "n3", Type: "gossip", Bytes: 9, Sent: us(190002)}, KindResend, values(`9`, `7`))
	l.Delivered(8, us(190003))
	l.Delivered(8, us(190009))
	require.NoError(t, l.Close())
	require.Equal(t, `event,id,time_us,from,to,type,kind,bytes,values
value,0,,,,,,,"""</script>, \""x\""\n"""
sent,4,50210,c9,n3,broadcast,data,44,0
received,4,50318,,,,,,
value,1,,,,,,,7
value,2,,,,,,,9
value,3,,,,,,,8
sent,6,90000,n3,n0,gossip,data,120,0-3
lost,6,190000,,,,,,
sent,7,190001,n0,n3,"a,""b""",ack,9,
sent,8,190002,n0,n3,gossip,resend,9,1-2
received,8,190003,,,,,,
received,8,190009,,,,,,
end,9,190009,,,,,,
`, out.String())

	m, err := ReadMessages(&out)
	require.NoError(t, err)
	require.Equal(t, &Messages{
		Names:  []string{"c9", "n3", "n0"},
		Words:  []string{"broadcast", "data", "gossip", `a,"b"`, "ack", "resend"},
		Values: []string{`"</script>, \"x\"\n"`, "7", "9", "8"},
		Transits: []Transit{
			{ID: 4, From: 0, To: 1, Type: 0, Kind: 1, Bytes: 44, Sent: us(50210), Ended: us(50318), Fate: Received, Copies: 1, Weight: 1, Spans: []Span{{0, 0}}},
			{ID: 6, From: 1, To: 2, Type: 2, Kind: 1, Bytes: 120, Sent: us(90000), Ended: us(190000), Fate: LostOnWay, Weight: 1, Spans: []Span{{0, 3}}},
			{ID: 7, From: 2, To: 1, Type: 3, Kind: 4, Bytes: 9, Sent: us(190001), Ended: us(190001), Fate: UnderWay, Weight: 1},
			{ID: 8, From: 2, To: 1, Type: 2, Kind: 5, Bytes: 9, Sent: us(190002), Ended: us(190003), Fate: Received, Copies: 2, Weight: 1, Spans: []Span{{1, 2}}},
		},
		Whole: true, End: us(190009), Offered: 9, SampledAt: -1, SampleRate: 1,
	}, m)
	require.True(t, m.IsClient(0))
	require.False(t, m.IsClient(1))
}

func TestALongRecordIsSampledAndStaysWithinItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(1, 1<<17).Draw(t, "limit")
		count := rapid.IntRange(0, 20000).Draw(t, "count")
		var out bytes.Buffer
		l := NewMessageLog(&out, limit)
		for id := range count {
			at := time.Duration(id) * time.Millisecond
			l.Sent(&Message{ID: int64(id), Src: "n1", Dest: "n2", Type: "gossip", Sent: at}, KindData, values(fmt.Sprint(id/10)))
			l.Delivered(int64(id), at+time.Millisecond)
		}
		require.NoError(t, l.Close())
		require.LessOrEqual(t, int64(out.Len()), limit+spareBytes)

		m, err := ReadMessages(&out)
		require.NoError(t, err)
		require.True(t, m.Whole)
		require.Equal(t, int64(count), m.Offered)
		require.Equal(t, m.SampledAt >= 0, m.SampleRate != 1)
		for i, transit := range m.Transits {
			require.Equal(t, transit.Sent, time.Duration(transit.ID)*time.Millisecond)
			require.Equal(t, Received, transit.Fate)
			if m.SampledAt < 0 || transit.Sent < m.SampledAt {
				require.Equal(t, int64(i), transit.ID, "before sampling begins nothing is left out")
			}
		}
		if m.SampledAt < 0 {
			require.Len(t, m.Transits, count)
		}
	})
}

func TestASampleStandsForAll(t *testing.T) {
	var out bytes.Buffer
	l := NewMessageLog(&out, 1<<20)
	const count = 200000
	for id := range int64(count) {
		l.Sent(&Message{ID: id, Src: "n1", Dest: "n2", Type: "gossip"}, KindAck, nil)
	}
	require.NoError(t, l.Close())
	m, err := ReadMessages(&out)
	require.NoError(t, err)
	require.Greater(t, m.SampleRate, int64(4))
	total := int64(0)
	for _, transit := range m.Transits {
		total += transit.Weight
	}
	require.InEpsilon(t, count, total, 0.02)
}

func TestARecordThatWasCutOffIsReadAsFarAsItGoes(t *testing.T) {
	var out bytes.Buffer
	l := NewMessageLog(&out, 0)
	for id := range int64(50) {
		l.Sent(&Message{ID: id, Src: "n1", Dest: "n2", Type: `"gossip"`, Sent: time.Duration(id) * time.Millisecond}, KindData, values(fmt.Sprintf(`"a\n%d"`, id)))
		l.Delivered(id, time.Duration(id)*time.Millisecond)
	}
	require.NoError(t, l.Close())
	text := out.Bytes()
	seen := 0
	for cut := len(messagesHeader); cut < len(text)-len("end,50,49000,,,,,,\n"); cut++ {
		m, err := ReadMessages(bytes.NewReader(text[:cut]))
		require.NoError(t, err, "cut at byte %d", cut)
		require.False(t, m.Whole)
		require.GreaterOrEqual(t, len(m.Transits), seen)
		seen = len(m.Transits)
	}
	require.Equal(t, 50, seen)
}

func TestWhatIsNoRecordOfMessagesIsTold(t *testing.T) {
	const head = messagesHeader
	for text, want := range map[string]string{
		"":                                      `its first line is not "event,id,`,
		"a,b\n":                                 `its first line is not`,
		"\"\n":                                  `its first line is not`,
		head + "x,1\nend,0,0,,,,,,\n":           "line 2: wrong number of fields",
		head + "x,1,1,,,,,,\nend,0,0,,,,,,\n":   `line 2: no event is called "x"`,
		head + "sent,-1,1,,,,,,\nend,,,,,,,,\n": `line 2: id is "-1"`,
		head + "sent,1,x,,,,,,\nend,,,,,,,,\n":  `line 2: time_us is "x"`,
		head + "sent,1,1,a,b,c,d,x,\nend,,,,,,,,\n":                         `bytes is "x"`,
		head + "sent,1,1,a,b,c,d,1,0\nend,,,,,,,,\n":                        `"0" are no values among 0`,
		head + "value,1,,,,,,,1\nend,,,,,,,,\n":                             "value 1 comes after 0 values",
		head + "received,1,1,,,,,,\nend,,,,,,,,\n":                          "message 1 was never sent",
		head + "sent,1,5,a,b,c,d,1,\nreceived,1,4,,,,,,\nend,,,,,,,,\n":     "message 1 ended before it was sent",
		head + "sent,1,5,a,b,c,d,1,\nsent,1,5,a,b,c,d,1,\nend,,,,,,,,\n":    "message 1 comes after message 1",
		head + "sent,1,5,a,b,c,d,1,\nsent,2,4,a,b,c,d,1,\nend,,,,,,,,\n":    "message 2 was sent before message 1",
		head + "sampled,99,5,,,,,,\nend,,,,,,,,\n":                          "99 is no level of sampling",
		head + "value,0,,,,,,,\"a\"b\nvalue,0,,,,,,,1\nend,1,1,,,,,,\n":     "line 2",
		head + "value,0,,,,,,,1\nsent,1,5,a,b,c,d,1,0-9 0\nend,1,1,,,,,,\n": `"0-9" are no values among 1`,
		head + "sent,1,99999999999999999,a,b,c,d,1,\nsent,1,1,a,b,c,d,1,\n": "is no time",
	} {
		_, err := ReadMessages(strings.NewReader(text))
		require.ErrorIs(t, err, ErrMessages, text)
		require.ErrorContains(t, err, want, text)
	}
	broken := errors.New("broken disk")
	_, err := ReadMessages(brokenMessages{broken})
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, ErrMessages)
}

type brokenMessages struct{ err error }

func (r brokenMessages) Read([]byte) (int, error) { return 0, r.err }

func TestAWriterThatFailsIsToldAtTheEnd(t *testing.T) {
	full := errors.New("disk full")
	l := NewMessageLog(brokenLog{full}, 0)
	for id := range int64(5000) {
		l.Sent(&Message{ID: id, Src: "n1", Dest: "n2"}, KindAck, nil)
	}
	require.ErrorIs(t, l.Close(), full)
}

type brokenLog struct{ err error }

func (w brokenLog) Write([]byte) (int, error) { return 0, w.err }

func TestALongValueIsCut(t *testing.T) {
	var out bytes.Buffer
	l := NewMessageLog(&out, 0)
	long, other := `"`+strings.Repeat("ä", 5000)+`"`, `"`+strings.Repeat("ä", 4999)+`b"`
	l.Sent(&Message{ID: 1, Src: "c1", Dest: "n2"}, KindData, values(long, other, long))
	require.NoError(t, l.Close())
	m, err := ReadMessages(&out)
	require.NoError(t, err)
	require.Len(t, m.Values, 2)
	require.Contains(t, m.Values[0], "... (10002 bytes)")
	require.True(t, json.Valid([]byte(m.Values[0])))
	require.Less(t, len(m.Values[0]), 2*maxValueText)
	require.Equal(t, []Span{{0, 1}}, m.Transits[0].Spans)
}

func TestRangesNameEveryNumberOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOf(rapid.Int32Range(0, 40)).Draw(t, "numbers")
		want := slices.Clone(numbers)
		slices.Sort(want)
		want = slices.Compact(want)
		p := messageParser{Messages: Messages{Values: make([]string, 41)}}
		spans, err := p.spans(string(appendRanges(nil, slices.Clone(numbers))))
		require.NoError(t, err)
		var got []int32
		for _, s := range spans {
			for n := s.First; n <= s.Last; n++ {
				got = append(got, n)
			}
		}
		require.Equal(t, len(want), len(got))
		for i := range want {
			require.Equal(t, want[i], got[i])
		}
	})
}

func FuzzReadMessages(f *testing.F) {
	f.Add([]byte(messagesHeader + "value,0,,,,,,,1\nsent,1,5,a,b,c,d,1,0\nreceived,1,6,,,,,,\nend,2,6,,,,,,\n"))
	f.Add([]byte(messagesHeader + "sampled,1,5,,,,,,\nlost,1,6,,,,,,\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadMessages(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, transit := range m.Transits {
			require.LessOrEqual(t, transit.Sent, transit.Ended)
			require.Less(t, int(transit.From), len(m.Names))
			for _, s := range transit.Spans {
				require.Less(t, int(s.Last), len(m.Values))
			}
		}
	})
}

func BenchmarkMessageLog(b *testing.B) {
	l := NewMessageLog(discard{}, 1<<40)
	m := Message{Src: "n12", Dest: "n0", Type: "gossip", Bytes: 500}
	var carried []json.RawMessage
	for i := range 20 {
		carried = append(carried, json.RawMessage(fmt.Sprint(1000+i)))
	}
	for b.Loop() {
		l.Sent(&m, KindData, carried)
		l.Delivered(m.ID, m.Sent)
		m.ID++
		m.Sent += time.Microsecond
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
