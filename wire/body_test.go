package wire

import (
	"encoding/json"
	"testing"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
	"github.com/stretchr/testify/require"
)

func TestBodiesAreBuiltAsDocumented(t *testing.T) {
	require.Equal(t, `{"type":"broadcast_ok","in_reply_to":0}`, string(AppendReply(nil, "broadcast_ok", ID{})))
	require.Equal(t, `{"type":"error","in_reply_to":7,"code":11,"text":"try \"later\""}`,
		string(AppendError(nil, IntID(7), TemporarilyUnavailable, `try "later"`)))
	body := append(AppendKey(AppendOpen([]byte("before "), "gossip"), "msg_id"), "-3"...)
	body = append(AppendKey(body, "runs"), "[]}"...)
	require.Equal(t, `before {"type":"gossip","msg_id":-3,"runs":[]}`, string(body))
	require.Equal(t, `{"type":"read_ok","in_reply_to":-9223372036854775808`, string(AppendReplyOpen(nil, "read_ok", IntID(-1<<63))))
}

func TestLibraryReadsOurErrors(t *testing.T) {
	m := maelstrom.Message{Body: AppendError(nil, IntID(7), MalformedRequest, "no\nmessage")}
	require.Equal(t, maelstrom.NewRPCError(maelstrom.MalformedRequest, "no\nmessage"), m.RPCError())
	require.Equal(t, "error", m.Type())
	require.True(t, json.Valid(m.Body))
}
