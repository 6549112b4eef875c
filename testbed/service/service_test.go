package service

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// ask hands a request in and returns the reply, empty for none.
func ask(s Service, src, body string) string {
	reply, ok := s.Handle(src, json.RawMessage(body))
	if !ok {
		return ""
	}
	return string(reply)
}

func TestService_isFoundByName(t *testing.T) {
	for _, name := range Names() {
		require.NotNil(t, New(name, source(1)), name)
	}
	require.Nil(t, New("redis", source(1)))
}

func TestLinKV_answersAsMaelstromsDoes(t *testing.T) {
	s := New("lin-kv", source(1))
	for _, c := range []struct{ body, want string }{
		{`{"type":"read","key":1,"msg_id":1}`, `{"type":"error","code":20,"text":"key does not exist","in_reply_to":1}`},
		{`{"type":"cas","key":1,"from":0,"to":1,"msg_id":2}`, `{"type":"error","code":20,"text":"key does not exist","in_reply_to":2}`},
		{`{"type":"cas","key":1,"from":9,"to":[1,{"a":"b"}],"create_if_not_exists":true,"msg_id":3}`, `{"type":"cas_ok","in_reply_to":3}`},
		{`{"type":"read","key":1,"msg_id":4}`, `{"type":"read_ok","value":[1,{"a":"b"}],"in_reply_to":4}`},
		{`{"type":"cas","key":1,"from":"x","to":2,"msg_id":5}`, `{"type":"error","code":22,"text":"current value [1 {\"a\" \"b\"}] is not \"x\"","in_reply_to":5}`},
		{`{"type":"cas","key":1,"from":[1, {"a":"\u0062"}],"to":null,"msg_id":6}`, `{"type":"cas_ok","in_reply_to":6}`},
		{`{"type":"read","key":1,"msg_id":7}`, `{"type":"read_ok","value":null,"in_reply_to":7}`},
		{`{"type":"cas","key":1,"from":0,"to":2,"msg_id":8}`, `{"type":"error","code":22,"text":"current value nil is not 0","in_reply_to":8}`},
		{`{"type":"read","key":1.0,"msg_id":9}`, `{"type":"error","code":20,"text":"key does not exist","in_reply_to":9}`},
		{`{"type":"read","key":"1","msg_id":10}`, `{"type":"error","code":20,"text":"key does not exist","in_reply_to":10}`},
		{`{"type":"write","key":{"b":1,"a":2},"value":3,"msg_id":11}`, `{"type":"write_ok","in_reply_to":11}`},
		{`{"type":"read","key":{"a":2,"b":1},"msg_id":12}`, `{"type":"read_ok","value":3,"in_reply_to":12}`},
		{`{"type":"write"}`, `{"type":"write_ok","in_reply_to":null}`},
		{`{"type":"read","msg_id":14}`, `{"type":"read_ok","value":null,"in_reply_to":14}`},
		{`{"type":"delete","key":1,"msg_id":15}`, ``},
		{`{"key":1,"msg_id":16}`, ``},
	} {
		require.Equal(t, c.want, ask(s, "n1", c.body), c.body)
	}
}

func TestLinTSO_countsFromZero(t *testing.T) {
	s := New("lin-tso", source(1))
	for i := range 3 {
		require.Equal(t, fmt.Sprintf(`{"type":"ts_ok","ts":%d,"in_reply_to":7}`, i), ask(s, "n1", `{"type":"ts","msg_id":7}`))
	}
	require.Empty(t, ask(s, "n1", `{"type":"read","key":1,"msg_id":7}`))
}

func write(s Service, src string, value int) string {
	return ask(s, src, fmt.Sprintf(`{"type":"write","key":"k","value":%d,"msg_id":1}`, value))
}

// read returns the value of k, -1 if it is absent.
func read(t require.TestingT, s Service, src string) int {
	var reply struct {
		Type  string
		Value int
	}
	require.NoError(t, json.Unmarshal([]byte(ask(s, src, `{"type":"read","key":"k","msg_id":1}`)), &reply))
	if reply.Type == "error" {
		return -1
	}
	return reply.Value
}

func TestSeqKV_clientSeesItsOwnWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New("seq-kv", source(rapid.Uint64().Draw(t, "seed")))
		for i := range rapid.IntRange(1, 100).Draw(t, "writes") {
			write(s, "n1", i)
			require.Equal(t, i, read(t, s, "n1"))
		}
	})
}

func TestSeqKV_readsGoForwardWithinTheKeptStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New("seq-kv", source(rapid.Uint64().Draw(t, "seed")))
		last, stale := -1, 0
		for i := range kept - 1 {
			write(s, "n1", i)
			got := read(t, s, "n2")
			require.GreaterOrEqual(t, got, last)
			require.LessOrEqual(t, got, i)
			if last = got; got < i {
				stale++
			}
		}
		require.Positive(t, stale, "it is never up to date only by luck")
	})
}

func TestSeqKV_clientLeftBehindIsServedModuloTheBuffer(t *testing.T) {
	backwards := false
	for seed := range uint64(20) {
		s := New("seq-kv", source(seed))
		for i := range 10 * kept {
			write(s, "n1", i)
		}
		last := -1
		for range 10 {
			got := read(t, s, "n2")
			require.Greater(t, got, 9*kept-1, "older states are gone")
			backwards = backwards || got < last
			last = got
		}
	}
	require.True(t, backwards)
}

func TestSeqKV_whatChangesNothingMayBeStale(t *testing.T) {
	staleWrite, staleCAS, freshCAS := false, false, false
	for seed := range uint64(200) {
		s := New("seq-kv", source(seed)).(*sequential)
		write(s, "n1", 1)
		write(s, "n1", 2)
		states := s.newest
		require.Equal(t, `{"type":"write_ok","in_reply_to":1}`, write(s, "n2", 1))
		staleWrite = staleWrite || s.newest == states

		s = New("seq-kv", source(seed)).(*sequential)
		write(s, "n1", 1)
		switch ask(s, "n2", `{"type":"cas","key":"k","from":1,"to":3,"msg_id":1}`) {
		case `{"type":"error","code":20,"text":"key does not exist","in_reply_to":1}`:
			staleCAS = true
		case `{"type":"cas_ok","in_reply_to":1}`:
			freshCAS = true
			require.Equal(t, 3, read(t, s, "n2"), "an update brings its client up to date")
		default:
			t.Fatal("no such answer")
		}
	}
	require.True(t, staleWrite && staleCAS && freshCAS)
}

func TestSeqKV_forgetsStatesThatNobodyCanSee(t *testing.T) {
	s := New("seq-kv", source(1)).(*sequential)
	for i := range 1000 {
		write(s, "n1", i)
	}
	require.LessOrEqual(t, len(s.keys["k"]), kept)
}

func TestLWWKV_losesWritesOfEqualStampsAndIgnoresCreate(t *testing.T) {
	lost := 0
	for seed := range uint64(200) {
		s := New("lww-kv", source(seed))
		require.Equal(t, `{"type":"error","code":20,"text":"key does not exist","in_reply_to":1}`,
			ask(s, "n1", `{"type":"cas","key":"k","from":1,"to":3,"create_if_not_exists":true,"msg_id":1}`))
		write(s, "n1", 1)
		write(s, "n1", 2)
		for range 50 {
			if got := read(t, s, "n1"); got == 1 {
				lost++
				break
			}
		}
	}
	require.Positive(t, lost)
	require.Less(t, lost, 200)
}

func TestLWWKV_spellsFromRaw(t *testing.T) {
	for seed := range uint64(20) {
		s := New("lww-kv", source(seed))
		for range 20 {
			write(s, "n1", 1)
		}
		require.Contains(t, []string{
			`{"type":"error","code":22,"text":"current value 1 is not x","in_reply_to":1}`,
			`{"type":"error","code":20,"text":"key does not exist","in_reply_to":1}`,
		}, ask(s, "n1", `{"type":"cas","key":"k","from":"x","to":3,"msg_id":1}`))
		require.NotContains(t, ask(s, "n1", `{"type":"cas","key":"k","from":null,"to":3,"msg_id":1}`), "nil")
	}
}

// FuzzHandle checks that whatever a node asks, a reply is JSON or there is none.
func FuzzHandle(f *testing.F) {
	for _, seed := range []string{`{"type":"read","key":[1],"msg_id":1}`, `{"type":"cas","from":{"a":1e9},"to":"\ud800"}`, `{"type":"ts"}`, `{}`, `{"type":"write","key":1,"value":1,"msg_id":{"a":[]}}`} {
		f.Add(uint64(1), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, body []byte) {
		var fields map[string]json.RawMessage
		if json.Unmarshal(body, &fields) != nil || fields == nil {
			return // a line without an object for its body is no message
		}
		for _, name := range Names() {
			s := New(name, source(seed))
			for range 3 {
				if reply, ok := s.Handle("n1", body); ok {
					require.True(t, json.Valid(reply), "%s: %s", name, reply)
				}
			}
		}
	})
}
