package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip/codec"
	"treecast/node/stdin"
	"treecast/wire"
)

// wholeMessage is a gossip message with every key.
const wholeMessage = `{"type":"gossip","e":7,"f":9,"b":12,"re":true,"runs":[{"o":"n3","l":"k2x","c":5,"v":[17,"a"]}],"p":true,"w":true,"a":[[3,5],[7,7]],` +
	`"x":[7,1500,200],"q":7,"r":9,"t":470000,"d":210000,"g":2,"j":1,"z":["n0","n1"],"vec":{"x":1,"i":0,"n":1,"h":[{"o":"n3","l":"k2x","s":[[1,9]]}]}}`

// FuzzLines hands a whole node whatever may stand on stdin, line by line, with
// time between the lines, and checks what it says: lines of the protocol and
// nothing else; to each request one reply at most, and one to every request
// that is for it; and that what it has acknowledged is read.
func FuzzLines(f *testing.F) {
	first := InitLine(0, "n0", IDs(3)...)
	for _, lines := range [][]string{
		{first, BroadcastLine("n0", 1, "7"), ReadLine("n0", 2), BroadcastLine("n0", 3, `{"b":1.0, "a":"\u00e9"}`), ReadLine("n0", 4)},
		{first, Say("n1", "n0", wholeMessage), Say("n2", "n0", `{"type":"gossip","e":5,"f":1,"b":1,"runs":[{"o":"n2","l":"x","c":1,"v":[1,"a"]}]}`), ReadLine("n0", 1)},
		{first, Say("n1", "n0", `{"type":"gossip","e":1,"f":0,"vec":{"x":1,"i":0,"n":1,"h":[]},"j":1,"p":true,"w":true}`), Say("n2", "n0", `{"type":"gossip","e":2,"f":1,"a":[[1,9]],"x":[1,5],"z":["n0"]}`)},
		{BroadcastLine("n0", 1, "7"), Say("c1", "n9", `{"type":"health","msg_id":2}`), `{"src":"c1","dest":"n0","body":{"msg_id":3}}`, first, first, Say("c1", "n0", `{"type":"echo","echo":[1],"msg_id":4}`)},
		{InitLine(99, "n0", "n0"), Say("c1", "n0", `{"type":"topology","topology":{},"msg_id":1}`), Say("c1", "n0", `{"type":"error","in_reply_to":1,"code":0}`), "", "x", Say("c2", "n0", `{"type":"generate","msg_id":-1}`)},
		{`{"src":"","dest":"","body":{"type":"init","node_id":"","node_ids":[],"msg_id":1}}`, `{"src":"c","dest":"ü","body":{"type":"init","node_id":"ü","node_ids":["b","ü","b"],"msg_id":1}}`, Say("c", "ü", `{"type":"read","msg_id":1}`)},
		{first, Say("n0", "n0", `{"type":"broadcast","message":1,"msg_id":1}`), Say("n1", "n0", `{"type":"read","msg_id":1}`), strings.Repeat("y", 5000), Say("c1", "n0", `{"type":"broadcast","message":"`+strings.Repeat("z", 3000)+`","msg_id":1}`)},
	} {
		f.Add([]byte(strings.Join(lines, "\n")+"\n"), uint64(len(lines)))
		f.Add([]byte(strings.Join(lines, "\r\n")), uint64(len(lines))<<20)
	}
	f.Fuzz(func(t *testing.T, stdin []byte, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		s := &spoken{t: t, r: NewRig(t, func(c *Config) {
			c.MaxLineBytes = 4000
			if seed%2 == 1 {
				c.Journal = Memory()
			}
		}), asked: map[question]int{}, may: map[question]int{}, told: map[question]json.RawMessage{}, acked: map[string]string{}}
		lines := wire.NewReader(bytes.NewReader(stdin), s.r.cfg.MaxLineBytes)
		for !s.r.Admits() || s.admit(lines) {
			switch random.IntN(4) { // 0: the next line comes at once
			case 1:
				s.until(s.now)
			case 2, 3:
				s.r.Dry(s.now)
				s.until(s.now + time.Duration(random.IntN(700))*time.Millisecond)
			}
		}
		s.until(s.now + 2*time.Second)
		for q, n := range s.asked {
			require.Zero(t, n, "%v is for this node, and got no answer", q)
		}
		if s.r.intake.self != nil {
			s.checkRead()
		}
	})
}

// question is a request, by what its reply is known by.
type question struct {
	client string
	msgID  wire.ID
}

// spoken is a conversation with a node.
type spoken struct {
	t     *testing.T
	r     *Rig
	now   time.Duration
	asked map[question]int             // replies that must still come
	may   map[question]int             // replies that may still come
	told  map[question]json.RawMessage // what was to be broadcast, by its only request
	acked map[string]string            // what was acknowledged, by its canonical form
}

// admit hands over a line and notes what it asks. It reports whether there was
// one.
func (s *spoken) admit(lines *wire.Reader) bool {
	item, err := lines.Next()
	if errors.Is(err, io.EOF) {
		return false
	}
	require.NoError(s.t, err)
	if m := &item.Message; m.Answerable() {
		q := question{m.Src, m.MsgID}
		self := s.r.intake.self
		s.may[q]++
		if item.Kind == wire.Valid && m.Type != codec.Type && (self == nil || m.Dest == self.id) && s.r.age.Behind() == stdin.Waiting {
			s.asked[q]++
		}
		if value, ok := wire.Field(m.Body, "message"); m.Type == "broadcast" {
			if _, twice := s.told[q]; twice || !ok || s.may[q] > 1 {
				value = nil
			}
			s.told[q] = value
		} else {
			s.told[q] = nil
		}
	}
	s.r.Admit(s.now, &item)
	return true
}

// until lets everything happen that is due up to a time.
func (s *spoken) until(end time.Duration) {
	for steps := 0; ; steps++ {
		require.Less(s.t, steps, 100_000, "a node that never comes to rest")
		next := s.r.NextTick()
		var service Service
		for _, candidate := range s.r.Services() {
			if due := candidate.Next(s.now); due < next {
				next, service = due, candidate
			}
		}
		if next > end {
			break
		}
		s.now = max(s.now, next)
		if service == nil {
			s.r.Tick(s.now)
			continue
		}
		_, err := service.Step(s.now)
		require.NoError(s.t, err)
		s.listen()
	}
	s.now = max(s.now, end)
}

// listen checks what was said.
func (s *spoken) listen() {
	text := s.r.Stdout.String()
	s.r.Stdout.Reset()
	require.True(s.t, text == "" || strings.HasSuffix(text, "\n"), "whole lines")
	for line := range strings.Lines(text) {
		s.check(strings.TrimSuffix(line, "\n"))
	}
}

func (s *spoken) check(line string) {
	require.True(s.t, json.Valid([]byte(line)), "%q", line)
	m, err := wire.Parse([]byte(line))
	require.NoError(s.t, err, "%q", line)
	require.NotEmpty(s.t, m.Dest, "%q", line)
	self := s.r.intake.self
	if self != nil {
		require.Equal(s.t, self.id, m.Src, "%q", line)
	}
	if m.Type == codec.Type {
		require.NotNil(s.t, self, "a node without a name has no neighbours: %q", line)
		_, known := self.members.Index(m.Dest)
		require.True(s.t, known && m.Dest != self.id, "%q", line)
		require.LessOrEqual(s.t, len(line), 48<<10)
		_, err := codec.NewDecoder(nil).Message(m.Body)
		require.NoError(s.t, err, "%q", line)
		return
	}
	require.Contains(s.t, []string{"init_ok", "topology_ok", "broadcast_ok", "read_ok", "echo_ok", "generate_ok", "health_ok", "error"}, m.Type)
	require.True(s.t, m.HasInReplyTo && !m.HasMsgID, "%q", line)
	q := question{m.Dest, m.InReplyTo}
	s.may[q]--
	require.GreaterOrEqual(s.t, s.may[q], 0, "%v is answered more often than it was asked: %q", q, line)
	if s.asked[q] > 0 {
		s.asked[q]--
	}
	if value := s.told[q]; m.Type == "broadcast_ok" && value != nil {
		key, err := wire.Canonical(value)
		require.NoError(s.t, err)
		s.acked[key] = string(value)
	}
	if m.Type == "error" {
		text, ok := wire.Field(m.Body, "text")
		require.True(s.t, ok && len(text) > 2, "an error says why: %q", line)
	}
}

// checkRead checks that a read shows every acknowledged value, and none twice.
func (s *spoken) checkRead() {
	seen := map[string]bool{}
	var values []json.RawMessage
	require.NoError(s.t, json.Unmarshal([]byte(s.r.Values(s.now)), &values))
	for _, value := range values {
		key, err := wire.Canonical(value)
		require.NoError(s.t, err)
		require.False(s.t, seen[key], "%s is shown twice", value)
		seen[key] = true
	}
	for key, value := range s.acked {
		require.True(s.t, seen[key], "%s was acknowledged", value)
	}
	require.Equal(s.t, fmt.Sprint(len(values)), fmt.Sprint(s.r.state.shown.Load()))
}
