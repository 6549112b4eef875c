// Command transactor is a node for txn-rw-register and txn-list-append. Without
// an argument it is right, if it is alone. With one it makes a mistake, which is
// there to show that the test bed notices:
//
//	aborted     one in eight transactions happens and is said to have failed
//	between     transactions of a batch are done one micro-operation at a time
//	skew        transactions of a batch read one state, and overwrite each other
//	write-skew  the same, but none overwrites another: snapshot isolation
//	fork        two sites learn late of each other's writes: parallel snapshot isolation
//	stale       transactions that only read are shown an old state
//	backdated   a write comes before the last one, if nobody has seen that yet
//	circular    transactions of a batch read each other's writes
//	swapped     two transactions of a batch come in one order for some keys, and in the other for the rest
//	forgetful   a transaction does not read its own writes
//	foreseeing  a transaction reads what it writes later
//	twice       one in eight appends is done twice
//	local       two halves of the clients have a store each
//	invents     one in eight reads shows a value that nobody wrote
//	shortens    one in eight replies lacks a micro-operation
//	null        every read shows null
//
// Requests are done in batches of those that came within some milliseconds.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

type message struct {
	Src  string `json:"src"`
	Dest string `json:"dest"`
	Body body   `json:"body"`
}

type body struct {
	Type      string  `json:"type"`
	MsgID     int     `json:"msg_id,omitempty"`
	InReplyTo int     `json:"in_reply_to,omitempty"`
	NodeID    string  `json:"node_id,omitempty"`
	Txn       [][]any `json:"txn,omitempty"`
	Code      int     `json:"code,omitempty"`
	Text      string  `json:"text,omitempty"`
}

// reply is like body, but its transaction is never left out.
type reply struct {
	Type      string  `json:"type"`
	InReplyTo int     `json:"in_reply_to"`
	Txn       [][]any `json:"txn"`
}

// lists are the values that a key was given, in order. A register's value is the
// last of them.
type lists map[string][]any

func (l lists) copy() lists {
	c := lists{}
	for k, v := range l {
		c[k] = v[:len(v):len(v)]
	}
	return c
}

type transaction struct {
	from    message
	mops    [][]any
	aborted bool
	gone    bool // the first micro-operation is left out of the reply
}

type node struct {
	id      string
	mistake string
	store   lists
	past    []lists         // states before the last batches
	seen    map[string]bool // keys whose last write somebody may have seen
	sites   [2]lists        // of fork and local
	late    [2]lists        // of fork: the other site's writes that a site does not know
	count   int             // transactions
	batches int
}

func main() {
	n := &node{store: lists{}, seen: map[string]bool{}}
	if len(os.Args) > 1 {
		n.mistake = os.Args[1]
	}
	for s := range n.sites {
		n.sites[s], n.late[s] = lists{}, lists{}
	}
	lines := make(chan message)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(os.Stdin)
		in.Buffer(nil, 1<<24)
		for in.Scan() {
			var m message
			if err := json.Unmarshal(in.Bytes(), &m); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			lines <- m
		}
	}()
	for m := range lines {
		if m.Body.Type != "txn" {
			n.id = m.Body.NodeID
			n.send(m.Src, body{Type: m.Body.Type + "_ok", InReplyTo: m.Body.MsgID})
			continue
		}
		n.do(collect(m, lines))
	}
}

// collect takes what comes within some milliseconds of the first.
func collect(first message, lines <-chan message) []*transaction {
	batch := []*transaction{{from: first, mops: first.Body.Txn}}
	end := time.After(4 * time.Millisecond)
	for len(batch) < 8 {
		select {
		case m, ok := <-lines:
			if !ok {
				return batch
			}
			batch = append(batch, &transaction{from: m, mops: m.Body.Txn})
		case <-end:
			return batch
		}
	}
	return batch
}

func (n *node) send(to string, b any) {
	text, err := json.Marshal(map[string]any{"src": n.id, "dest": to, "body": b})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", text)
}

func (n *node) do(batch []*transaction) {
	n.batches++
	before := n.store.copy()
	n.past = append(n.past, before)
	if len(n.past) > 12 {
		n.past = n.past[1:]
	}
	switch n.mistake {
	case "between":
		n.between(batch)
	case "skew", "write-skew":
		n.fromOneState(batch, before)
	case "circular":
		n.circular(batch)
	case "swapped":
		n.swapped(batch, before)
	case "fork":
		n.fork(batch)
	default:
		for _, t := range batch {
			n.one(t)
		}
	}
	for _, t := range batch {
		if t.aborted {
			n.send(t.from.Src, body{Type: "error", InReplyTo: t.from.Body.MsgID, Code: 30, Text: "conflict"})
			continue
		}
		mops := t.mops
		if t.gone {
			mops = mops[1:]
		}
		n.send(t.from.Src, reply{"txn_ok", t.from.Body.MsgID, mops})
	}
}

// one does a transaction by itself.
func (n *node) one(t *transaction) {
	n.count++
	state, odd := n.store, n.count%8 == 0
	switch n.mistake {
	case "aborted":
		t.aborted = odd
	case "shortens":
		t.gone = odd
	case "stale":
		if !writes(t) {
			state = n.past[0]
		}
	case "local":
		state = n.sites[site(t)]
	case "forgetful":
		old := n.store.copy()
		for _, m := range t.mops {
			if isWrite(m) {
				n.write(n.store, m)
			} else {
				read(old, m)
			}
		}
		return
	case "foreseeing":
		for _, m := range t.mops {
			if isWrite(m) {
				n.write(n.store, m)
			}
		}
		for _, m := range t.mops {
			if !isWrite(m) {
				read(n.store, m)
			}
		}
		return
	}
	for _, m := range t.mops {
		switch {
		case !isWrite(m):
			n.seen[key(m)] = true
			read(state, m)
			n.distort(m, odd)
		case n.mistake == "backdated" && len(state[key(m)]) > 0 && !n.seen[key(m)]:
			k := key(m)
			last := len(state[k]) - 1
			state[k] = append(append(append([]any{}, state[k][:last]...), m[2]), state[k][last])
		default:
			n.write(state, m)
			if n.mistake == "twice" && odd {
				n.write(state, m)
			}
		}
	}
	if n.mistake == "backdated" {
		for _, m := range t.mops {
			if isWrite(m) {
				n.seen[key(m)] = false
			}
		}
	}
}

// distort changes what a read shows.
func (n *node) distort(m []any, odd bool) {
	switch list, isList := m[2].([]any); {
	case n.mistake == "null":
		m[2] = nil
	case n.mistake != "invents" || !odd:
	case isList:
		m[2] = append(append([]any{}, list...), 1000000+n.count)
	default:
		m[2] = 1000000 + n.count
	}
}

// between does a batch's transactions in turns.
func (n *node) between(batch []*transaction) {
	for i := 0; i < 64; i++ {
		for _, t := range batch {
			if i < len(t.mops) {
				if m := t.mops[i]; isWrite(m) {
					n.write(n.store, m)
				} else {
					read(n.store, m)
				}
			}
		}
	}
}

// fromOneState lets all transactions of a batch read the state before it.
func (n *node) fromOneState(batch []*transaction, before lists) {
	written := map[string]bool{}
	for _, t := range batch {
		for _, m := range t.mops {
			t.aborted = t.aborted || n.mistake == "write-skew" && isWrite(m) && written[key(m)]
		}
		if t.aborted {
			continue
		}
		own := before.copy()
		for _, m := range t.mops {
			if isWrite(m) {
				written[key(m)] = true
				n.write(own, m)
				n.write(n.store, m)
			} else {
				read(own, m)
			}
		}
	}
}

// circular lets transactions of a batch read the state after it, but of lists
// that they append to themselves; and of a register that they write themselves
// they first read what another wrote.
func (n *node) circular(batch []*transaction) {
	for _, t := range batch {
		n.one(t)
	}
	for _, t := range batch {
		own := map[string]bool{}
		for _, m := range t.mops {
			if m[0] == "append" {
				own[key(m)] = true
			}
		}
		for _, m := range t.mops {
			if m[0] == "w" {
				own[key(m)] = true // from here on it reads its own
			}
			if isWrite(m) || own[key(m)] {
				continue
			}
			read(n.store, m)
			for _, other := range batch {
				for _, w := range other.mops {
					if other != t && w[0] == "w" && key(w) == key(m) {
						m[2] = w[2]
					}
				}
			}
		}
	}
}

// swapped does the writes of a batch in one order for even keys and in the other
// for odd ones. Reads show the state before.
func (n *node) swapped(batch []*transaction, before lists) {
	for turn := 0; turn < 2; turn++ {
		for i := range batch {
			t := batch[i]
			if turn == 1 {
				t = batch[len(batch)-1-i]
			}
			for _, m := range t.mops {
				k, _ := m[1].(float64)
				if isWrite(m) && int(k)%2 == turn {
					n.write(n.store, m)
				}
			}
		}
	}
	for _, t := range batch {
		for _, m := range t.mops {
			if !isWrite(m) {
				read(before, m)
			}
		}
	}
}

// fork has two sites, each of which learns of the other's writes after some
// batches. A write of a key that the site is behind in fails.
func (n *node) fork(batch []*transaction) {
	for _, t := range batch {
		s := site(t)
		for _, m := range t.mops {
			t.aborted = t.aborted || isWrite(m) && (n.late[s][key(m)] != nil || n.late[1-s][key(m)] != nil)
		}
		if t.aborted {
			continue
		}
		for _, m := range t.mops {
			if isWrite(m) {
				n.write(n.sites[s], m)
			} else {
				read(n.sites[s], m)
			}
		}
		for _, m := range t.mops {
			if isWrite(m) {
				n.late[1-s][key(m)] = n.sites[s][key(m)]
			}
		}
	}
	if n.batches%4 == 0 {
		for s := range n.sites {
			for k, v := range n.late[s] {
				n.sites[s][k] = v[:len(v):len(v)]
			}
			n.late[s] = lists{}
		}
	}
}

// site divides the clients in two.
func site(t *transaction) int { return int(t.from.Src[len(t.from.Src)-1]) % 2 }

func isWrite(m []any) bool { return m[0] != "r" }

func writes(t *transaction) bool {
	for _, m := range t.mops {
		if isWrite(m) {
			return true
		}
	}
	return false
}

func key(m []any) string { return fmt.Sprint(m[1]) }

func (n *node) write(l lists, m []any) {
	k := key(m)
	value := m[2]
	if m[0] == "w" {
		value = register{value}
	}
	l[k] = append(l[k][:len(l[k]):len(l[k])], value)
}

// register marks the values of a key that is no list.
type register struct{ value any }

func read(l lists, m []any) {
	list := l[key(m)]
	m[2] = nil
	if len(list) == 0 {
		return
	}
	if r, ok := list[len(list)-1].(register); ok {
		m[2] = r.value
		return
	}
	m[2] = append([]any{}, list...)
}
