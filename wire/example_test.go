package wire_test

import (
	"fmt"
	"os"
	"strings"

	"treecast/wire"
)

// A node that echoes: lines in, lines out.
func ExampleReader() {
	in := wire.NewReader(strings.NewReader(`{"src":"c1","dest":"n0","body":{"type":"echo","msg_id":7,"echo":[1, 2]}}`+"\n"), 0)
	out := wire.NewWriter(os.Stdout)
	for {
		item, err := in.Next()
		if err != nil {
			break // the end of stdin
		}
		m := item.Message
		if item.Kind != wire.Valid || !m.Answerable() {
			fmt.Println(item.Err)
			continue
		}
		echo, _ := wire.Field(m.Body, "echo")
		body := wire.AppendReplyOpen(nil, "echo_ok", m.MsgID)
		body = append(append(wire.AppendKey(body, "echo"), echo...), '}')
		if err := out.WriteMessage(m.Dest, m.Src, body); err != nil {
			break
		}
	}
	_ = out.Flush()
	// Output:
	// {"src":"n0","dest":"c1","body":{"type":"echo_ok","in_reply_to":7,"echo":[1, 2]}}
}
