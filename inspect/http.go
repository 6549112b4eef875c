package inspect

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strconv"
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
	path, headOnly, status := readRequest(c)
	_ = c.SetWriteDeadline(time.Now().Add(takeWithin))
	if status != "" {
		reply(c, status, "text/plain", []byte(status+"\n"), headOnly)
		return
	}
	p := page{src: src, closed: closed, extend: func(d time.Duration) { _ = c.SetWriteDeadline(time.Now().Add(takeWithin + d)) }}
	kind, body, err := p.make(path)
	if err != nil {
		reply(c, "404 Not Found", "text/plain", []byte(err.Error()+"\n"), headOnly)
		return
	}
	reply(c, "200 OK", kind, body, headOnly)
}

// readRequest reads a request up to the end of its header, and says whether the
// header of the answer is all that is wanted. status says what is wrong with it.
func readRequest(from io.Reader) (path *url.URL, headOnly bool, status string) {
	r := bufio.NewReaderSize(io.LimitReader(from, maxHeaderBytes), 4<<10)
	first, err := r.ReadString('\n')
	if err != nil {
		return nil, false, "400 Bad Request"
	}
	var hosts []string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, false, "400 Bad Request"
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "host") {
			hosts = append(hosts, strings.TrimSpace(value))
		}
	}
	method, rest, _ := strings.Cut(strings.TrimRight(first, "\r\n"), " ")
	target, protocol, ok := strings.Cut(rest, " ")
	headOnly = method == "HEAD"
	switch {
	case !ok || !strings.HasPrefix(protocol, "HTTP/1."):
		return nil, false, "400 Bad Request"
	case method != "GET" && !headOnly:
		return nil, false, "405 Method Not Allowed"
	case len(hosts) > 1 || len(hosts) == 0 && protocol != "HTTP/1.0":
		return nil, headOnly, "400 Bad Request"
	case len(hosts) == 1 && !isAddress(hosts[0]):
		return nil, headOnly, "403 Forbidden"
	}
	path, err = url.ParseRequestURI(target)
	if err != nil {
		return nil, headOnly, "400 Bad Request"
	}
	return path, headOnly, ""
}

// isAddress says whether a Host is an IP address or localhost. A page of another
// site that has its own name lead to this machine, so that a browser lets it read
// what is here, comes with that name.
func isAddress(host string) bool {
	if name, port, ok := cutLast(host); ok && !strings.HasSuffix(host, "]") {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	inner, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		inner = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(inner)
	return err == nil && addr.Is6() == bracketed
}

// reply writes an answer; an error is the reader's loss.
func reply(to io.Writer, status, kind string, body []byte, headOnly bool) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n", status, kind, len(body))
	if !headOnly {
		b.Write(body)
	}
	_, _ = to.Write(b.Bytes())
}
