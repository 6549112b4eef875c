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
			item, bytes := all.read(&what)
			require.Equal(t, len(line), bytes)
			require.Equal(t, alone.Item(line[:len(line)-1]), item)
		}
	})
}
