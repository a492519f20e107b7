// Package testkit holds what the tests of the mock server share.
//
// [Dial] opens a websocket whose frames are read in the background;
// [Socket.Next] and [Socket.WantClosed] wait for what the server does. A [Log]
// can be read while it is written.
package testkit

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Patience guards, in wall time, against a test that waits for what never
// comes. Nothing is expected to take long.
const Patience = 30 * time.Second

// maxFrames bounds the frames that a test leaves unread: reading stops there,
// and with it the answers to pings.
const maxFrames = 100_000

// Socket is the client's end of a websocket.
type Socket struct {
	*websocket.Conn
	t      testing.TB
	frames chan string
	closed chan websocket.CloseError
}

// Dial opens a websocket, which is closed with the test.
func Dial(t testing.TB, url string, options *websocket.DialOptions) *Socket {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, options)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	s := &Socket{conn, t, make(chan string, maxFrames), make(chan websocket.CloseError, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read()
	}()
	t.Cleanup(func() {
		conn.CloseNow()
		<-done
	})
	return s
}

func (s *Socket) read() {
	defer close(s.frames)
	for {
		_, text, err := s.Conn.Read(context.Background())
		if err != nil {
			var end websocket.CloseError
			errors.As(err, &end)
			s.closed <- end
			return
		}
		s.frames <- string(text)
	}
}

// Sync waits until the server has handled every frame sent so far.
func (s *Socket) Sync() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := s.Ping(ctx); err != nil {
		s.t.Fatalf("ping: %v", err)
	}
}

// Send sends a text frame.
func (s *Socket) Send(frame string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := s.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
		s.t.Fatal(err)
	}
}

// Bind sends a bind frame and waits until it is handled.
func (s *Socket) Bind(token string) {
	s.t.Helper()
	s.Send("bind-with-token " + token)
	s.Sync()
}

// Next returns the next frame.
func (s *Socket) Next() string {
	s.t.Helper()
	select {
	case frame, ok := <-s.frames:
		if !ok {
			s.t.Fatalf("the socket was closed instead of a frame: %v", <-s.closed)
		}
		return frame
	case <-time.After(Patience):
		s.t.Fatal("no frame came")
	}
	return ""
}

// Rest returns the frames that have come and were not read, or those until the
// end of a socket that was closed. Call Sync before, where it is open.
func (s *Socket) Rest() (frames []string) {
	for {
		select {
		case frame, ok := <-s.frames:
			if !ok {
				return frames
			}
			frames = append(frames, frame)
		default:
			return frames
		}
	}
}

// Ended waits until the socket is closed, whatever comes before.
func (s *Socket) Ended() websocket.CloseError {
	s.t.Helper()
	select {
	case end := <-s.closed:
		s.closed <- end // for whoever asks again
		return end
	case <-time.After(Patience):
		s.t.Fatal("the socket stayed open")
	}
	return websocket.CloseError{}
}

// WantNothing proves that no frame is under way, once the server has no more
// in its queue: a ping is answered behind what the network still had.
func (s *Socket) WantNothing() {
	s.t.Helper()
	s.Sync()
	select {
	case frame, ok := <-s.frames:
		s.t.Errorf("got %q (open: %v), want nothing", frame, ok)
	default:
	}
}

// WantClosed waits for the close, before which no frame may come.
func (s *Socket) WantClosed(status websocket.StatusCode, reason string) {
	s.t.Helper()
	select {
	case end := <-s.closed:
		for frame := range s.frames {
			s.t.Errorf("a frame before the close: %q", frame)
		}
		if end.Code != status || end.Reason != reason {
			s.t.Errorf("closed with %d %q, want %d %q", end.Code, end.Reason, status, reason)
		}
	case <-time.After(Patience):
		s.t.Fatal("the socket stayed open")
	}
}
