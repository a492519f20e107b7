package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/mockserver/wire"
)

// hijacker puts a Conn under the library, as a server does.
type hijacker struct {
	http.ResponseWriter
	conn *wire.Conn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := wire.Hijack(h.ResponseWriter)
	h.conn = conn
	return conn, buffers, err
}

const opening = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

// serve runs a handler with an open websocket, and returns a raw client that
// has sent early right behind its opening handshake and read the answer.
func serve(t *testing.T, early []byte, handle func(*websocket.Conn, *wire.Conn)) io.ReadWriter {
	t.Helper()
	handled := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(handled)
		h := &hijacker{ResponseWriter: w}
		ws, err := websocket.Accept(h, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.CloseNow()
		handle(ws, h.conn)
	}))
	client, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		await(t, "the end of the handler", handled)
		server.Close()
	})
	client.SetDeadline(time.Now().Add(patience))
	writeAll(t, client, join([]byte(opening), early))
	answer := bufio.NewReader(client)
	response, err := http.ReadResponse(answer, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the opening handshake: %v, %v", response, err)
	}
	return bufio.NewReadWriter(answer, bufio.NewWriterSize(client, 16))
}

// say writes a masked frame as a client; the masking key is zero.
func say(t *testing.T, client io.ReadWriter, first byte, payload string) {
	t.Helper()
	writeAll(t, client, masked(first, payload))
	client.(*bufio.ReadWriter).Flush()
}

func masked(first byte, payload string) []byte {
	b := frame(first, payload)
	head := len(b) - len(payload)
	b[1] |= 0x80
	return join(b[:head:head], make([]byte, 4), b[head:])
}

var ctx = context.Background()

func send(t *testing.T, ws *websocket.Conn, message string) {
	if err := ws.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		t.Errorf("Write: %v", err)
	}
}

func TestEffectsUnderTheLibrary(t *testing.T) {
	message := strings.Repeat("gr\u00fcn ", 2000) // more than any buffer
	clk := newClock()
	client := serve(t, nil, func(ws *websocket.Conn, c *wire.Conn) {
		send(t, ws, "plain")
		for _, e := range []wire.Effect{wire.Binary(), wire.Split(), wire.Oversized(100_000), wire.Slow(clk, time.Second), wire.Delay(clk, time.Second)} {
			c.Arm(e)
			send(t, ws, message)
			send(t, ws, "plain")
		}
		c.Arm(wire.Drop())
		if err := ws.Write(ctx, websocket.MessageText, []byte(message)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write of a dropped frame: %v", err)
		}
	})
	stop := make(chan struct{})
	ticking := going(func() {
		for {
			select {
			case d := <-clk.asked:
				clk.Advance(d)
			case <-stop:
				return
			}
		}
	})
	defer func() { close(stop); <-ticking }()

	expect(t, client, text("plain"))
	_, split := expected(3, message)
	for _, want := range [][]byte{
		frame(0x82, message), split, join(text(strings.Repeat(" ", 100_000)), text(message)), text(message), text(message),
	} {
		expect(t, client, join(want, text("plain")))
	}
	expectEnd(t, client)
}

// The library reads the pong that answers Split's ping, and goes on.
func TestSplitIsAnsweredByAPong(t *testing.T) {
	client := serve(t, nil, func(ws *websocket.Conn, c *wire.Conn) {
		c.Arm(wire.Split())
		send(t, ws, "abc")
		if _, got, err := ws.Read(ctx); err != nil || string(got) != "thanks" {
			t.Errorf("read %q, %v", got, err)
		}
	})
	expect(t, client, join(frame(0x01, "a"), []byte(ping), frame(0x00, "b"), frame(0x80, "c")))
	say(t, client, 0x8A, "")
	say(t, client, 0x81, "thanks")
	expectEnd(t, client)
}

// What a client sends before it has read the answer is not lost, however much.
func TestHijackKeepsWhatIsThere(t *testing.T) {
	for _, size := range []int{0, 1, 500, 512, 3000, 10_000} {
		early := strings.Repeat("e", size)
		client := serve(t, join(masked(0x81, early), masked(0x81, "two")), func(ws *websocket.Conn, c *wire.Conn) {
			for _, want := range []string{early, "two"} {
				if _, got, err := ws.Read(ctx); err != nil || string(got) != want {
					t.Errorf("read %d bytes, %v; want %d", len(got), err, len(want))
				}
			}
			send(t, ws, "done")
		})
		expect(t, client, text("done"))
	}
}

func TestHijackOfWhatCannotBe(t *testing.T) {
	if _, _, err := wire.Hijack(httptest.NewRecorder()); !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("Hijack of a recorder: %v", err)
	}
}

// The hook decides when the ping is there; the socket works on without pongs.
func TestPongsUnderTheLibrary(t *testing.T) {
	client := serve(t, nil, func(ws *websocket.Conn, c *wire.Conn) {
		pings := 0
		c.OnPing(func() bool { pings++; return pings == 2 })
		if _, _, err := ws.Read(ctx); err != nil {
			t.Errorf("Read: %v", err)
		}
		send(t, ws, "still here")
	})
	say(t, client, 0x89, "1")
	say(t, client, 0x89, "2")
	say(t, client, 0x89, "3")
	say(t, client, 0x81, "hello")
	expect(t, client, join(frame(0x8A, "1"), text("still here")))
	expectEnd(t, client)
}

// A ping that comes while a frame is held is answered after it: the library
// neither fails nor gives up waiting for its turn.
func TestPingWhileAFrameIsHeld(t *testing.T) {
	clk := newClock()
	client := serve(t, nil, func(ws *websocket.Conn, c *wire.Conn) {
		read := going(func() { ws.Read(ctx) })
		c.Arm(wire.Delay(clk, time.Hour))
		send(t, ws, "late")
		await(t, "the end of Read", read)
	})
	await(t, "the delay", clk.asked)
	say(t, client, 0x89, "p")
	clk.Advance(time.Hour)
	expect(t, client, join(text("late"), frame(0x8A, "p")))
	say(t, client, 0x81, "bye")
	expectEnd(t, client)
}

// The library meets the client's answer to a close frame that it did not send,
// and what it writes itself does not arrive.
func TestRawCloseUnderTheLibrary(t *testing.T) {
	client := serve(t, nil, func(ws *websocket.Conn, c *wire.Conn) {
		c.Arm(wire.RawClose(1006, "odd"))
		send(t, ws, "instead")
		send(t, ws, "after")
		if _, _, err := ws.Read(ctx); websocket.CloseStatus(err) != websocket.StatusProtocolError {
			t.Errorf("Read: %v", err)
		}
	})
	expect(t, client, frame(0x88, "\x03\xEEodd"))
	say(t, client, 0x88, "\x03\xEA")
	expectEnd(t, client)
}

// A server gets rid of a stalled socket by a deadline, as of a dead one.
func TestStallUnderTheLibrary(t *testing.T) {
	client := serve(t, nil, func(ws *websocket.Conn, c *wire.Conn) {
		c.Arm(wire.Stall())
		send(t, ws, "one")
		send(t, ws, "two")
		c.SetDeadline(time.Now().Add(time.Millisecond))
		if _, _, err := ws.Read(ctx); !errors.Is(err, net.ErrClosed) && !isTimeout(err) {
			t.Errorf("Read: %v", err)
		}
	})
	expectEnd(t, client)
}
