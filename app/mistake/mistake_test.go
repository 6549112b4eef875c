package mistake

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/app"
	"treecast/app/set"
	"treecast/gossip"
)

func TestApp_dropsAndForgets(t *testing.T) {
	self := gossip.NewOriginID("n0", "a")
	peer := gossip.NewOriginID("n1", "a")
	a := DropLearnt.App(set.New(set.Words{}), "n0")
	for i := range uint64(8) {
		a.Apply(&gossip.Entry{Origin: self, Counter: i + 1, Value: "1"}, string(rune('a'+i)), int(i))
		a.Apply(&gossip.Entry{Origin: peer, Counter: i + 1, Value: "1"}, string(rune('A'+i)), int(i))
	}
	require.Equal(t, 14, a.Size())

	b := AckAndForget.App(set.New(set.Words{Added: &app.Reply{}}), "n0")
	given := 0
	for range 8 {
		answer := b.Serve(0, &app.Call{Class: app.Write, Value: []byte("1")})
		require.NotNil(t, answer.Reply)
		if answer.Entry != "" {
			given++
		}
	}
	require.Equal(t, 6, given)
}
