package run

// Counts are completed client operations by how they ended, Jepsen's :stats.
type Counts struct {
	Valid     Verdict `json:"valid"` // whether anything succeeded
	Count     int     `json:"count"`
	OKCount   int     `json:"ok_count"`
	FailCount int     `json:"fail_count"`
	InfoCount int     `json:"info_count"`
}

// Stats are the counts of all client operations and of each function. Valid is
// the merge of the functions' own: every kind must have succeeded once.
type Stats struct {
	Counts
	ByF map[string]Counts `json:"by_f"`
}

// Availability is Maelstrom's :availability.
type Availability struct {
	Valid Verdict `json:"valid"`
	// OKFraction is operations that succeeded / operations begun, 0..1, in
	// single precision as Maelstrom divides; 1 if none was begun.
	OKFraction float32 `json:"ok_fraction"`
	// InvokeCount is the number of operations begun.
	InvokeCount int `json:"invoke_count"`
}

// NetCounts are the messages of one group of Maelstrom's :net.
type NetCounts struct {
	SendCount int64 `json:"send_count"`
	RecvCount int64 `json:"recv_count"`
	MsgCount  int64 `json:"msg_count"` // distinct messages
	// MsgsPerOp is MsgCount / client operations begun, in single precision as
	// Maelstrom divides. Nil for clients, and if no operation was begun.
	MsgsPerOp *float32 `json:"msgs_per_op,omitempty"`
}

// Net is Maelstrom's :net. A message is a client's if a client stands at either
// end, a server's otherwise.
type Net struct {
	All     NetCounts `json:"all"`
	Clients NetCounts `json:"clients"`
	Servers NetCounts `json:"servers"`
	Valid   Verdict   `json:"valid"`
}
