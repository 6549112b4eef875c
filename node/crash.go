package node

import "log/slog"

// What a service had in hand when it crashed is gone. Whoever waits for it is
// told: with error 14 where it is certain that nothing was done, which lets a
// client take it as failed, and with error 13 where it may have been.

// The texts of the answers to what crashed a service.
const (
	abortedText = "a service of this node crashed on this request; nothing was done"
	crashedText = "a service of this node crashed on this request; it may have been done"
)

// logLost shows the item that crashed a service.
func logLost(log *slog.Logger, service, kind string, from *replyTo, body []byte) {
	log.Error("item lost", "service", service, "kind", kind, "client", shorten(from.client), "msg_id", from.msgID.String(), "body", shorten(string(body)))
}
