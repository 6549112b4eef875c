package run

// Kinds of server message, as a reader of bodies tells them apart.
const (
	KindData   = "data"   // carries values
	KindAck    = "ack"    // carries none
	KindResend = "resend" // carries values again
	KindOther  = "other"  // not understood
)

// Traffic is what the nodes sent each other, a figure of our own. Messages to
// and from clients are not in it; messages that were lost are.
type Traffic struct {
	Messages int64 `json:"messages"`
	Bytes    int64 `json:"bytes"` // of bodies, as JSON
	// MessagesPerBroadcast is Messages / broadcasts begun; 0 if there was none.
	MessagesPerBroadcast float64 `json:"messages_per_broadcast"`
	// LostCount is how many of them never arrived: cut, lost by a fault, or sent
	// to a node that was down or paused and had no room. CopyCount is how many
	// duplicates the network made, which are not in Messages.
	LostCount int64         `json:"lost_count,omitempty"`
	CopyCount int64         `json:"copy_count,omitempty"`
	ByKind    []Share       `json:"by_kind"` // most messages first
	ByType    []Share       `json:"by_type"` // most messages first
	Nodes     []NodeTraffic `json:"nodes"`   // in natural order of names
	LinkCount int           `json:"link_count"`
	Links     []LinkTraffic `json:"links"` // the busiest, busiest first
}

// Share is the part of one kind or type of message in the traffic.
type Share struct {
	Name         string  `json:"name"`
	Messages     int64   `json:"messages"`
	Bytes        int64   `json:"bytes"`
	MessageShare float64 `json:"message_share"` // 0..1 of all messages
	ByteShare    float64 `json:"byte_share"`    // 0..1 of all bytes
}

// NodeTraffic is what one node sent to and got from other nodes.
type NodeTraffic struct {
	Node             string `json:"node"`
	SentMessages     int64  `json:"sent_messages"`
	SentBytes        int64  `json:"sent_bytes"`
	ReceivedMessages int64  `json:"received_messages"`
	ReceivedBytes    int64  `json:"received_bytes"`
}

// LinkTraffic is what one node sent to another.
type LinkTraffic struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Messages int64  `json:"messages"`
	Bytes    int64  `json:"bytes"`
}
