//go:build linux

package main

import (
	"fmt"
	"net"
	"syscall"
	"time"
)

// loop reads from all sockets on one thread.
type loop struct {
	epoll   int
	sockets []socket
	ready   [256]syscall.EpollEvent
	buffer  []byte
	frames  int64 // that became whole, on all sockets
	payload int64 // bytes of their payloads

	begun  time.Time     // of an open-loop schedule; the zero time where there is none
	period time.Duration // between its events
	delays []uint32      // microseconds from when each event was due
}

type socket struct {
	fd   int
	seen int // frames since an open-loop schedule began
	stream
}

func newLoop(n int) (*loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &loop{epoll: fd, sockets: make([]socket, 0, n), buffer: make([]byte, 256<<10)}, err
}

// adopt takes a connection over from Go's own poller, with what was read of it.
func (l *loop) adopt(conn net.Conn, read []byte) error {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	var fd int
	var failed error
	// The copy shares the open file, and with it that it does not block.
	if err := raw.Control(func(of uintptr) { fd, failed = syscall.Dup(int(of)) }); err != nil || failed != nil {
		return fmt.Errorf("a descriptor: %v, %v", err, failed)
	}
	conn.Close()
	l.sockets = append(l.sockets, socket{fd: fd})
	if err := l.take(&l.sockets[len(l.sockets)-1], read); err != nil {
		return err
	}
	const edge = 1 << 31 // EPOLLET, which package syscall has with a sign
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd,
		&syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edge, Fd: int32(len(l.sockets) - 1)})
}

// pause is what the client sleeps when little has arrived, so that it finds more. To be
// woken for every frame would cost both sides more than the frame.
var pause = syscall.NsecToTimespec(int64(200 * time.Microsecond))

// wait reads what has arrived, and waits for something if nothing has.
func (l *loop) wait() error {
	n, err := syscall.EpollWait(l.epoll, l.ready[:], 50)
	if err != nil && err != syscall.EINTR {
		return fmt.Errorf("epoll: %w", err)
	}
	if n < len(l.ready)/4 {
		defer syscall.Nanosleep(&pause, nil)
	}
	for i := range max(n, 0) {
		if err := l.read(&l.sockets[l.ready[i].Fd]); err != nil {
			return fmt.Errorf("socket %d: %w", l.ready[i].Fd, err)
		}
	}
	return nil
}

// read empties a socket. A read that leaves room in the buffer has done so, and what
// comes later is told anew: no second call is needed.
func (l *loop) read(s *socket) error {
	for {
		n, err := syscall.Read(s.fd, l.buffer)
		switch {
		case err == syscall.EAGAIN || err == syscall.EINTR:
			return nil
		case err != nil:
			return err
		case n == 0:
			return errClosed
		}
		if err := l.take(s, l.buffer[:n]); err != nil || n < len(l.buffer) {
			return err
		}
	}
}

func (l *loop) take(s *socket, p []byte) error {
	before := s.payload
	n, err := s.stream.take(p)
	l.frames += int64(n)
	l.payload += s.payload - before
	if n > 0 && !l.begun.IsZero() {
		now := time.Since(l.begun)
		for range n {
			late := now - time.Duration(s.seen)*l.period
			l.delays = append(l.delays, uint32(late/time.Microsecond))
			s.seen++
		}
	}
	return err
}

// keep has every socket keep its latest payload, or not.
func (l *loop) keep(whether bool) {
	for i := range l.sockets {
		l.sockets[i].keep = whether
		if !whether {
			l.sockets[i].kept = nil
		}
	}
}
