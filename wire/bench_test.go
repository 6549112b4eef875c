package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

const broadcastLine = `{"id":4711,"src":"c12","dest":"n3","body":{"type":"broadcast","message":123456,"msg_id":17}}`

func gossipLine(values int) []byte {
	var list strings.Builder
	for i := range values {
		fmt.Fprintf(&list, "%d,", 100000+i)
	}
	return []byte(`{"id":4711,"src":"n2","dest":"n3","body":{"type":"gossip","runs":[{"o":"n2","l":"a1b2c3","c":17,"v":[` +
		strings.TrimSuffix(list.String(), ",") + `]}]}}`)
}

func BenchmarkValid(b *testing.B) {
	for _, test := range []struct {
		name string
		line []byte
	}{{"broadcast", []byte(broadcastLine)}, {"gossip", gossipLine(1000)}} {
		b.Run(test.name+"/wire", func(b *testing.B) {
			b.SetBytes(int64(len(test.line)))
			for b.Loop() {
				if skipValue(test.line, 0, MaxDepth) < 0 {
					b.Fatal("not valid")
				}
			}
		})
		b.Run(test.name+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(test.line)))
			for b.Loop() {
				if !json.Valid(test.line) {
					b.Fatal("not valid")
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	b.Run("wire", func(b *testing.B) {
		line := []byte(broadcastLine)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(line); err != nil {
				b.Fatal(err)
			}
		}
	})
	// What the official library does with a line before its handler runs.
	b.Run("library", func(b *testing.B) {
		line := []byte(broadcastLine)
		b.ReportAllocs()
		for b.Loop() {
			var m maelstrom.Message
			var body maelstrom.MessageBody
			if json.Unmarshal(line, &m) != nil || json.Unmarshal(m.Body, &body) != nil {
				b.Fatal("not parsed")
			}
		}
	})
}

// loop is a stream that never ends.
type loop struct {
	data []byte
	at   int
}

func (l *loop) Read(p []byte) (n int, err error) {
	for n < len(p) {
		copied := copy(p[n:], l.data[l.at:])
		n += copied
		l.at = (l.at + copied) % len(l.data)
	}
	return n, nil
}

// BenchmarkRequest is all of this package's share of one request: its line is
// read, its value taken out and put into canonical form, its reply written.
func BenchmarkRequest(b *testing.B) {
	r := NewReader(&loop{data: bytes.Repeat([]byte(broadcastLine+"\n"), 100)}, 0)
	w := NewWriter(io.Discard)
	var body []byte
	b.ReportAllocs()
	for b.Loop() {
		item, err := r.Next()
		if err != nil || item.Kind != Valid {
			b.Fatal(item, err)
		}
		value, _ := Field(item.Message.Body, "message")
		if _, err := Canonical(value); err != nil {
			b.Fatal(err)
		}
		body = AppendReply(body[:0], "broadcast_ok", item.Message.MsgID)
		if err := w.WriteMessage("n3", item.Message.Src, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonicalObject(b *testing.B) {
	value := []byte(`{"z":[1,2.50,"text"],"a":{"y":null,"x":true},"key":"v\u0061lue"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Canonical(value); err != nil {
			b.Fatal(err)
		}
	}
}
