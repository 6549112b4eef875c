package node

import (
	"strconv"

	"treecast/isolate/hop"
)

// isolation tells of the processes that the node's gossip runs in.
func (b *jsonWriter) isolation(mode hop.Mode, children []hop.Figures) {
	b.open("isolation")
	b.key("mode")
	b.text = strconv.AppendQuote(b.text, mode.String())
	b.key("children")
	b.text = append(b.text, '[')
	for i := range children {
		b.child(&children[i])
	}
	b.text = append(b.text, ']', '}')
}

// child tells of one after the other of them, as the same work is done.
func (b *jsonWriter) child(f *hop.Figures) {
	if b.text[len(b.text)-1] != '[' {
		b.text = append(b.text, ',')
	}
	b.text = append(b.text, '{')
	b.key("name")
	b.text = strconv.AppendQuote(b.text, f.Name)
	b.key("up")
	b.text = strconv.AppendBool(b.text, f.State == "up")
	b.key("inside") // they crashed again and again
	b.text = strconv.AppendBool(b.text, f.Inside)
	b.number("started", uint64(f.Generation))
	b.number("pid", uint64(f.Pid))
	b.number("memory_bytes", uint64(f.Memory))
	b.number("start_us", uint64(f.Start.Microseconds()))
	b.open("restarts")
	f.RestartCauses(b.number)
	b.text = append(b.text, '}')
	b.number("work", f.Sent)
	b.number("answers", f.Answered)
	b.number("lost", f.Lost)
	b.number("dropped", f.Dropped)
	b.number("messages_in", f.Received)
	b.number("bytes_in", f.BytesIn)
	b.number("bytes_out", f.BytesOut)
	b.number("window_used", uint64(f.Unanswered))
	b.number("window_used_bytes", uint64(f.UnansweredBytes))
	b.number("hop_p50_us", uint64(f.Hop.Quantile(0.5).Microseconds()))
	b.number("hop_p99_us", uint64(f.Hop.Quantile(0.99).Microseconds()))
	b.number("hop_max_us", uint64(f.Hop.Longest.Microseconds()))
	b.text = append(b.text, '}')
}
