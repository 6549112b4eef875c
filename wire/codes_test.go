package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The table of errors of Maelstrom's doc/protocol.md.
func TestCodesAreMaelstroms(t *testing.T) {
	for _, test := range []struct {
		constant, code int
		name           string
		definite       bool
	}{
		{Timeout, 0, "timeout", false},
		{NodeNotFound, 1, "node-not-found", true},
		{NotSupported, 10, "not-supported", true},
		{TemporarilyUnavailable, 11, "temporarily-unavailable", true},
		{MalformedRequest, 12, "malformed-request", true},
		{Crash, 13, "crash", false},
		{Abort, 14, "abort", true},
		{KeyDoesNotExist, 20, "key-does-not-exist", true},
		{KeyAlreadyExists, 21, "key-already-exists", true},
		{PreconditionFailed, 22, "precondition-failed", true},
		{TxnConflict, 30, "txn-conflict", true},
		{999, 999, "unknown", false},
		{-1, -1, "unknown", false},
	} {
		require.Equal(t, test.code, test.constant)
		require.Equal(t, test.name, Name(test.code))
		require.Equal(t, test.definite, Definite(test.code), test.name)
	}
}
