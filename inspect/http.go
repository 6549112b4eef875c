package inspect

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// conn is a connection, as far as it is needed here.
type conn interface {
	io.ReadWriter
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

const (
	maxHeaderBytes = 16 << 10
	askWithin      = 5 * time.Second
	takeWithin     = 30 * time.Second // beyond what a profile takes
)

// serve answers the one request of a connection.
func serve(c conn, src Source, closed <-chan struct{}) {
	_ = c.SetReadDeadline(time.Now().Add(askWithin))
	path, status := readRequest(c)
	_ = c.SetWriteDeadline(time.Now().Add(takeWithin))
	if status != "" {
		reply(c, status, "text/plain", []byte(status+"\n"))
		return
	}
	p := page{src: src, closed: closed, extend: func(d time.Duration) { _ = c.SetWriteDeadline(time.Now().Add(takeWithin + d)) }}
	kind, body, err := p.make(path)
	if err != nil {
		reply(c, "404 Not Found", "text/plain", []byte(err.Error()+"\n"))
		return
	}
	reply(c, "200 OK", kind, body)
}

// readRequest reads a request up to the end of its header. status says what is
// wrong with it.
func readRequest(from io.Reader) (path *url.URL, status string) {
	r := bufio.NewReaderSize(io.LimitReader(from, maxHeaderBytes), 4<<10)
	first, err := r.ReadString('\n')
	if err != nil {
		return nil, "400 Bad Request"
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, "400 Bad Request"
		}
		if strings.TrimRight(line, "\r\n") == "" {
			break
		}
	}
	method, rest, _ := strings.Cut(strings.TrimRight(first, "\r\n"), " ")
	target, protocol, ok := strings.Cut(rest, " ")
	if !ok || !strings.HasPrefix(protocol, "HTTP/1.") {
		return nil, "400 Bad Request"
	}
	if method != "GET" {
		return nil, "405 Method Not Allowed"
	}
	path, err = url.ParseRequestURI(target)
	if err != nil {
		return nil, "400 Bad Request"
	}
	return path, ""
}

// reply writes an answer; an error is the reader's loss.
func reply(to io.Writer, status, kind string, body []byte) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n", status, kind, len(body))
	b.Write(body)
	_, _ = to.Write(b.Bytes())
}
