package virtual

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/testbed/network"
	"treecast/testbed/session"
	"treecast/wire"
)

// Whatever is read once for many nodes, each line is read as it would be alone.
func TestLinesAreReadAsTheyStand(t *testing.T) {
	var bodies []json.RawMessage
	for _, size := range []int{0, 1, largeBody - 20, largeBody, 2 * largeBody} {
		bodies = append(bodies, json.RawMessage(`{"type":"topology","x":"`+strings.Repeat("y", size)+`","msg_id":1}`))
	}
	bodies = append(bodies, append(json.RawMessage(nil), bodies[3]...), json.RawMessage(strings.Repeat("garbage", largeBody)))
	for _, fields := range []string{
		``, `,"e":1,"f":2,"runs":[{"o":"n1","l":"k","c":1,"v":[1,"a"]}]`, `,"runs":[{"v":["` + strings.Repeat("y", largeBody) + `"]}]`,
		`,"msg_id":7`, `,"in_reply_to":8`, `,"type":"read"`, `,"x":{"type":1}`, `,"runs":[{"v":["msg_id"]}]`, `,"msg\u005fid":7`,
		`,"x":"\""`, `,"x":"é"`, ",\"x\":\"\xff\"", ` , "msg_id" : 9 `, ` `,
	} {
		bodies = append(bodies, json.RawMessage(`{"type":"gossip"`+fields+`}`))
	}
	bodies = append(bodies, json.RawMessage(`{"type":"gossips"}`), json.RawMessage(`{"type":"gossip"  }`), json.RawMessage(` {"type":"gossip"}`))
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.SampledFrom([]int{0, largeBody + 30, largeBody + 80, largeBody + 82, largeBody + 84}).Draw(t, "limit")
		all := &lines{parser: wire.Parser{MaxLineBytes: limit}}
		for range rapid.IntRange(1, 20).Draw(t, "lines") {
			what := session.Output{ID: rapid.Int64Range(-1, 3).Draw(t, "id"), Packet: network.Packet{
				Src:  rapid.SampledFrom([]string{"c1", "c20"}).Draw(t, "src"),
				Dest: rapid.SampledFrom([]string{"n1", "n200"}).Draw(t, "dest"),
				Body: rapid.SampledFrom(bodies).Draw(t, "body"),
			}}
			line := what.AppendLine(nil)
			alone := wire.Parser{MaxLineBytes: limit}
			bytes := all.read(&what)
			require.Equal(t, len(line), bytes)
			want := alone.Item(line[:len(line)-1])
			for _, name := range []string{"runs", "x", "e"} {
				value, _ := want.Field(name)
				got, _ := all.item.Field(name)
				require.Equal(t, value, got, name)
			}
			exported := func(i wire.Item) wire.Item {
				return wire.Item{Kind: i.Kind, Message: i.Message, Err: i.Err, LineBytes: i.LineBytes}
			}
			require.Equal(t, exported(want), exported(all.item))
		}
	})
}
