// Command habit is a broadcast node with one habit, given as its argument, some
// of them wrong and some only unusual. It is there to show which of them the test
// bed's verdicts see. Without a habit it is right, whatever goes wrong around it:
// it keeps every value in a file of its working directory before it acknowledges
// it, and tells all that it knows to all others again and again.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"
	"time"
)

type message struct {
	Src, Dest string
	Body      struct {
		Type     string            `json:"type"`
		MsgID    json.RawMessage   `json:"msg_id"`
		NodeID   string            `json:"node_id"`
		NodeIDs  []string          `json:"node_ids"`
		Message  json.RawMessage   `json:"message"`
		Messages []json.RawMessage `json:"messages"`
	}
}

type node struct {
	habit string

	mu         sync.Mutex
	id         string
	others     []string
	file       *os.File
	values     []string
	known      map[string]bool
	telling    bool
	broadcasts int
	reads      int
}

// tellEvery is how often a node tells the others what it knows.
const tellEvery = 200 * time.Millisecond

func main() {
	n := &node{known: map[string]bool{}}
	if len(os.Args) > 1 {
		n.habit = os.Args[1]
	}
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			log.Fatal(err)
		}
		n.mu.Lock()
		n.handle(&m)
		n.mu.Unlock()
	}
}

func (n *node) handle(m *message) {
	switch m.Body.Type {
	case "init":
		n.begin(m.Body.NodeID, m.Body.NodeIDs)
		n.reply(m, `"type":"init_ok"`)
	case "topology":
		n.reply(m, `"type":"topology_ok"`)
		n.start()
	case "tell":
		for _, v := range m.Body.Messages {
			n.learn(string(v))
		}
		n.start()
	case "broadcast":
		n.broadcast(m)
		n.start()
	case "read":
		n.read(m)
		n.start()
	}
}

// start begins to tell the others what the node knows, when they are all there:
// one that is started again is sent no topology.
func (n *node) start() {
	if !n.telling && n.habit != "island" {
		n.telling = true
		go n.tellForEver()
	}
}

// begin takes up what an earlier life of the node has kept.
func (n *node) begin(id string, nodes []string) {
	n.id = id
	for _, other := range nodes {
		if other != id {
			n.others = append(n.others, other)
		}
	}
	kept, _ := os.ReadFile(id + ".values") // there is none in a first life
	for _, v := range strings.Fields(string(kept)) {
		n.values, n.known[v] = append(n.values, v), true
	}
	var err error
	if n.file, err = os.OpenFile(id+".values", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666); err != nil {
		log.Fatal(err)
	}
}

func (n *node) learn(v string) {
	if n.known[v] {
		return
	}
	if _, err := n.file.WriteString(v + "\n"); err != nil {
		log.Fatal(err)
	}
	n.values, n.known[v] = append(n.values, v), true
}

func (n *node) tellForEver() {
	for range time.Tick(tellEvery) {
		n.mu.Lock()
		for _, other := range n.others {
			extra := ""
			if n.habit == "control" {
				extra = ",\"text\":\"a\tb\x01c\""
			}
			n.print(fmt.Sprintf(`{"src":%q,"dest":%q,"body":{"type":"tell","messages":[%s]%s}}`, n.id, other, strings.Join(n.values, ","), extra))
		}
		n.mu.Unlock()
	}
}

func (n *node) broadcast(m *message) {
	n.learn(string(m.Body.Message))
	n.broadcasts++
	switch {
	case n.habit == "slow":
		time.Sleep(100 * time.Millisecond)
	case n.habit == "mute" && n.broadcasts == 3:
		return
	case n.habit == "early" && n.broadcasts == 3: // acknowledges and forgets
		v := string(m.Body.Message)
		n.values, n.known[v] = n.values[:len(n.values)-1], false
	}
	n.reply(m, `"type":"broadcast_ok"`)
	if n.habit == "twice" && n.broadcasts%3 == 0 {
		n.reply(m, `"type":"broadcast_ok"`)
	}
}

func (n *node) read(m *message) {
	n.reads++
	shown := n.values
	switch {
	case n.habit == "empty" && n.id != "n0":
		shown = nil
	case n.habit == "dip" && n.reads%3 == 0 && n.reads < 10 && len(shown) > 1:
		shown = shown[1:]
	case n.habit == "backwards" && n.reads > 4 && len(shown) > 1:
		shown = shown[:1]
	}
	body := fmt.Sprintf(`"type":"read_ok","messages":[%s]`, strings.Join(shown, ","))
	if n.habit == "late" && n.reads == 3 {
		time.AfterFunc(5500*time.Millisecond, func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.reply(m, body)
		})
		return
	}
	n.reply(m, body)
}

// reply answers a request, in the way that the habit has.
func (n *node) reply(m *message, body string) {
	self := n.id
	if n.habit == "forger" && m.Body.Type == "broadcast" && len(n.others) > 0 {
		self = n.others[0]
	}
	id := ""
	switch n.habit {
	case "bigid":
		id = `"msg_id":1180591620717411303424,`
	case "negativeid":
		id = `"msg_id":-18446744073709551616,`
	}
	line := fmt.Sprintf(`{"src":%q,"dest":%q,"body":{%s"in_reply_to":%s,%s}}`, self, m.Src, id, m.Body.MsgID, body)
	switch n.habit {
	case "twoinone":
		line += fmt.Sprintf(`{"src":%q,"dest":%q,"body":{"type":"tell","messages":[]}}`, n.id, n.id)
	case "trailing":
		line += " // done"
	case "crlf":
		line += "\r"
	case "spaces":
		line = "  " + line + " \t "
	}
	n.print(line)
}

func (n *node) print(line string) {
	if _, err := os.Stdout.WriteString(line + "\n"); err != nil {
		log.Fatal(err)
	}
}
