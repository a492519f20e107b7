package gate_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// rawClient is a client without a websocket library, which costs too much for ten
// thousand and reads when it is not asked to.
type rawClient struct {
	net.Conn
	t testing.TB
}

// raw opens a websocket.
func (f *front) raw(headers ...string) *rawClient {
	f.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.gate.LocalURL(), "http://"))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close() })
	if err := open(conn, headers...); err != nil {
		f.t.Fatal(err)
	}
	return &rawClient{conn, f.t}
}

// open performs the opening handshake.
func open(conn net.Conn, headers ...string) error {
	conn.SetDeadline(time.Now().Add(testkit.Patience))
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", strings.Join(append(headers, ""), "\r\n"))
	head := make([]byte, 0, 1024)
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) { // behind which nothing comes unasked
		n, err := conn.Read(head[len(head):cap(head)])
		if head = head[:len(head)+n]; err != nil {
			return err
		}
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		return fmt.Errorf("answered %q", head)
	}
	return nil
}

// textFrame is a text frame of a client, masked with zeros.
func textFrame(text string) []byte {
	head := []byte{0x81, 0x80 | 126, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(head[2:], uint16(len(text)))
	return append(head, text...)
}

func (c *rawClient) send(text string) {
	c.t.Helper()
	if _, err := c.Write(textFrame(text)); err != nil {
		c.t.Fatal(err)
	}
}

// rest returns what comes until the close frame.
func (c *rawClient) rest() string {
	c.t.Helper()
	got, buffer := []byte(nil), make([]byte, 1<<16)
	for !bytes.HasSuffix(got, []byte("slow-reader")) {
		n, err := c.Read(buffer)
		got = append(got, buffer[:n]...)
		if err != nil {
			c.t.Fatalf("the stream ends with %q, %v", got[max(0, len(got)-40):], err)
		}
	}
	return string(got)
}

// TestBadBindsInABurst: ten thousand of them, a few at a time, leave nothing behind,
// and a good client does not notice.
func TestBadBindsInABurst(t *testing.T) {
	count := 10_000
	if underRace {
		count = 1_000 // the detector is for what a few show as well
	}
	f := newFront(t, func(_ *front, o *options) { o.gate.Logger, o.gate.Observe = quiet, nil })
	over := f.expired()
	good := f.bound(f.issue(time.Hour, "s1"), "s1")
	bad := [][]byte{
		textFrame("bind-with-token " + strings.Repeat("x", 500)),
		textFrame("bind-with-token " + over),
		textFrame("hello"),
	}
	f.burst(200, bad) // what is made once is made now
	before := heap()
	f.burst(count, bad)
	if grown := int64(heap()) - int64(before); grown > 1<<20 {
		t.Errorf("%d bad binds left %d bytes", count, grown)
	}
	f.emit("s1", 1)
	good.want("event s1 1")
	if state := f.gate.State(); state.Sockets != 1 {
		t.Errorf("%d sockets are left", state.Sockets)
	}
}

// burst makes bad binds, and waits until they are over.
func (f *front) burst(count int, frames [][]byte) {
	f.t.Helper()
	var all sync.WaitGroup
	const atOnce = 50
	for w := range atOnce {
		all.Go(func() {
			for i := w; i < count; i += atOnce {
				if err := badBind(strings.TrimPrefix(f.gate.LocalURL(), "http://"), frames[i%len(frames)]); err != nil {
					f.t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	f.until("over", func() bool { return f.gate.State().Sockets == 1 })
}

// badBind makes one, and reads the outcome and the close.
func badBind(address string, frame []byte) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := open(conn); err != nil {
		return err
	}
	if _, err := conn.Write(frame); err != nil {
		return err
	}
	got := make([]byte, 0, 1024)
	for !bytes.Contains(got, []byte("\x03\xf0")) { // 1008
		n, err := conn.Read(got[len(got):cap(got)])
		if got = got[:len(got)+n]; err != nil {
			return fmt.Errorf("%q: %w", got, err)
		}
	}
	_, err = conn.Write([]byte{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf0}) // the client's close
	io.Copy(io.Discard, conn)
	return err
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // the first one runs finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestOpeningHandshake: which requests get a websocket.
func TestOpeningHandshake(t *testing.T) {
	f := newFront(t, func(_ *front, o *options) {
		o.gate.MaxSockets, o.gate.PublicURL = 2, "https://gate.example"
	})
	url := f.gate.LocalURL() + "/ws"
	if a := f.call("GET", url, ""); a.status != 426 || a.header.Get("Upgrade") != "websocket" || a.code() != "malformed-request" {
		t.Errorf("without Upgrade: %d %v %s", a.status, a.header, a.body)
	}
	if a := f.call("POST", url, "", "Upgrade: websocket", "Connection: Upgrade"); a.status != 426 {
		t.Errorf("a POST: %d %s", a.status, a.body)
	}
	for _, origin := range []string{"https://evil.example", "null", "http://gate.example", "https://gate.example:8443", "https://gate.example.evil.example", "https://gate.example/", "HTTPS://gate.example", "https://gate.example:443"} {
		if a := f.call("GET", url, "", "Upgrade: websocket", "Connection: Upgrade", "Origin: "+origin); a.status != 403 || a.code() != "origin-refused" {
			t.Errorf("Origin %s: %d %s", origin, a.status, a.body)
		}
	}
	f.raw("Origin: https://gate.example")
	f.raw("Sec-WebSocket-Protocol: a, b") // which is ignored
	if a := f.call("GET", url, "", "Upgrade: websocket", "Connection: Upgrade"); a.status != 503 || a.header.Get("Retry-After") == "" || a.code() != "unavailable" {
		t.Errorf("one too many: %d %s", a.status, a.body)
	}
	if n := f.told(gate.SocketRefused); n != 11 {
		t.Errorf("%d refusals were told, want 11", n)
	}
}
