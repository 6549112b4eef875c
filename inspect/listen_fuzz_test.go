package inspect

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParseAddr checks that an address to listen on comes back from its own
// spelling, and is the one that Go's resolver takes it for.
func FuzzParseAddr(f *testing.F) {
	for _, seed := range []string{
		"0", "6060", ":6060", "127.0.0.1:6060", "localhost:1", "[::1]:80", "::1:80", "0.0.0.0:65535", "65536", "-1", "+1", "a:1", ":", "", "[fe80::1%lo]:1",
		"[127.0.0.1]:1", "[[::1]]:1", "[::ffff:1.2.3.4]:1", "1.2.3.4:01", "1.2.3:4", "[::1:80", "::1]:80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, err := ParseAddr(text)
		if err != nil {
			require.ErrorContains(t, err, "listen on")
			return
		}
		require.True(t, addr.IsValid())
		again, err := ParseAddr(addr.String())
		require.NoError(t, err)
		require.Equal(t, addr, again)
		if host, _, err := net.SplitHostPort(text); err == nil && host != "" && host != "localhost" {
			want, err := net.ResolveTCPAddr("tcp", text)
			require.NoError(t, err)
			require.Equal(t, want.AddrPort().Port(), addr.Port())
			require.Equal(t, want.AddrPort().Addr().Unmap(), addr.Addr().Unmap())
		}
	})
}
