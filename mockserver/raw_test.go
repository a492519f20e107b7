package mockserver_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// The opcodes of RFC 6455, with FIN where a frame has it.
const (
	text         = 0x81
	textBegins   = 0x01
	continues    = 0x00
	continuesEnd = 0x80
	binaryFrame  = 0x82
	closeFrame   = 0x88
	pingFrame    = 0x89
	pongFrame    = 0x8A
)

// raw is a client that reads bytes from a plain TCP connection.
type raw struct {
	net.Conn
	t *testing.T
}

// rawRequest sends the opening handshake and returns what answers it.
func (s *server) rawRequest(websocketURL string, headers ...string) (*raw, string) {
	s.t.Helper()
	u, err := url.Parse(websocketURL)
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(testkit.Patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", u.RequestURI(), u.Host, strings.Join(append(headers, ""), "\r\n"))
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		var b [1]byte
		if _, err := conn.Read(b[:]); err != nil {
			s.t.Fatal(err)
		}
		head = append(head, b[0])
	}
	return &raw{conn, s.t}, string(head)
}

// rawConnect opens a websocket.
func (s *server) rawConnect(websocketURL string) *raw {
	s.t.Helper()
	r, head := s.rawRequest(websocketURL)
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") {
		s.t.Fatalf("the opening handshake was answered by %q", head)
	}
	return r
}

// rawListen opens a websocket, binds a Subscription and reads the handshake.
func (s *server) rawListen(release fhir.Release, id string) *raw {
	s.t.Helper()
	b := s.token(release, []string{id})
	r := s.rawConnect(b.url)
	r.bind(b)
	if first, payload := r.frame(); first != text || !bytes.Contains(payload, []byte("handshake")) {
		s.t.Fatalf("got %x %s, want a handshake", first, payload)
	}
	return r
}

// send writes a frame, masked as a client's must be.
func (r *raw) send(first byte, payload string) {
	r.t.Helper()
	head := []byte{first}
	if n := len(payload); n > 125 {
		head = binary.BigEndian.AppendUint16(append(head, 0x80|126), uint16(n))
	} else {
		head = append(head, 0x80|byte(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	frame := append(head, mask[:]...)
	for i := range len(payload) {
		frame = append(frame, payload[i]^mask[i%4])
	}
	if _, err := r.Write(frame); err != nil {
		r.t.Fatal(err)
	}
}

func (r *raw) bind(b binding) {
	r.t.Helper()
	r.send(text, "bind-with-token "+b.token)
}

// take reads n bytes.
func (r *raw) take(n int) []byte {
	r.t.Helper()
	b := make([]byte, n)
	if got, err := io.ReadFull(r, b); err != nil {
		r.t.Fatalf("after %q: %v", b[:got], err)
	}
	return b
}

// head reads the head of a frame and returns its bytes and the payload's size.
func (r *raw) head() (head []byte, size int) {
	r.t.Helper()
	head = r.take(2)
	switch head[1] {
	case 126:
		head = append(head, r.take(2)...)
		return head, int(binary.BigEndian.Uint16(head[2:]))
	case 127:
		head = append(head, r.take(8)...)
		return head, int(binary.BigEndian.Uint64(head[2:]))
	}
	return head, int(head[1])
}

// frame reads a frame and returns its first byte and its payload.
func (r *raw) frame() (first byte, payload []byte) {
	r.t.Helper()
	head, size := r.head()
	return head[0], r.take(size)
}

// want reads bytes and compares them.
func (r *raw) want(bytes ...byte) {
	r.t.Helper()
	if got := r.take(len(bytes)); string(got) != string(bytes) {
		r.t.Errorf("got the bytes %x, want %x", got, bytes)
	}
}

// wantEnd proves that nothing comes but the end of the stream.
func (r *raw) wantEnd() {
	r.t.Helper()
	rest, err := io.ReadAll(r)
	if len(rest) > 0 || err != nil && !isReset(err) {
		r.t.Errorf("got %q %v, want the end of the stream", rest, err)
	}
}

// wantSilence proves that the connection is open and that nothing has come. What
// the server had to do must have been done.
func (r *raw) wantSilence() {
	r.t.Helper()
	r.SetReadDeadline(time.Now().Add(time.Millisecond))
	defer r.SetReadDeadline(time.Now().Add(testkit.Patience))
	var b [1]byte
	if n, err := r.Read(b[:]); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		r.t.Errorf("got %x %v, want an open connection and nothing", b[:n], err)
	}
}

// isReset says that the peer closed a connection on which something was unread.
func isReset(err error) bool { return strings.Contains(err.Error(), "reset by peer") }

// wholeFrame writes an unmasked frame.
func wholeFrame(first byte, payload []byte) []byte {
	switch n := len(payload); {
	case n > 0xFFFF:
		return append(binary.BigEndian.AppendUint64([]byte{first, 127}, uint64(n)), payload...)
	case n > 125:
		return append(binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(n)), payload...)
	default:
		return append([]byte{first, byte(n)}, payload...)
	}
}
