package inspect

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// maxConnections is how many requests are under way at most.
const maxConnections = 16

// Server answers requests. Make one with Listen.
type Server struct {
	fd     int
	addr   netip.AddrPort
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
	done   sync.WaitGroup
}

// ParseAddr reads where to listen: PORT or :PORT, which are this machine's
// alone, or HOST:PORT with an IP address or localhost. The error says what would
// do.
func ParseAddr(text string) (netip.AddrPort, error) {
	host, port, ok := cutLast(text)
	if !ok {
		host, port = "", text
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is no address to listen on; give PORT, or IP:PORT such as 127.0.0.1:6060", text)
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || ip.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%q is no IP address to listen on; 0.0.0.0 stands for all of this machine's", host)
	}
	return netip.AddrPortFrom(ip, uint16(n)), nil
}

// cutLast cuts around the last colon.
func cutLast(text string) (before, after string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// Listen opens a port; 0 lets the system choose one, see Addr.
func Listen(addr netip.AddrPort) (*Server, error) {
	family := unix.AF_INET
	if addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("inspect: opening a socket: %w", err)
	}
	unix.CloseOnExec(fd)
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.Bind(fd, sockaddr(addr)),
		unix.Listen(fd, 16),
	)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("inspect: listening on %v: %w; choose another port", addr, err)
	}
	s := &Server{fd: fd, addr: addr, slots: make(chan struct{}, maxConnections), closed: make(chan struct{})}
	if name, err := unix.Getsockname(fd); err == nil {
		switch name := name.(type) {
		case *unix.SockaddrInet4:
			s.addr = netip.AddrPortFrom(addr.Addr(), uint16(name.Port))
		case *unix.SockaddrInet6:
			s.addr = netip.AddrPortFrom(addr.Addr(), uint16(name.Port))
		}
	}
	return s, nil
}

func sockaddr(addr netip.AddrPort) unix.Sockaddr {
	if addr.Addr().Is6() {
		return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
	}
	return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
}

// Addr is where the server listens.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// pollMS is how soon a server that nobody asks notices that it is closed.
const pollMS = 200

// Serve answers requests with what src says until the server is closed. It
// returns at once.
func (s *Server) Serve(src Source) {
	s.done.Go(func() {
		defer unix.Close(s.fd)
		for {
			select {
			case <-s.closed:
				return
			case s.slots <- struct{}{}:
			}
			conn := s.accept()
			if conn == nil {
				return
			}
			s.done.Go(func() {
				defer func() { <-s.slots }()
				defer conn.Close()
				serve(conn, src, s.closed)
			})
		}
	})
}

// accept waits for a connection; nil: the server is closed, or its socket broken.
func (s *Server) accept() *os.File {
	for {
		select {
		case <-s.closed:
			return nil
		default:
		}
		fds := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, pollMS); n == 0 || errors.Is(err, unix.EINTR) {
			continue
		}
		fd, _, err := unix.Accept(s.fd)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
			continue
		case err != nil:
			return nil
		}
		unix.CloseOnExec(fd)
		if unix.SetNonblock(fd, true) != nil {
			unix.Close(fd)
			continue
		}
		return os.NewFile(uintptr(fd), "connection")
	}
}

// Close ends the server and waits for requests under way, which end soon. Serve
// must have been called. It may be called more than once.
func (s *Server) Close() {
	s.once.Do(func() { close(s.closed) })
	s.done.Wait()
}
