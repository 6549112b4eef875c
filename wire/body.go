package wire

import "strconv"

// The functions here build bodies without reflection: open one with AppendOpen
// or AppendReplyOpen, append fields, each as AppendKey and the value's JSON,
// and close it with a bracket. A buffer that is used again makes them free of
// allocations.

// AppendOpen begins a body: {"type":"gossip".
func AppendOpen(dst []byte, typ string) []byte {
	dst = append(dst, `{"type":`...)
	return AppendString(dst, typ)
}

// AppendReplyOpen begins the body of a reply: {"type":"read_ok","in_reply_to":7.
func AppendReplyOpen(dst []byte, typ string, inReplyTo ID) []byte {
	return inReplyTo.Append(append(AppendOpen(dst, typ), `,"in_reply_to":`...))
}

// AppendReply appends the whole body of a reply that says nothing else:
// {"type":"broadcast_ok","in_reply_to":7}.
func AppendReply(dst []byte, typ string, inReplyTo ID) []byte {
	return append(AppendReplyOpen(dst, typ, inReplyTo), '}')
}

// AppendError appends the whole body of an error reply:
// {"type":"error","in_reply_to":7,"code":11,"text":"..."}.
func AppendError(dst []byte, inReplyTo ID, code int, text string) []byte {
	dst = append(AppendReplyOpen(dst, "error", inReplyTo), `,"code":`...)
	dst = strconv.AppendInt(dst, int64(code), 10)
	dst = append(dst, `,"text":`...)
	return append(AppendString(dst, text), '}')
}

// AppendKey appends what stands before the value of a further field:
// ,"messages":
func AppendKey(dst []byte, name string) []byte {
	dst = AppendString(append(dst, ','), name)
	return append(dst, ':')
}
