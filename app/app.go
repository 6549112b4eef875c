package app

import (
	"encoding/json"
	"math"
	"time"

	"treecast/gossip"
	"treecast/wire"
)

// Class is how a node treats a request.
type Class uint8

const (
	// None: it is not a request of this workload.
	None Class = iota
	// Now: the reader answers it, whatever state the node is in.
	Now
	// Read: the store answers it, behind what peers' messages before it have brought.
	// It is never refused but for want of room.
	Read
	// Write: it may give out an entry, and is refused with error 11 while the node is
	// overloaded or its journal cannot be written.
	Write
	// Must: as Write, but it is refused only for want of room.
	Must
)

// Call is a request that has been read.
type Call struct {
	Class Class
	// Vague says that other workloads have such a request too, so that it does not
	// tell which one this is.
	Vague bool
	// Patient says that the request's client stays the same when it has waited in
	// vain, so that the answer may come later than others.
	Patient bool
	// Value is the JSON that the request is about, and that its entry will carry; nil
	// where there is none. It shares memory with the request.
	Value []byte
	// Data is what else Parse has read; the App knows its type.
	Data any
}

// Fields is the body of a request.
type Fields interface {
	// Field returns the JSON of a field, which shares memory with the request.
	Field(name string) (json.RawMessage, bool)
}

// Body is the JSON of a body as Fields.
type Body []byte

// Field returns the JSON of a field.
func (b Body) Field(name string) (json.RawMessage, bool) { return wire.Field(b, name) }

// Kind is what can be said of a workload before anything has happened.
type Kind struct {
	// Name is the workload's, as --app has it.
	Name string
	// Mark is what the names of its entries' logs end in. Empty: the workload has no
	// entries, or is the one whose logs have no mark.
	Mark string
	// Stateless says that there is no state: its requests are served by every node,
	// whatever that is for. Then New is nil.
	Stateless bool
	// Period is the sync period P where nobody has set one, above 0, but for stateless
	// ones.
	Period time.Duration
	// Gives says that its App gives out entries by itself.
	Gives bool
	// Again says that entries may be given out once more under another log's name
	// without counting twice.
	Again bool
	// Parse reads a request of a type. Class None says that it is not one of the
	// workload's, an error what is wrong with it: it is answered with error 12. Any
	// goroutine may call it.
	Parse func(typ string, body Fields) (Call, error)
	// Reply is the type of the reply to calls of class Now.
	Reply string
	// Answer appends to dst what that reply says behind
	// in_reply_to, without the closing bracket; nil: nothing. Calls come one at a time.
	Answer func(dst []byte, c *Call, env *Env) []byte
	// Check reads the value of an entry. The key is handed on to Apply; the error says
	// that the value cannot be one of this workload's. Any goroutine may call it.
	Check func(value string) (key string, err error)
	// New makes the state of a node that knows its name.
	New func(Env) App
}

// Env is what an App knows of its node.
type Env struct {
	Self  string
	Index int      // of the node among Nodes
	Nodes []string // of the cluster, in an order that is the same everywhere
	// Life tells this life of the node from every other.
	Life string
	// Epoch is larger in later lives, unless a clock was set back.
	Epoch uint64
	// Restart says that this may not be the first life of the node in this run.
	Restart bool
	// Given counts what class Now has answered in this life.
	Given uint64
	// Stood says that all that the entry at a position of the log says is said by
	// other entries of the log: it travels as a mark that stands for nothing.
	Stood func(at int)
}

// App is the state of a workload on one node. One goroutine at a time calls it.
type App interface {
	// Serve carries out a request of one of the classes Read, Write and Must.
	Serve(now time.Duration, c *Call) Answer
	// Apply takes in an entry. It comes once with the entry's position in the log, from
	// when on it is durable, in any order of counters; a peer's comes before that with
	// at = NotYet, when reads are to show it. An entry may come more than once.
	Apply(e *gossip.Entry, key string, at int)
	// Next is when Step has something to give out; gossip.Never if nothing before the
	// next call of anything else.
	Next(now time.Duration) time.Duration
	// Step returns the value of an entry to be given out, and its key; false if there
	// is none.
	Step(now time.Duration) (value, key string, ok bool)
	// Size is how many values, keys or logs there are, for figures.
	Size() int
}

// Wrong makes a workload wrong, for tests alone.
type Wrong interface {
	// Env is what the workload is told of its node.
	Env(Env) Env
	// App stands before the state of a node of that name.
	App(right App, self string) App
}

// NotYet is the position of an entry that is shown but not in the log yet.
const NotYet = -1

// Answer is what comes of a request.
type Answer struct {
	Reply *Reply // what the client is told; nil if it is refused
	// Entry is the value of the entry that the request gives out, empty for none, and
	// Key its key. The reply waits until it is durable.
	Entry, Key string
	// Behind says that the reply, without an entry, waits for the entries that were
	// given out before it, as it shows something of them.
	Behind bool
	// Code and Text refuse the request; Code 0 does not.
	Code int
	Text string
}

// Refuse is an Answer that refuses.
func Refuse(code int, text string) Answer { return Answer{Code: code, Text: text} }

// Reply is the body of a reply.
type Reply struct {
	Type   string // "read_ok"
	Fields []byte // what follows in_reply_to, as `,"value":7`; nil: nothing
	Open   []byte // what opens a list behind the fields, as `,"value":[`
	List   List   // nil: there is none
	Close  []byte // what closes it
}

// List is a long list in pieces, which stays as it is.
type List interface {
	// Parts appends the pieces to dst, in order.
	Parts(dst [][]byte) [][]byte
}

// Patience is for how long a request waits that came while the node did not know its
// workload: longer than gossip takes to tell, and a little shorter than the 4 s after
// which no answer is written any more.
const Patience = 3900 * time.Millisecond

// FirstPatience is the same in the first life of a node: nobody knew before it, so a peer
// can only tell what a client has just told that one. Clients that all wait for reads
// tell nothing: the sooner they are refused, the sooner one of them asks for more.
const FirstPatience = time.Second

// Idle is the part of an App that gives out nothing by itself.
type Idle struct{}

// Next is never.
func (Idle) Next(time.Duration) time.Duration { return gossip.Never }

// Step does nothing.
func (Idle) Step(time.Duration) (value, key string, ok bool) { return "", "", false }

// ReadUints reads [n, n, ...] of exactly len(into) integers from 0 on; false if the
// value is anything else.
func ReadUints(value string, into []uint64) bool {
	c := wire.NewCursor([]byte(value))
	n := 0
	for range c.Elements() {
		if n == len(into) {
			c.Fail()
			break
		}
		into[n] = c.Uint()
		n++
	}
	return c.Done() && n == len(into)
}

// MaxOffset is the largest integer that every JSON reader keeps exact.
const MaxOffset = math.MaxInt64 >> 10
