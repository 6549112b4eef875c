package inspect

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixed is a source that always says the same.
type fixed struct{ health, history string }

func (f fixed) Health() []byte  { return []byte(f.health) }
func (f fixed) History() []byte { return []byte(f.history) }

var example = fixed{
	health:  `{"unhealthy_ms":1500,"worst":"intake","queues":[{"name":"intake","depth":7},{"name":"gossip","depth":0}],"client_gate":{"open":false},"gossip":{"resends":3}}`,
	history: "time_ms,queue\n1000,intake\n",
}

// serving starts a server for a test; Go's own client asks it.
func serving(t *testing.T, addr string) *Server {
	where, err := ParseAddr(addr)
	require.NoError(t, err)
	s, err := Listen(where)
	require.NoError(t, err)
	s.Serve(example)
	t.Cleanup(func() {
		s.Close()
		s.Close() // may be called again
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

func get(t *testing.T, s *Server, path string) (status int, kind, body string) {
	reply, err := http.Get("http://" + s.Addr().String() + path)
	require.NoError(t, err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	require.NoError(t, err)
	return reply.StatusCode, reply.Header.Get("Content-Type"), string(text)
}

func TestPagesAreWhatToolsExpect(t *testing.T) {
	s := serving(t, "0")
	require.NotZero(t, s.Addr().Port())
	require.True(t, s.Addr().Addr().IsLoopback())

	status, kind, body := get(t, s, "/")
	require.Equal(t, 200, status)
	require.Contains(t, kind, "text/plain")
	require.Contains(t, body, "/metrics")

	_, _, body = get(t, s, "/metrics")
	for _, line := range []string{
		"treecast_unhealthy_ms 1500", `treecast_queues_depth{name="intake"} 7`, `treecast_queues_depth{name="gossip"} 0`,
		"treecast_client_gate_open 0", "treecast_gossip_resends 3", "# TYPE treecast_gossip_resends untyped",
	} {
		require.Contains(t, body, line+"\n")
	}
	require.Contains(t, body, "go_goroutines ")
	require.NotContains(t, body, "worst", "texts are no figures")

	_, kind, body = get(t, s, "/debug/vars")
	require.Contains(t, kind, "application/json")
	var vars struct {
		Cmdline  []string
		Memstats struct{ HeapAlloc uint64 }
		Treecast struct {
			UnhealthyMS int `json:"unhealthy_ms"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &vars))
	require.NotEmpty(t, vars.Cmdline)
	require.NotZero(t, vars.Memstats.HeapAlloc)
	require.Equal(t, 1500, vars.Treecast.UnhealthyMS)

	_, kind, body = get(t, s, "/queues.csv")
	require.Contains(t, kind, "text/csv")
	require.Equal(t, example.history, body)
}

func TestProfilesAreGos(t *testing.T) {
	s := serving(t, "localhost:0")
	_, _, body := get(t, s, "/debug/pprof/")
	require.Contains(t, body, "heap")
	_, _, body = get(t, s, "/debug/pprof/goroutine?debug=1")
	require.Contains(t, body, "goroutine profile: total")
	status, kind, body := get(t, s, "/debug/pprof/heap?gc=1")
	require.Equal(t, 200, status)
	require.Contains(t, kind, "octet-stream")
	require.True(t, strings.HasPrefix(body, "\x1f\x8b"), "a profile is compressed")
	_, _, body = get(t, s, "/debug/pprof/cmdline")
	require.Contains(t, body, "inspect.test")
	_, _, body = get(t, s, "/debug/pprof/profile?seconds=1")
	require.True(t, strings.HasPrefix(body, "\x1f\x8b"))
	status, _, body = get(t, s, "/debug/pprof/nothing")
	require.Equal(t, 404, status)
	require.Contains(t, body, `no profile called "nothing"`)
}

func TestAProfileUnderWayEndsWithTheServer(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	p := page{src: example, closed: closed, extend: func(time.Duration) {}}
	path, err := url.Parse("/debug/pprof/profile?seconds=300")
	require.NoError(t, err)
	_, body, err := p.make(path)
	require.NoError(t, err)
	require.NotEmpty(t, body)
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	s := serving(t, "[::1]:0")
	for request, status := range map[string]string{
		"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n":    "404 Not Found",
		"POST / HTTP/1.1\r\n\r\n":                             "405 Method Not Allowed",
		"GET /\r\n\r\n":                                       "400 Bad Request",
		"GET x HTTP/1.1\r\n\r\n":                              "400 Bad Request",
		"GET / SPDY/9\r\n\r\n":                                "400 Bad Request",
		"\x16\x03\x01\n\n":                                    "400 Bad Request",
		"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 20_000): "400 Bad Request",
	} {
		c, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(c, request)
		require.NoError(t, err)
		first := make([]byte, len("HTTP/1.1 ")+len(status))
		_, err = io.ReadFull(c, first)
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 "+status, string(first), "%.40q", request)
		require.NoError(t, c.Close())
	}
}

func TestRequestsThatBreakOffAreRefused(t *testing.T) {
	for _, text := range []string{"", "GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: x\r\n"} {
		_, _, status := readRequest(strings.NewReader(text))
		require.Equal(t, "400 Bad Request", status)
	}
}

func TestMorePeopleThanThereIsRoomForWaitTheirTurn(t *testing.T) {
	s := serving(t, "0")
	var waiting []net.Conn
	for range maxConnections - 1 {
		c, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		waiting = append(waiting, c)
	}
	for range 3 {
		status, _, _ := get(t, s, "/")
		require.Equal(t, 200, status)
	}
	for _, c := range waiting {
		require.NoError(t, c.Close())
	}
}

func TestAnAddressIsThisMachinesUnlessItSaysOtherwise(t *testing.T) {
	for text, want := range map[string]string{
		"6060": "127.0.0.1:6060", ":6060": "127.0.0.1:6060", "localhost:1": "127.0.0.1:1", "0.0.0.0:6060": "0.0.0.0:6060",
		"[::1]:6060": "[::1]:6060", "10.0.0.7:0": "10.0.0.7:0",
	} {
		got, err := ParseAddr(text)
		require.NoError(t, err, text)
		require.Equal(t, netip.MustParseAddrPort(want), got, text)
	}
	for _, text := range []string{"", "port", ":", "65536", "-1", "example.org:80", "1.2.3.4", "[fe80::1%eth0]:1"} {
		_, err := ParseAddr(text)
		require.Error(t, err, text)
	}
}

func TestAPortThatIsTakenIsExplained(t *testing.T) {
	s := serving(t, "0")
	_, err := Listen(s.Addr())
	require.ErrorContains(t, err, "choose another port")
}

func TestHealthThatIsNoJSONBreaksNothing(t *testing.T) {
	require.True(t, json.Valid(vars([]byte("?"))))
	require.True(t, bytes.Contains(metrics([]byte("?")), []byte("go_goroutines")))
}

// A browser that was led here by a name is refused, whatever page it shows.
func TestHost_isAnAddressOrLocalhost(t *testing.T) {
	for host, ok := range map[string]bool{
		"localhost": true, "LOCALHOST:6060": true, "127.0.0.1": true, "127.0.0.1:80": true, "[::1]": true, "[::1]:6060": true, "192.168.1.7:6060": true,
		"evil.example": false, "evil.example:6060": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "": false, ":80": false, "::1": false,
		"127.0.0.1:x": false, "localhost:99999": false, "[127.0.0.1]": false, "user@localhost": false,
	} {
		require.Equal(t, ok, isAddress(host), host)
		_, _, status := readRequest(strings.NewReader("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
		require.Equal(t, map[bool]string{true: "", false: "403 Forbidden"}[ok], status, host)
	}
	for text, want := range map[string]string{
		"GET / HTTP/1.1\r\n\r\n":                                  "400 Bad Request",
		"GET / HTTP/1.0\r\n\r\n":                                  "",
		"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n": "400 Bad Request",
	} {
		_, _, status := readRequest(strings.NewReader(text))
		require.Equal(t, want, status, text)
	}
}

func TestHEAD_isTheHeaderAlone(t *testing.T) {
	s := serving(t, "127.0.0.1:0")
	full, err := http.Get("http://" + s.Addr().String() + "/metrics")
	require.NoError(t, err)
	defer full.Body.Close()
	head, err := http.Head("http://" + s.Addr().String() + "/metrics")
	require.NoError(t, err)
	defer head.Body.Close()
	require.Equal(t, http.StatusOK, head.StatusCode)
	require.Equal(t, full.Header.Get("Content-Type"), head.Header.Get("Content-Type"))
	require.Positive(t, head.ContentLength)
	missing, err := http.Head("http://" + s.Addr().String() + "/nothing")
	require.NoError(t, err)
	defer missing.Body.Close()
	require.Equal(t, http.StatusNotFound, missing.StatusCode)
}
