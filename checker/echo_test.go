package checker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

func TestEchoWantsEveryRequestAnsweredWithWhatItCarried(t *testing.T) {
	h := script(t, `
		0 0 invoke echo "a"
		1 0 ok     echo {"type":"echo_ok","in_reply_to":1,"echo":"\u0061"}
		2 0 invoke echo "b"
		3 0 ok     echo "b"
		4 nemesis info echo "z"
		4 0 invoke echo "c"
		5 0 ok     echo {"type":"echo_ok","echo":"x"}
		6 0 invoke echo "d"
		7 0 info   echo "d" !net-timeout
		8 1 invoke echo "e"
		8 1 ok     echo {"type":"echo_ok"}
		9 1 invoke echo "f"`)
	require.Equal(t, run.Echo{Valid: run.Invalid, Errors: []run.EchoError{
		{Sent: raws(`"c"`)[0], Received: raws(`{"type":"echo_ok","echo":"x"}`)[0]},
		{Sent: raws(`"d"`)[0], Received: raws(`"d"`)[0]},
		{Sent: raws(`"e"`)[0], Received: raws(`{"type":"echo_ok"}`)[0]},
		{Sent: raws(`"f"`)[0]},
	}}, Echo(h))
	require.Equal(t, run.Echo{Errors: []run.EchoError{}}, Echo(h[:4]))
}
