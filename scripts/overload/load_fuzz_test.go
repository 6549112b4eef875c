package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzReadHealth checks that a reply is read whatever it says, and that reading
// it leaves alone what the reader has behind it.
func FuzzReadHealth(f *testing.F) {
	f.Add([]byte(`{"body":{"unhealthy_ms":1500,"worst":"intake","queues":[{"name":"intake","depth":7},{"name":"output","depth":3}],"permits":{"total":4,"in_use":1,"available":1}}}`))
	f.Add([]byte(`"name":"intake""depth":9`))
	f.Add([]byte(`"permits":{"total":99999999999999999999`))
	f.Fuzz(func(t *testing.T, line []byte) {
		buffer := append(bytes.Clone(line), "{next"...)
		s := readHealth(time.Second, buffer[:len(line)])
		require.Equal(t, string(line)+"{next", string(buffer))
		require.Equal(t, time.Second, s.at)
	})
}
