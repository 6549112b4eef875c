// Command clumsy is an echo and broadcast node that tells every other node of
// each value once. Without an argument it is right; with one it has a habit that
// keeps beginners' nodes from running, or from being understood. It is there to
// show that the test bed says what is wrong and what to do.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// message is what the node understands of a line.
type message struct {
	Src  string `json:"src"`
	Body struct {
		Type    string          `json:"type"`
		MsgID   int             `json:"msg_id"`
		NodeID  string          `json:"node_id"`
		NodeIDs []string        `json:"node_ids"`
		Message json.RawMessage `json:"message"`
		Echo    json.RawMessage `json:"echo"`
	} `json:"body"`
}

// node is one with a habit.
type node struct {
	habit  string
	name   string
	others []string
	seen   map[string]bool
	values []string
}

func main() {
	n := node{seen: map[string]bool{}}
	if len(os.Args) > 1 {
		n.habit = os.Args[1]
	}
	n.begin()
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		n.handle(&m)
	}
}

// begin is what comes before the first message.
func (n *node) begin() {
	switch n.habit {
	case "banner":
		fmt.Println("Listening on stdin")
	case "bom":
		fmt.Print("\ufeff")
	case "reason":
		fmt.Fprintln(os.Stderr, "waiting for the database")
	case "escape":
		fmt.Fprint(os.Stderr, "\x1b[2J\x1b]0;title\a\x1b[31mno database\n")
		os.Exit(1)
	case "closed":
		os.Stdout.Close()
	case "leaves":
		os.Exit(0)
	}
}

func (n *node) handle(m *message) {
	switch m.Body.Type {
	case "init":
		n.name = m.Body.NodeID
		for _, id := range m.Body.NodeIDs {
			if id != n.name {
				n.others = append(n.others, id)
			}
		}
		n.init(m)
	case "topology":
		n.reply(m, `"type":"topology_ok"`)
	case "echo":
		switch n.habit {
		case "parrot":
			n.reply(m, `"type":"echo_ok","echo":"nope"`)
		case "nan":
			n.reply(m, `"type":"echo_ok","echo":NaN`)
		default:
			n.reply(m, `"type":"echo_ok","echo":`+string(m.Body.Echo))
		}
	case "broadcast":
		n.broadcast(m)
	case "read":
		n.read(m)
	}
}

// init answers init, or does not.
func (n *node) init(m *message) {
	switch n.habit {
	case "silent", "reason":
	case "slow":
		time.Sleep(3 * time.Second)
		n.reply(m, `"type":"init_ok"`)
	case "nonewline":
		fmt.Printf(`{"src":%q,"dest":%q,"body":{"type":"init_ok","in_reply_to":%d}}`, n.name, m.Src, m.Body.MsgID)
	case "text id", "float id", "no id":
		spelt := map[string]string{"text id": `,"in_reply_to":"%d"`, "float id": `,"in_reply_to":%d.0`}[n.habit]
		if spelt != "" {
			spelt = fmt.Sprintf(spelt, m.Body.MsgID)
		}
		n.send(m.Src, `"type":"init_ok"`+spelt)
	case "refuses":
		n.reply(m, `"type":"error","code":12,"text":"no database"`)
	case "pretty":
		fmt.Printf("{\n  \"src\": %q,\n  \"dest\": %q\n}\n", n.name, m.Src)
	case "python":
		fmt.Printf("{'src': '%s', 'dest': '%s', 'body': {'type': 'init_ok'}}\n", n.name, m.Src)
	case "encoded":
		fmt.Printf(`{"src":%q,"dest":%q,"body":%q}`+"\n", n.name, m.Src, `{"type":"init_ok"}`)
	case "again":
		n.reply(m, `"type":"init_ok"`)
		n.reply(m, `"type":"init_ok"`)
	case "blank":
		fmt.Println()
	default:
		n.reply(m, `"type":"init_ok"`)
	}
}

func (n *node) broadcast(m *message) {
	if value := string(m.Body.Message); !n.seen[value] {
		n.seen[value] = true
		n.values = append(n.values, value)
		for _, other := range n.others {
			if strings.HasPrefix(m.Src, "c") {
				n.tell(other, value)
			}
		}
	}
	if !strings.HasPrefix(m.Src, "c") {
		if n.habit == "acks" {
			n.send(m.Src, `"type":"broadcast_ok"`)
		}
		return
	}
	switch n.habit {
	case "typo":
		n.reply(m, `"type":"brodcast_ok"`)
	case "extra":
		n.reply(m, `"type":"broadcast_ok","debug":true`)
	case "untyped":
		n.reply(m, `"done":true`)
	case "text code":
		n.reply(m, `"type":"error","code":"11","text":"busy"`)
	case "busy":
		n.reply(m, `"type":"error","code":11,"text":"come again"`)
	default:
		n.reply(m, `"type":"broadcast_ok"`)
	}
}

// tell tells another node of a value, in words of its own.
func (n *node) tell(other, value string) {
	switch n.habit {
	case "gossip":
		n.send(other, `"type":"gossip","message":`+value)
	case "secret":
		n.send(other, `"type":"broadcast","message":`+value)
		n.send(other, `"type":"gossip","values":[`+value+`]`)
	default:
		n.send(other, `"type":"broadcast","message":`+value)
	}
}

func (n *node) read(m *message) {
	list := "[" + strings.Join(n.values, ",") + "]"
	switch n.habit {
	case "strings":
		list = `["` + strings.Join(n.values, `","`) + `"]`
		if len(n.values) == 0 {
			list = "[]"
		}
	case "floats":
		list = strings.ReplaceAll(strings.ReplaceAll(list, ",", ".0,"), "]", ".0]")
		if len(n.values) == 0 {
			list = "[]"
		}
	case "nested":
		list = "[" + list + "]"
	case "null":
		list = "null"
	case "object":
		list = `{"values":` + list + `}`
	case "value":
		n.reply(m, `"type":"read_ok","value":`+list)
		return
	}
	n.reply(m, `"type":"read_ok","messages":`+list)
}

func (n *node) reply(m *message, body string) {
	n.send(m.Src, fmt.Sprintf(`%s,"in_reply_to":%d`, body, m.Body.MsgID))
}

func (n *node) send(dest, body string) {
	fmt.Printf(`{"src":%q,"dest":%q,"body":{%s}}`+"\n", n.name, dest, body)
}
