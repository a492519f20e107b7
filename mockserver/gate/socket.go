package gate

import (
	"context"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/wire"
)

// closeWait bounds, in wall time, what remains to be written and the closing
// handshake once a socket is being closed.
const closeWait = 3 * time.Second

// socket is a client's websocket: frames come from it and go to it. The goroutine of
// its HTTP request reads, a second one writes.
type socket struct {
	ws       *websocket.Conn
	net      *wire.Conn
	out      queue
	maxFrame int
}

// read returns the next text frame. An error with a code is the client's mistake, any
// other means that the connection is over.
func (s *socket) read() ([]byte, error) {
	kind, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		return nil, fault.New(fault.BinaryFrame, "the frame is binary: bind-with-token TOKEN is a text frame")
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(s.maxFrame)+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > s.maxFrame:
		return nil, fault.New(fault.FrameTooLarge, "the frame has more than "+strconv.Itoa(s.maxFrame)+" bytes, which are read at most")
	case !utf8.Valid(text):
		return nil, fault.New(fault.InvalidUTF8, "the frame is not valid UTF-8")
	}
	return text, nil
}

// write carries the queue to the network and, at its end, closes.
func (s *socket) write() {
	var batch [][]byte
	for {
		var code fault.Code
		if batch, code = s.out.take(batch); len(batch) == 0 {
			if code != "" {
				s.ws.Close(websocket.StatusCode(code.CloseStatus()), code.CloseReason())
			}
			return
		}
		s.carry(batch)
	}
}

// texts are memory for frames that are written together, which an idle socket has
// not.
var texts = sync.Pool{New: func() any { return new([]byte) }}

// carry writes frames.
func (s *socket) carry(batch [][]byte) {
	text := texts.Get().(*[]byte)
	loaded := 0
	for i, frame := range batch {
		*text = append(wire.AppendHead(*text, len(frame)), frame...)
		loaded += len(frame)
		if len(*text) < wire.Together && i < len(batch)-1 {
			continue
		}
		if s.out.wanted() && s.net.WriteText(*text) != nil {
			s.cut()
		}
		s.out.done(loaded)
		*text, loaded = (*text)[:0], 0
	}
	if cap(*text) <= 2*wire.Together {
		texts.Put(text)
	}
}

// shut sends last, unless nil, after all that waits, and then closes. It reports
// whether this is what ends the socket.
func (s *socket) shut(code fault.Code, last []byte) bool {
	if !s.out.end(code, last) {
		return false
	}
	s.net.SetDeadline(time.Now().Add(closeWait)) // fails only on a connection that is closed already
	return true
}

// cut closes the connection without a word.
func (s *socket) cut() {
	s.out.lose()
	s.net.Close()
}
