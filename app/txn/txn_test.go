package txn

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/app"
	"treecast/gossip"
)

func do(t require.TestingT, s *Store, ops string) app.Answer {
	c, err := parse("txn", app.Body(`{"type":"txn","txn":`+ops+`}`))
	require.NoError(t, err)
	a := s.Serve(0, &c)
	require.Zero(t, a.Code)
	return a
}

func newStore(self string, stood func(int)) *Store {
	if stood == nil {
		stood = func(int) {}
	}
	return New(app.Env{Self: self, Stood: stood}).(*Store)
}

func entryOf(node string, counter uint64, value string) *gossip.Entry {
	return &gossip.Entry{Origin: gossip.NewOriginID(node, "a.txn"), Counter: counter, Value: value}
}

func TestStore_aTransactionIsWholeAndSeesItself(t *testing.T) {
	s := newStore("n0", nil)
	a := do(t, s, `[["r",1,null],["w",1,10],["r",1,null],["w",1,11],["w","x",{"a":1}]]`)
	require.Equal(t, `,"txn":[["r",1,null],["w",1,10],["r",1,10],["w",1,11],["w","x",{"a":1}]]`, string(a.Reply.Fields))
	require.Equal(t, `[1,[1,11],["x",{"a":1}]]`, a.Entry)
	a = do(t, s, `[["r", 1 ,null],["r","x",null],["r",2,null]]`)
	require.Equal(t, `,"txn":[["r",1,11],["r","x",{"a":1}],["r",2,null]]`, string(a.Reply.Fields))
	require.Empty(t, a.Entry)
	require.True(t, a.Behind, "it shows what is not durable yet")
}

// In whatever order the transactions of two nodes come to a third, and however often,
// it has what the stamps say; and what did not travel is not missed.
func TestStore_allComeToHaveTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := []*Store{newStore("n0", nil), newStore("n1", nil)}
		var logs [2][]gossip.Entry
		seen := [2]int{} // of the other's
		for range rapid.IntRange(1, 20).Draw(t, "transactions") {
			i := rapid.IntRange(0, 1).Draw(t, "node")
			if rapid.Bool().Draw(t, "hears") {
				for _, e := range logs[1-i][seen[i]:] {
					nodes[i].Apply(&e, "", 0)
				}
				seen[i] = len(logs[1-i])
			}
			ops := "["
			for n := range rapid.IntRange(1, 3).Draw(t, "length") {
				if n > 0 {
					ops += ","
				}
				ops += fmt.Sprintf(`["w",%d,%d]`, rapid.IntRange(0, 3).Draw(t, "key"), rapid.IntRange(0, 99).Draw(t, "value"))
			}
			a := do(t, nodes[i], ops+"]")
			logs[i] = append(logs[i], *entryOf(fmt.Sprint("n", i), uint64(len(logs[i])+1), a.Entry))
		}
		all := append(append([]gossip.Entry(nil), logs[0]...), logs[1]...)
		shown := func(s *Store) string {
			return string(do(t, s, `[["r",0,null],["r",1,null],["r",2,null],["r",3,null]]`).Reply.Fields)
		}
		one := newStore("n2", nil)
		for i := range all {
			one.Apply(&all[i], "", i)
		}
		stood := map[int]bool{}
		other := newStore("n3", func(at int) { stood[at] = true })
		shuffled := rapid.Permutation(all).Draw(t, "order")
		for at := range shuffled {
			if rapid.Bool().Draw(t, "shown first") {
				other.Apply(&shuffled[at], "", app.NotYet)
			}
			other.Apply(&shuffled[at], "", at)
		}
		require.Equal(t, shown(one), shown(other))
		third := newStore("n4", nil)
		for at, e := range shuffled {
			if stood[at] {
				e.Value = gossip.Stood
			}
			third.Apply(&e, "", at)
		}
		require.Equal(t, shown(one), shown(third), "marks have left something out")
		require.LessOrEqual(t, len(all)-len(stood), 2*4, "an entry travels only if it is the last of its log for a key")
		for i := range nodes {
			for j := range all {
				nodes[i].Apply(&all[j], "", j)
			}
			require.Equal(t, shown(one), shown(nodes[i]))
		}
	})
}

// A write that is not in the node's log yet stands for nothing, as it may be lost, nor
// does one of another log.
func TestStore_onlyLoggedWritesOfTheSameLogStandForOthers(t *testing.T) {
	stood := 0
	s := newStore("n0", func(int) { stood++ })
	s.Apply(entryOf("n1", 1, `[1,[1,10]]`), "", 0)
	a := do(t, s, `[["w",1,11]]`)
	s.Apply(entryOf("n0", 1, a.Entry), "", 1)
	s.Apply(entryOf("n1", 2, `[3,[1,12]]`), "", app.NotYet)
	require.Zero(t, stood)
	s.Apply(entryOf("n1", 2, `[3,[1,12]]`), "", 2)
	require.Equal(t, 1, stood)
}

// Two lives of a node may give one number: all nodes choose the same of their writes.
func TestStore_livesOfANodeAreToldApart(t *testing.T) {
	former, later := entryOf("n1", 1, `[7,[1,10]]`), &gossip.Entry{Origin: gossip.NewOriginID("n1", "b.txn"), Counter: 1, Value: `[7,[1,11]]`}
	for _, order := range [][]*gossip.Entry{{former, later}, {later, former}} {
		s := newStore("n0", nil)
		for at, e := range order {
			s.Apply(e, "", at)
		}
		require.Equal(t, `,"txn":[["r",1,11]]`, string(do(t, s, `[["r",1,null]]`).Reply.Fields))
	}
}

func TestParse_knowsReadsFromWrites(t *testing.T) {
	c, err := parse("txn", app.Body(`{"txn":[["r",1,null]]}`))
	require.NoError(t, err)
	require.Equal(t, app.Read, c.Class)
	c, err = parse("txn", app.Body(`{"txn":[["r",1,null],["w",1,2]]}`))
	require.NoError(t, err)
	require.Equal(t, app.Write, c.Class)
	for _, body := range []string{`{}`, `{"txn":[["append",1,2]]}`, `{"txn":[["r",1]]}`, `{"txn":[["w",1,2,3]]}`, `{"txn":{}}`} {
		_, err := parse("txn", app.Body(body))
		require.Error(t, err, body)
	}
}

// Nothing that a peer can send breaks a node, and what it keeps can be shown.
func FuzzApply(f *testing.F) {
	for _, text := range []string{`[1,[1,2]]`, `0`, `[1,["a",{"b":[1]}],[2,null]]`, `[1]`, `[0,[1,2]]`, `[1,[1,2,3]]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := check(text); err != nil {
			return
		}
		s := newStore("n0", nil)
		s.Apply(entryOf("n1", 1, text), "", 0)
		w, err := decode(text)
		if err != nil {
			return
		}
		for _, key := range w.keys {
			a := do(t, s, `[["r",`+key+`,null]]`)
			require.True(t, json.Valid([]byte(`{"x":0`+string(a.Reply.Fields)+`}`)))
		}
	})
}
