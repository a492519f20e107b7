package wire_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits, in wall time, for what must happen.
const patience = 10 * time.Second

// pair returns a Conn and the plain TCP client at its other end.
func pair(t testing.TB) (*wire.Conn, net.Conn) {
	t.Helper()
	server, client := tcp(t)
	c := wire.New(server)
	t.Cleanup(func() { c.Close() })
	return c, client
}

func tcp(t testing.TB) (server, client net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if client, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	client.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { client.Close(); server.Close() })
	return server, client
}

// frame builds an unmasked frame.
func frame(first byte, payload string) []byte {
	n := len(payload)
	b := []byte{first}
	switch {
	case n > 0xFFFF:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	case n > 125:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = append(b, byte(n))
	}
	return append(b, payload...)
}

func text(payload string) []byte { return frame(0x81, payload) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// writeAll writes, in a test's own goroutine too, and wants no error.
func writeAll(t testing.TB, w io.Writer, parts ...[]byte) {
	t.Helper()
	for _, p := range parts {
		if n, err := w.Write(p); err != nil || n != len(p) {
			t.Errorf("Write of %d bytes = %d, %v", len(p), n, err)
		}
	}
}

// expect reads as many bytes as want has, and compares.
func expect(t testing.TB, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil {
		t.Fatalf("read %x, %v; want %x", brief(got[:n]), err, brief(want))
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("read %x, want %x", brief(got), brief(want))
	}
}

// expectEnd wants nothing more but the end of the stream.
func expectEnd(t testing.TB, r io.Reader) {
	t.Helper()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Fatalf("read %x, %v; want the end", brief(rest), err)
	}
}

func brief(b []byte) []byte { return b[:min(len(b), 200)] }

// watched is a virtual clock that tells what it was asked for.
type watched struct {
	*clock.Virtual
	asked chan time.Duration
}

func newClock() *watched {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return &watched{clock.NewVirtual(start), make(chan time.Duration, 64)}
}

func (w *watched) AfterFunc(d time.Duration, f func()) clock.Timer {
	timer := w.Virtual.AfterFunc(d, f)
	w.asked <- d
	return timer
}

// recorder is a connection that keeps what is written to it.
type recorder struct {
	net.Conn // nil: nothing else may be called
	writes   [][]byte
}

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, bytes.Clone(p))
	return len(p), nil
}

func (r *recorder) bytes() []byte { return bytes.Join(r.writes, nil) }

// going runs f and returns where its end shows.
func going(f func()) <-chan struct{} {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	return done
}

// await wants a thing to end by itself.
func await[T any](t testing.TB, what string, done <-chan T) T {
	t.Helper()
	select {
	case v := <-done:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not happen", what)
		panic("unreachable")
	}
}
