package codec

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// everything is a message with every field set.
func everything() *gossip.Message {
	s := gossip.NewOriginID("n3", "k2x")
	return &gossip.Message{
		Incarnation: 7, For: 9, Batch: 12, Resent: true, Late: true,
		Runs:  []gossip.Run{{Origin: s, First: 5, Values: []string{"17", `"a"`}}},
		Probe: true, Want: true,
		Acks: []gossip.Span{{First: 3, Last: 5}, {First: 7, Last: 7}},
		Echo: gossip.Echo{Batch: 7, Held: 1500 * time.Microsecond, Planned: true, Early: 200 * time.Microsecond},
		Root: 7, Round: 9, Period: 470 * time.Millisecond, Path: 210 * time.Millisecond,
		Term: 2, Relation: gossip.Attached, Suspects: []string{"n0", "n1"},
		Digest: &gossip.DigestPart{Exchange: 1, Part: 0, Parts: 1,
			Lines: []gossip.DigestLine{{Origin: s, Counters: gossip.Spans{{First: 1, Last: 9}}}}},
	}
}

const everythingText = `{"type":"gossip","e":7,"f":9,"b":12,"re":true,"la":true,` +
	`"runs":[{"o":"n3","l":"k2x","c":5,"v":[17,"a"]}],"p":true,"w":true,"a":[[3,5],[7,7]],"x":[7,1500,200],"q":7,"r":9,"t":470000,"d":210000,"g":2,"j":1,"z":["n0","n1"],` +
	`"vec":{"x":1,"i":0,"n":1,"h":[{"o":"n3","l":"k2x","s":[[1,9]]}]}}`

func TestAGossipBodyLooksAsDocumented(t *testing.T) {
	require.Equal(t, everythingText, string(Append(nil, everything())))
	require.Equal(t, `{"type":"gossip","e":1,"f":0}`, string(Append(nil, &gossip.Message{Incarnation: 1})))

	m, err := parseGossip([]byte(everythingText))
	require.NoError(t, err)
	require.Equal(t, everything(), m)
}

// valueText draws a JSON value as clients may spell one.
var valueText = rapid.OneOf(
	rapid.Map(rapid.Int(), func(n int) string { b, _ := json.Marshal(n); return string(b) }),
	rapid.Map(rapid.String(), func(s string) string { b, _ := json.Marshal(s); return string(b) }),
	rapid.SampledFrom([]string{
		`null`, `true`, `[]`, `{}`, `[ 1 , 2 ]`, "[1,\r2]", `{"a":[1,{"b":"],\""}]}`, `1.50`, `1e400`, `-0`,
		`123456789012345678901234567890`, `"\u00e9\ud83d\ude00"`, `"\\"`, `{ "k" : "v" }`, `","`,
	}))

// name draws what may stand in a name: any text.
var name = rapid.OneOf(rapid.StringMatching(`n[0-9]{1,3}`), rapid.String())

// number draws a number as peers send it: 63 bits.
var number = rapid.OneOf(rapid.Uint64Range(0, 9), rapid.Uint64Range(0, math.MaxInt64), rapid.Just(uint64(math.MaxInt64)))

// micros draws a time as it is sent, in whole microseconds.
var micros = rapid.Map(rapid.Int64Range(0, math.MaxInt64/1000), func(n int64) time.Duration { return time.Duration(n) * time.Microsecond })

// spans draws spans as they may stand in a message, in any order.
var spans = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) gossip.Span {
	return gossip.Span{First: number.Draw(t, "first"), Last: number.Draw(t, "last")}
}), 1, 4)

var source = rapid.Custom(func(t *rapid.T) gossip.OriginID {
	return gossip.NewOriginID(name.Draw(t, "origin"), name.Draw(t, "log"))
})

var anyMessage = rapid.Custom(func(t *rapid.T) *gossip.Message {
	m := &gossip.Message{
		Incarnation: number.Draw(t, "epoch"), For: number.Draw(t, "for"), Batch: number.Draw(t, "batch"),
		Resent: rapid.Bool().Draw(t, "resent"), Late: rapid.Bool().Draw(t, "late"), Probe: rapid.Bool().Draw(t, "probe"), Want: rapid.Bool().Draw(t, "want"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "runs") {
		m.Runs = append(m.Runs, gossip.Run{
			Origin: source.Draw(t, "source"), First: min(number.Draw(t, "first"), maxCounter),
			Values: rapid.SliceOfN(valueText, 1, 5).Draw(t, "values"),
		})
	}
	if rapid.Bool().Draw(t, "acks") {
		m.Acks = spans.Draw(t, "spans")
	}
	if rapid.Bool().Draw(t, "echo") {
		m.Echo = gossip.Echo{
			Batch: max(1, number.Draw(t, "echoed")),
			Held:  micros.Draw(t, "held"), Planned: rapid.Bool().Draw(t, "planned"),
		}
		if m.Echo.Planned {
			m.Echo.Early = micros.Draw(t, "early")
		}
	}
	if rapid.Bool().Draw(t, "rounds") {
		m.Root, m.Round, m.Period, m.Path = number.Draw(t, "root"), number.Draw(t, "round"), micros.Draw(t, "period"), micros.Draw(t, "path")
	}
	if rapid.Bool().Draw(t, "repair") {
		m.Term, m.Relation = number.Draw(t, "reign"), gossip.Relation(rapid.IntRange(0, int(gossip.SyncingAll)).Draw(t, "tie"))
		for range rapid.IntRange(0, 3).Draw(t, "suspects") {
			m.Suspects = append(m.Suspects, name.Draw(t, "suspect"))
		}
	}
	if rapid.Bool().Draw(t, "vector") {
		m.Digest = &gossip.DigestPart{
			Exchange: number.Draw(t, "exchange"),
			Part:     rapid.IntRange(0, math.MaxInt32).Draw(t, "part"), Parts: rapid.IntRange(0, math.MaxInt32).Draw(t, "parts"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "lines") {
			m.Digest.Lines = append(m.Digest.Lines, gossip.DigestLine{Origin: source.Draw(t, "source"), Counters: spans.Draw(t, "counters")})
		}
	}
	return m
})

// parseGossip reads a gossip message's body by itself.
func parseGossip(body []byte) (*gossip.Message, error) {
	return NewDecoder(nil).Message(body)
}

func TestEveryMessageComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMessage.Draw(t, "message")
		body := Append(nil, m)
		require.True(t, json.Valid(body), "%s", body)
		back, err := parseGossip(body)
		require.NoError(t, err, "%s", body)
		require.Equal(t, m, back)
	})
}

func TestSpacesAndOrderOfFieldsDoNotMatter(t *testing.T) {
	m, err := parseGossip([]byte(` { "vec" : { "h" : [ { "s" : [ [ 1 , 9 ] ] , "l" : "k2x" , "o" : "n3" } ] , "n" : 1 , "x" : 1 , "i" : 0 } ,
		"z" : [ "n0" , "n1" ] , "j" : 1 , "g" : 2 , "d" : 210000 , "t" : 470000 , "r" : 9 , "q" : 7 , "x" : [ 7 , 1500 , 200 ] , "a" : [ [ 3 , 5 ] , [ 7 , 7 ] ] , "w" : true , "p" : true , "re" : true , "la" : true , "b" : 12 ,
		"runs" : [ { "v" : [ 17 , "a" ] , "c" : 5 , "l" : "k2x" , "o" : "n3" } ] , "f" : 9 , "e" : 7 , "type" : "gossip" } `))
	require.NoError(t, err)
	require.Equal(t, everything(), m)
}

func TestFieldsOfLaterVersionsAreIgnored(t *testing.T) {
	// One more field, of every kind, in every object there is.
	for _, more := range []string{`"new":null,`, `"new":{"e":1,"runs":5},`, `"new":[[1]],`, `"E":8,`, `"":"",`} {
		text := strings.ReplaceAll(everythingText, `{`, `{`+more)
		m, err := parseGossip([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, everything(), m, text)
	}
}

func TestAWrongFieldSpoilsTheMessage(t *testing.T) {
	for _, body := range []string{
		``, `null`, `[]`, `7`, `{`, `{"e":}`, `{"e":1`, `{"e":1}x`,
		`{"e":"1"}`, `{"e":-1}`, `{"e":1.5}`, `{"e":null}`, `{"e":9223372036854775808}`, `{"f":[]}`, `{"b":true}`,
		`{"runs":1}`, `{"runs":[1]}`, `{"runs":[null]}`, `{"runs":[{"o":1}]}`, `{"runs":[{"l":null}]}`,
		`{"runs":[{"c":-1}]}`, `{"runs":[{"v":1}]}`, `{"runs":[{"v":{}}]}`,
		`{"a":1}`, `{"a":[1]}`, `{"a":[[1]]}`, `{"a":[[1,2,3]]}`, `{"a":[[1,"2"]]}`, `{"a":[[1,-2]]}`, `{"a":[[]]}`,
		`{"x":1}`, `{"x":[1]}`, `{"x":[]}`, `{"x":[1,2,"3"]}`, `{"x":[1,-2]}`, `{"x":[1,9223372036854776]}`, `{"t":9223372036854776}`, `{"d":-1}`, `{"r":-1}`, `{"t":"1"}`, `{"d":1.5}`, `{"x":[[1,2]]}`, `{"x":["1",2]}`,
		`{"vec":1}`, `{"vec":null}`, `{"vec":{"x":-1}}`, `{"vec":{"i":2147483648}}`, `{"vec":{"n":2147483648}}`,
		`{"vec":{"h":{}}}`, `{"vec":{"h":[1]}}`, `{"vec":{"h":[{"o":1}]}}`, `{"vec":{"h":[{"s":[[0]]}]}}`,
	} {
		m, err := parseGossip([]byte(body))
		require.ErrorIs(t, err, ErrMessage, body)
		require.Nil(t, m, body)
	}
}

// What a peer sends must never make us crash, neither in reading it nor in
// what the core then does; what can be read can be said again.
func FuzzParseGossip(f *testing.F) {
	f.Add([]byte(everythingText))
	for _, seed := range []string{
		`{"type":"gossip","e":1,"f":0}`, `{"e":1,"runs":[]}`, `{"e":1,"runs":[{"o":"n1","l":"x","c":1,"v":[]}]}`,
		`{"e":1,"b":1,"runs":[{"o":"n1","l":"x","c":9223372036854775807,"v":[1,2]}]}`,
		`{"e":1,"b":1,"p":true,"w":true,"vec":{"x":1,"i":0,"n":65536,"h":[]}}`,
		`{"e":1,"a":[[0,0],[5,1],[1,9223372036854775807]],"x":[1,9223372036854775,9223372036854775]}`,
		`{"e":2,"f":1,"b":1,"r":9223372036854775807,"t":1,"d":3600000000}`, `{"e":2,"f":9223372036854775807,"p":true}`,
		`{"e":1,"vec":{"x":1,"i":0,"n":1,"h":[{"o":"n1","l":"x","s":[[1,9223372036854775807]]}]}}`,
		`{"e":1,"runs":[{"v":[1,2],"v":[3],"o":"a","o":"b"}],"runs":[{"c":1,"v":[ "\ud800" ]}]}`,
		`{"e":2,"f":1,"a":[[1,1]],"x":[1,1]}`, `{"e":2,"f":3}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseGossip(body)
		if err != nil {
			require.Nil(t, m)
			return
		}
		if sayable(m) {
			text := Append(nil, m)
			require.True(t, json.Valid(text), "%s", text)
			back, err := parseGossip(text)
			require.NoError(t, err, "%s", text)
			require.Equal(t, string(text), string(Append(nil, back)))
		}
		exercise(t, m)
	})
}

// sayable reports whether a message is one that a core could make: no run
// without values, no source without counters.
func sayable(m *gossip.Message) bool {
	for _, r := range m.Runs {
		if len(r.Values) == 0 {
			return false
		}
	}
	if m.Digest != nil {
		for _, h := range m.Digest.Lines {
			if len(h.Counters) == 0 {
				return false
			}
		}
	}
	return true
}

// exercise has a core that knows something receive the message twice, and do
// all that it then wants to do in a while.
func exercise(t *testing.T, m *gossip.Message) {
	log := gossip.NewLog()
	log.Append(gossip.Entry{Origin: gossip.NewOriginID("n0", "l"), Counter: 1, Value: "1"})
	core, err := gossip.New(0, gossip.Config{
		Incarnation: 1, Period: time.Second, GreetAt: gossip.Never,
		Neighbours: []gossip.Neighbour{{Name: "n1", Role: gossip.Parent}, {Name: "n2", Role: gossip.Child}},
	}, log)
	require.NoError(t, err)
	steps := 0
	for _, at := range []time.Duration{time.Millisecond, time.Second} {
		d, ok := core.Receive(at, "n1", m)
		if ok {
			held := gossip.NewDigest()
			for _, e := range d.Entries {
				if held.Add(e.Origin, e.Counter) {
					log.Append(e)
				}
			}
			core.Learn(at)
			core.Stored(at, d.Ticket)
		}
		for now := at; now < at+10*time.Second && steps < 10_000; steps++ {
			core.Advance(now, 100)
			now = max(now+time.Millisecond, core.Next())
		}
	}
	require.Less(t, steps, 10_000, "the core must come to rest")
}
