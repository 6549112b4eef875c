package run

// Counts are completed client operations by how they ended, Jepsen's :stats.
type Counts struct {
	Valid     Verdict `json:"valid" edn:"valid?"` // whether anything succeeded
	Count     int     `json:"count" edn:"count"`
	OKCount   int     `json:"ok_count" edn:"ok-count"`
	FailCount int     `json:"fail_count" edn:"fail-count"`
	InfoCount int     `json:"info_count" edn:"info-count"`
}

// Stats are the counts of all client operations and of each function. Valid is
// the merge of the functions' own: every kind must have succeeded once.
type Stats struct {
	Counts
	ByF map[string]Counts `json:"by_f"`
}

// Availability is Maelstrom's :availability.
type Availability struct {
	Valid Verdict `json:"valid" edn:"valid?"`
	// OKFraction is operations that succeeded / operations begun, 0..1, in
	// single precision as Maelstrom divides; 1 if none was begun.
	OKFraction float32 `json:"ok_fraction" edn:"ok-fraction"`
	// InvokeCount is the number of operations begun.
	InvokeCount int `json:"invoke_count" edn:"-"`
}

// NetCounts are the messages of one group of Maelstrom's :net.
type NetCounts struct {
	SendCount int64 `json:"send_count" edn:"send-count"`
	RecvCount int64 `json:"recv_count" edn:"recv-count"`
	MsgCount  int64 `json:"msg_count" edn:"msg-count"` // distinct messages
	// MsgsPerOp is MsgCount / client operations begun, in single precision as
	// Maelstrom divides. Nil for clients, and if no operation was begun.
	MsgsPerOp *float32 `json:"msgs_per_op,omitempty" edn:"msgs-per-op"`
}

// Net is Maelstrom's :net. A message is a client's if a client stands at either
// end, a server's otherwise.
type Net struct {
	All     NetCounts `json:"all" edn:"all"`
	Clients NetCounts `json:"clients" edn:"clients"`
	Servers NetCounts `json:"servers" edn:"servers"`
	Valid   Verdict   `json:"valid" edn:"valid?"`
}
