package client

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
)

// socket is one connection and the goroutine that reads it. A frame waits in
// that goroutine while the one before it is handled: a slow caller is a slow
// reader, which the server can see.
type socket struct {
	url    string
	conn   *websocket.Conn
	frames chan frame
	quit   chan struct{} // closed when nobody takes frames any more
	done   chan struct{} // closed when the reader has ended
}

// frame is a text frame, or the error that ended the connection.
type frame struct {
	text []byte
	err  error
}

// open connects. The socket must be closed.
func open(ctx context.Context, config Config, url string) (*socket, error) {
	dialing, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	httpClient := *config.HTTP
	httpClient.Timeout = 0
	conn, answer, err := websocket.Dial(dialing, url, &websocket.DialOptions{HTTPClient: &httpClient})
	if err != nil {
		if answer != nil && answer.StatusCode != http.StatusSwitchingProtocols && answer.StatusCode < 500 {
			return nil, refused(fault.Unavailable, "the websocket was answered "+strconv.Itoa(answer.StatusCode)+" instead of opening")
		}
		return nil, transient(fault.Unavailable, "the websocket did not open", withoutURL(err))
	}
	conn.SetReadLimit(maxBytes)
	s := &socket{url: url, conn: conn, frames: make(chan frame), quit: make(chan struct{}), done: make(chan struct{})}
	go s.read()
	return s, nil
}

// read ends when the connection does. It takes no context: cancelling one would
// cut the connection off before the closing handshake.
func (s *socket) read() {
	defer close(s.done)
	for {
		kind, text, err := s.conn.Read(context.Background())
		if err == nil && kind != websocket.MessageText {
			err = refused(fault.BinaryFrame, "the server sent a binary frame: notifications are text")
		}
		select {
		case s.frames <- frame{text, err}:
		case <-s.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// bind sends the frame in the guide's first spelling.
func (s *socket) bind(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, binding.AppendBind(nil, token)); err != nil {
		return transient(fault.Unavailable, "binding failed", err)
	}
	return nil
}

// close says goodbye if the other end still listens, and waits for the reader.
func (s *socket) close() {
	close(s.quit)
	s.conn.Close(websocket.StatusNormalClosure, "")
	<-s.done
}

// closeFailure reads why a connection ended. A close reason of the published
// list names its code; bound tells whether the token had been accepted.
func closeFailure(err error, bound bool) error {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var closed websocket.CloseError
	if !errors.As(err, &closed) {
		return transient(fault.Unavailable, "the connection broke", err)
	}
	code, detail := fault.Code(closed.Reason), "the server closed the socket with "+strconv.Itoa(int(closed.Code))
	if closed.Reason != "" {
		detail += " " + shorten(closed.Reason)
	}
	if !code.Known() {
		code = fault.Unavailable
	}
	return &failure{err: fault.New(code, detail), refusal: closed.Code == websocket.StatusPolicyViolation && !bound}
}
