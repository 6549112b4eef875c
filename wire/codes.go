package wire

import maelstrom "github.com/jepsen-io/maelstrom/demo/go"

// Error codes of Maelstrom's protocol. All but [NodeNotFound], which only the
// network itself reports, are those of the official library.
const (
	Timeout                = maelstrom.Timeout
	NodeNotFound           = 1
	NotSupported           = maelstrom.NotSupported
	TemporarilyUnavailable = maelstrom.TemporarilyUnavailable
	MalformedRequest       = maelstrom.MalformedRequest
	Crash                  = maelstrom.Crash
	Abort                  = maelstrom.Abort
	KeyDoesNotExist        = maelstrom.KeyDoesNotExist
	KeyAlreadyExists       = maelstrom.KeyAlreadyExists
	PreconditionFailed     = maelstrom.PreconditionFailed
	TxnConflict            = maelstrom.TxnConflict
)

// Definite reports whether an error with this code says that the request did
// certainly not happen. [Timeout], [Crash] and codes that Maelstrom does not
// define leave it open.
func Definite(code int) bool {
	switch code {
	case NodeNotFound, NotSupported, TemporarilyUnavailable, MalformedRequest, Abort,
		KeyDoesNotExist, KeyAlreadyExists, PreconditionFailed, TxnConflict:
		return true
	}
	return false
}

// Name returns Maelstrom's keyword for a code, without the colon, as it stands
// in a history: "temporarily-unavailable"; "unknown" for a code that Maelstrom
// does not define.
func Name(code int) string {
	switch code {
	case Timeout:
		return "timeout"
	case NodeNotFound:
		return "node-not-found"
	case NotSupported:
		return "not-supported"
	case TemporarilyUnavailable:
		return "temporarily-unavailable"
	case MalformedRequest:
		return "malformed-request"
	case Crash:
		return "crash"
	case Abort:
		return "abort"
	case KeyDoesNotExist:
		return "key-does-not-exist"
	case KeyAlreadyExists:
		return "key-already-exists"
	case PreconditionFailed:
		return "precondition-failed"
	case TxnConflict:
		return "txn-conflict"
	}
	return "unknown"
}
