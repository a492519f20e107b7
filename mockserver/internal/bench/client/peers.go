//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// peer is how one kind of server is spoken to.
type peer interface {
	// prepare does what must be done before any socket is open, and open opens
	// one on which events will arrive.
	prepare() error
	open(n int) (*socketReader, error)
	// publisher returns what sends events, and verify looks at what event number
	// sent, counted from 1, brought to socket n.
	publisher() (*publisher, error)
	verify(n, sent int, payload []byte) error
	// settles is how long it may send something else after the opening.
	settles() time.Duration
	// batches reports whether one frame may carry several messages.
	batches() bool
}

func newPeer(o job.Order) (peer, error) {
	switch o.Peer {
	case "wsbind":
		return newWsbind(o), nil
	case "plain":
		return &plain{o}, nil
	case "nats":
		return &nats{o}, nil
	case "centrifuge":
		return &centrifuge{plain{o}}, nil
	}
	return nil, fmt.Errorf("%q is no peer", o.Peer)
}

// connect opens the sockets, several at a time.
func (c *client) connect(o job.Order) (err error) {
	if c.peer, err = newPeer(o); err != nil {
		return err
	}
	if c.loop, err = newLoop(o.Sockets); err != nil {
		return err
	}
	c.each = max(o.Each, 1)
	if err := c.peer.prepare(); err != nil {
		return err
	}
	readers := make([]*socketReader, o.Sockets)
	if err := inParallel(o.Sockets, func(n int) (err error) {
		readers[n], err = c.peer.open(n)
		return err
	}); err != nil {
		return err
	}
	for _, r := range readers {
		read, _ := r.Peek(r.Buffered())
		if err := c.loop.adopt(r.conn, read); err != nil {
			return err
		}
	}
	if c.events, err = c.peer.publisher(); err != nil {
		return err
	}
	for begin := time.Now(); time.Since(begin) < c.peer.settles(); {
		if err := c.loop.wait(); err != nil {
			return err
		}
	}
	return nil
}

// inParallel calls f with 0 to n-1 on a few goroutines, and returns the first error.
func inParallel(n int, f func(int) error) error {
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, 16)
	for range cap(errs) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// socketReader is a socket before the loop has it.
type socketReader struct {
	conn net.Conn
	*bufio.Reader
}

// upgrade makes the opening handshake. The key is always the same, that of RFC 6455.
func upgrade(address string) (*socketReader, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout("tcp", u.Host, patience)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReaderSize(conn, 4096)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", u.RequestURI(), u.Host)
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if first && !strings.HasPrefix(line, "HTTP/1.1 101 ") {
			return nil, fmt.Errorf("the opening handshake was answered by %s", line)
		}
		if strings.TrimSpace(line) == "" {
			return &socketReader{conn, r}, nil
		}
	}
}

// write sends a frame, masked with zeros, which leave the payload as it is.
func (r *socketReader) write(opcode byte, payload []byte) error {
	head := []byte{opcode, 0x80 | byte(len(payload))}
	if len(payload) > 125 {
		head = []byte{opcode, 0x80 | 126, byte(len(payload) >> 8), byte(len(payload))}
	}
	_, err := r.conn.Write(append(append(head, 0, 0, 0, 0), payload...))
	return err
}

// next reads one frame.
func (r *socketReader) next() ([]byte, error) {
	s := stream{keep: true}
	for {
		b, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		if n, err := s.take([]byte{b}); n == 1 || err != nil {
			return s.kept, err
		}
	}
}

// plain is a server that sends constant bytes for each POST /publish.
type plain struct{ o job.Order }

func (p *plain) prepare() error         { return nil }
func (p *plain) batches() bool          { return false }
func (p *plain) settles() time.Duration { return 0 }

// open waits for the message that says that the socket will get events.
func (p *plain) open(int) (*socketReader, error) {
	r, err := upgrade(p.o.Socket)
	if err != nil {
		return nil, err
	}
	_, err = r.next()
	return r, err
}

func (p *plain) publisher() (*publisher, error) {
	conn, err := net.Dial("tcp", p.o.Publish)
	if err != nil {
		return nil, err
	}
	return newPublisher(conn, request("POST", p.o.Publish, "/publish", "application/fhir+json", patient), true), nil
}

func (p *plain) verify(_, _ int, payload []byte) error {
	if len(payload) != p.o.Size {
		return fmt.Errorf("a payload of %d bytes, not %d", len(payload), p.o.Size)
	}
	return nil
}

// nats speaks the protocol of NATS, https://docs.nats.io/reference/reference-protocols/nats-protocol,
// in websocket frames where it receives, and plainly where it publishes.
type nats struct{ o job.Order }

const connect = "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"go\",\"version\":\"1\",\"protocol\":1}\r\n"

func (p *nats) prepare() error { return nil }
func (p *nats) batches() bool  { return true }

// settles: within two seconds each connection gets a first PING.
func (p *nats) settles() time.Duration { return 4 * time.Second }

func (p *nats) open(int) (*socketReader, error) {
	r, err := upgrade(p.o.Socket)
	if err != nil {
		return nil, err
	}
	if err := r.write(0x82, []byte(connect+"SUB event 1\r\nPING\r\n")); err != nil {
		return nil, err
	}
	for {
		if text, err := r.next(); err != nil || bytes.Contains(text, []byte("PONG\r\n")) {
			return r, err
		}
	}
}

func (p *nats) publisher() (*publisher, error) {
	conn, err := net.Dial("tcp", p.o.Publish)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte(connect)); err != nil {
		return nil, err
	}
	text := fmt.Appendf(nil, "PUB event %d\r\n%s\r\n", p.o.Size, strings.Repeat("x", p.o.Size))
	return newPublisher(conn, text, false), nil
}

func (p *nats) verify(_, _ int, payload []byte) error {
	if !bytes.HasPrefix(payload, []byte("MSG event 1 ")) || bytes.Count(payload, []byte("x")) != p.o.Size {
		return fmt.Errorf("no message of %d bytes", p.o.Size)
	}
	return nil
}

// centrifuge is told by POST /publish too. Its protocol is protobuf, see
// https://centrifugal.dev/docs/transports/client_protocol.
type centrifuge struct{ plain }

func (p *centrifuge) batches() bool { return true }

// open sends {id: 1, connect: {}}, after its length. The server subscribes each
// connection to the channel.
func (p *centrifuge) open(int) (*socketReader, error) {
	r, err := upgrade(p.o.Socket + "?cf_protocol=protobuf")
	if err != nil {
		return nil, err
	}
	if err := r.write(0x82, []byte{4, 1 << 3, 1, 4<<3 | 2, 0}); err != nil {
		return nil, err
	}
	if text, err := r.next(); err != nil || !bytes.Contains(text, []byte("event")) {
		return nil, fmt.Errorf("connect was answered by %q, %v", text, err)
	}
	return r, nil
}

func (p *centrifuge) verify(_, _ int, payload []byte) error {
	if bytes.Count(payload, []byte("x")) != p.o.Size {
		return fmt.Errorf("no publication of %d bytes", p.o.Size)
	}
	return nil
}
