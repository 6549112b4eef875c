package inspect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wireless is a connection on which everything has been said already.
type wireless struct {
	*bytes.Reader
	said bytes.Buffer
}

func (w *wireless) Write(p []byte) (int, error)      { return w.said.Write(p) }
func (w *wireless) SetReadDeadline(time.Time) error  { return nil }
func (w *wireless) SetWriteDeadline(time.Time) error { return nil }

// FuzzServe checks that whatever is sent is answered by one reply of HTTP, and
// that a request is understood as Go's own server understands it.
func FuzzServe(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HEAD /metrics HTTP/1.1\r\nHost: localhost:80\r\n\r\n", "GET / HTTP/1.1\r\nhost: [::1]:7\r\n\r\n", "GET /metrics HTTP/1.0\n\n", "POST / HTTP/1.1\r\n\r\n", "GET /debug/vars HTTP/1.1\r\na: b\r\n\r\nrest",
		"GET http://host/queues.csv?x=1#y HTTP/1.1\r\n\r\n", "GET /debug/pprof/goroutine?debug=1 HTTP/1.1\r\n\r\n", "GET /debug/pprof/?%zz HTTP/1.1\r\n\r\n",
		"GET /%zz HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n", "", "GET / HTTP/2.0\r\n\r\n",
		"GET /x\r\nHTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n" + strings.Repeat("a", 20_000),
	} {
		f.Add([]byte(seed))
	}
	closed := make(chan struct{})
	close(closed)
	f.Fuzz(func(t *testing.T, request []byte) {
		path, headOnly, status := readRequest(bytes.NewReader(request))
		if asked, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request))); err == nil && status == "" {
			require.Equal(t, asked.URL, path)
			require.Equal(t, map[bool]string{false: http.MethodGet, true: http.MethodHead}[headOnly], asked.Method)
			require.True(t, asked.Host == "" || isAddress(asked.Host) || asked.URL.Host != "", asked.Host)
		}
		if path != nil && strings.HasPrefix(path.Path, "/debug/pprof/") {
			return // Go's own, and slow
		}
		c := &wireless{Reader: bytes.NewReader(request)}
		serve(c, example, closed)
		said := bufio.NewReader(&c.said)
		asked := &http.Request{Method: http.MethodGet}
		if headOnly {
			asked.Method = http.MethodHead
		}
		reply, err := http.ReadResponse(said, asked)
		require.NoError(t, err)
		body := new(bytes.Buffer)
		_, err = body.ReadFrom(reply.Body)
		require.NoError(t, err)
		require.Zero(t, said.Buffered(), "one reply")
		if status != "" {
			require.Equal(t, status, reply.Status)
			return
		}
		require.Contains(t, []int{200, 404}, reply.StatusCode)
		if headOnly {
			require.Zero(t, body.Len())
			return
		}
		if path.Path == "/debug/vars" {
			require.True(t, json.Valid(body.Bytes()))
		}
	})
}

// FuzzMetrics checks that whatever a node says of its health is text that
// Prometheus reads: names, a label, and numbers.
func FuzzMetrics(f *testing.F) {
	f.Add([]byte(example.health))
	for _, seed := range []string{`{"a b":{"1":2},"":3,"é":true}`, `{"q":[{"name":"a\"\n\\\u0001é","d":1},{"d":2},3]}`, `7`, `[[{"x":1}]]`, `{"x":1e400}`, `{"a":[{"b":[{"name":"c","d":1}]}]}`, `null`, `x`} {
		f.Add([]byte(seed))
	}
	sample := regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*(\{name="([^"\\\n]|\\["\\n])*"\})? (\S+)$`)
	f.Fuzz(func(t *testing.T, health []byte) {
		text := string(metrics(health))
		require.True(t, strings.HasSuffix(text, "\n"))
		for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
			if strings.HasPrefix(line, "# TYPE ") {
				continue
			}
			parts := sample.FindStringSubmatch(line)
			require.NotNil(t, parts, "%q", line)
			_, err := strconv.ParseFloat(parts[3], 64)
			require.NoError(t, err)
		}
	})
}
