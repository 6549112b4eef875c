// Command loop is a broadcast node without any library but the standard one: a
// loop that decodes a line, answers it and flushes. A read encodes the list
// directly. It has no neighbours. It is a yardstick beside library.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

type message struct {
	Src  string `json:"src"`
	Dest string `json:"dest"`
	Body body   `json:"body"`
}

type body struct {
	Type      string `json:"type"`
	MsgID     int    `json:"msg_id,omitempty"`
	InReplyTo int    `json:"in_reply_to,omitempty"`
	Message   int    `json:"message,omitempty"`
	Messages  []int  `json:"messages,omitempty"`
}

func main() {
	in, out := json.NewDecoder(os.Stdin), bufio.NewWriter(os.Stdout)
	reply := json.NewEncoder(out)
	seen, values := map[int]bool{}, []int{}
	for {
		var m message
		if in.Decode(&m) != nil {
			return
		}
		b := body{Type: m.Body.Type + "_ok", InReplyTo: m.Body.MsgID}
		switch m.Body.Type {
		case "broadcast":
			if !seen[m.Body.Message] {
				seen[m.Body.Message] = true
				values = append(values, m.Body.Message)
			}
		case "read":
			b.Messages = values
		}
		if reply.Encode(message{Src: m.Dest, Dest: m.Src, Body: b}) != nil || out.Flush() != nil {
			return
		}
	}
}
