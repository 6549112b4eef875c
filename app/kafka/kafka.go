// Package kafka is the workload kafka on a node: without a leader, with offsets that
// leave gaps.
//
// # Offsets
//
// Of n nodes the i-th gives the next message under a key the offset c*n+i, where c is
// one more than the highest that it knows of for the key. So no two nodes give the same
// offset, nobody has to be asked, and offsets stay close to each other. A message is
// one entry, and is acknowledged when that is durable here.
//
// # The stable bound
//
// A poll must never show a message behind which another one comes to be later: that
// one would be skipped. So it shows messages up to the bound below which nothing new
// can come. A node tells the others, in entries of the same log as its messages, which
// entries it holds: a report. When the report of node j says that it held a message
// with the number c under a key, and all that j gave out before the report is here,
// then what j gives out later has numbers above c: offsets of (c+1)*n+j at least. The
// least of that over all other nodes, and of the own offsets that are not durable yet,
// is the bound. See type source.
//
// # After a restart
//
// A node that was started again may have lost what it gave out, so it could give an
// offset twice. It refuses to take messages, with error 11, until every other node has
// reported, knowing of the new life, what it holds, and all of that is here. Until the
// node says that it is so, its reports count for nobody's bound, nor do those of its
// former lives; polls everywhere stop at what they have shown, or show nothing.
// Commits and reads are always answered.
package kafka

import (
	"errors"
	"time"

	"treecast/app"
	"treecast/wire"
)

// period is P: what is sent is readable everywhere after P to 2P and the hops. At
// 150 ms two nodes spend 13 messages a second, and a client lags by a third of one.
const period = 150 * time.Millisecond

// mark is that of its logs.
const mark = ".kafka"

// Kind is kafka.
var Kind = app.Kind{Name: "kafka", Mark: mark, Period: period, Gives: true, Again: true, Parse: parse, Check: check, New: New}

// What is wrong with requests.
var (
	errSend    = errors.New("a send needs a key that is a string and a msg")
	errOffsets = errors.New("it needs offsets: an object of whole numbers from 0 on, by key")
	errKeys    = errors.New("it needs keys: a list of strings")
)

// send is the data of a send; the message is the call's value.
type send struct{ key string }

// at is a key and an offset.
type at struct {
	key    string
	offset int64
}

// The data of the other calls.
type (
	poll      []at
	commit    []at
	committed []string
)

func parse(typ string, body app.Fields) (app.Call, error) {
	switch typ {
	case "send":
		key, ok := textField(body, "key")
		value, there := body.Field("msg")
		if !ok || !there {
			return app.Call{}, errSend
		}
		return app.Call{Class: app.Write, Value: value, Data: send{key}}, nil
	case "poll":
		list, err := offsets(body)
		return app.Call{Class: app.Read, Data: poll(list)}, err
	case "commit_offsets":
		list, err := offsets(body)
		return app.Call{Class: app.Must, Data: commit(list)}, err
	case "list_committed_offsets":
		field, _ := body.Field("keys")
		c := wire.NewCursor(field)
		var keys committed
		for range c.Elements() {
			keys = append(keys, string(c.Text()))
		}
		if !c.Done() && string(field) != "null" {
			return app.Call{}, errKeys
		}
		return app.Call{Class: app.Read, Data: keys}, nil
	}
	return app.Call{}, nil
}

func textField(body app.Fields, name string) (string, bool) {
	field, ok := body.Field(name)
	if !ok {
		return "", false
	}
	return wire.Text(field)
}

// offsets reads the field of that name. A key twice counts as it was said last.
func offsets(body app.Fields) ([]at, error) {
	field, _ := body.Field("offsets")
	c := wire.NewCursor(field)
	list := readOffsets(&c)
	if !c.Done() {
		return nil, errOffsets
	}
	return list, nil
}

func readOffsets(c *wire.Cursor) (list []at) {
	for key := range c.Fields() {
		list = append(list, at{string(key), int64(c.Uint())})
	}
	return list
}
