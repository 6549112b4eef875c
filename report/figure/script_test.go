package figure

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/run"
)

// record reads a record of messages from events, one a line, in milliseconds:
// "value 1", "sent ID AT FROM TO KIND BYTES VALUES", "received ID AT",
// "lost ID AT", "sampled LEVEL AT".
func record(t testing.TB, events string) *run.Messages {
	t.Helper()
	return recordOf(t, events)
}

func recordOf(t require.TestingT, events string) *run.Messages {
	var out strings.Builder
	out.WriteString("event,id,time_us,from,to,type,kind,bytes,values\n")
	values := 0
	for line := range strings.Lines(strings.TrimSpace(events)) {
		f := strings.Fields(line)
		switch f[0] {
		case "value":
			fmt.Fprint(&out, "value,", values, ",,,,,,,", f[1], "\n")
			values++
		case "sent":
			fmt.Fprintf(&out, "sent,%s,%s000,%s,%s,gossip,%s,%s,%s\n", f[1], f[2], f[3], f[4], f[5], f[6], strings.Join(f[7:], " "))
		default:
			fmt.Fprintf(&out, "%s,%s,%s000,,,,,,\n", f[0], f[1], f[2])
		}
	}
	m, err := run.ReadMessages(strings.NewReader(out.String() + "end,0,0,,,,,,\n"))
	require.NoError(t, err)
	return m
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// small is a cluster of three: two values, an ack, a loss and what is sent
// again for it.
const small = `
value 17
value "a"
sent 1 10 c1 n1 data 40 0
received 1 11
sent 2 50 n1 n0 data 90 0
sent 3 60 c2 n2 data 40 1
received 3 60
received 2 150
sent 4 160 n0 n1 ack 20
sent 5 160 n0 n2 data 90 0
received 4 260
lost 5 260
sent 6 270 n2 n0 data 90 1
received 6 370
sent 7 1400 n0 n2 resend 95 0
sent 8 1400 n0 n1 data 90 1
received 8 1500
received 7 1510
sent 9 1600 n2 n0 ack 20
`
