package socket_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// The close codes and reasons are written out here: clients rely on the words.

func TestBinaryFrameCloses1003(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Bind(f.token(time.Minute, "a"))
	c.want("handshake a 0")
	if err := c.Write(context.Background(), websocket.MessageBinary, []byte("bind-with-token x")); err != nil {
		t.Fatal(err)
	}
	c.WantClosed(1003, "binary-frame")
	f.gone(0)
}

func TestBadUTF8Closes1007(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	c.Send("bind-with-token \xff")
	c.WantClosed(1007, "invalid-utf8")
}

func TestTooBigCloses1009(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxFrame = 100 })
	c := f.connect()
	c.Send(strings.Repeat("x", 100)) // just fits, and is no bind
	c.wantOutcome(fault.ExpectedBind)
	c.WantClosed(1008, "expected-bind")
	d := f.connect()
	d.Send(strings.Repeat("x", 101))
	d.WantClosed(1009, "frame-too-large")
}

func TestTooBigInManyFragmentsCloses1009(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxFrame = 100 })
	conn := f.rawDial()
	fragment := frame(1, []byte("abc"))
	for range 50 {
		fragment[0] &^= 0x80 // another one follows
		conn.Write(fragment)
		fragment[0] = 0 // a continuation
	}
	got := make([]byte, 19)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "\x88\x11\x03\xf1frame-too-large" {
		t.Errorf("got %q, %v", got, err)
	}
	conn.Close()
	f.gone(0)
}

func TestGoingAwayCloses1001AfterWhatWaits(t *testing.T) {
	f := newFixture(t, nil)
	c, idle := f.connect(), f.connect()
	c.Bind(f.token(time.Minute, "a"))
	f.world.notify("a", "")
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Patience)
	defer cancel()
	f.hub.Shutdown(ctx)
	c.want("handshake a 0", "event a 1")
	c.WantClosed(1001, "going-away")
	idle.WantClosed(1001, "going-away")

	response, err := http.Get(f.url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a hub that is closing answers %s", response.Status)
	}
}

func TestShutdownCutsSocketsThatDoNotAnswer(t *testing.T) {
	f := newFixture(t, nil)
	f.rawDial()
	f.until("open", func() bool { return len(f.hub.State()) == 1 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.hub.Shutdown(ctx)
	f.gone(0)
}

// TestSlowReaderCloses1013: a client that stops reading is not waited for, gets
// what the network already had, in order, and then the close.
func TestSlowReaderCloses1013(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxQueue = 1 << 20 })
	fast := f.connect()
	conn := f.rawDial()
	token := f.token(time.Hour, "a")
	fast.Bind(token)
	fast.want("handshake a 0")
	conn.Write(frame(1, []byte("bind-with-token "+token)))
	f.until("attached", func() bool { return f.world.attached() == 2 })
	padding := strings.Repeat(".", 60_000)
	for n := 1; f.hub.State()[1].Closing == ""; n++ {
		if n > 2000 {
			t.Fatal("a client that does not read was never found too slow")
		}
		f.world.notify("a", padding)
		if queued := f.hub.State()[1].Queued; queued > 1<<20 {
			t.Fatalf("%d bytes are queued", queued)
		}
		fast.want(fmt.Sprintf("event a %d%s", n, padding))
	}
	end := []byte("\x88\x0d\x03\xf5slow-reader")
	var got []byte
	for buffer := make([]byte, 1<<16); !bytes.HasSuffix(got, end); {
		n, err := conn.Read(buffer)
		got = append(got, buffer[:n]...)
		if err != nil {
			t.Fatalf("the stream ends with %q, %v, want %q", got[max(0, len(got)-40):], err, end)
		}
	}
	at := -1
	for n := 1; ; n++ {
		i := bytes.Index(got, fmt.Appendf(nil, "event a %d.", n))
		if i < 0 {
			if n < 2 || bytes.Count(got, []byte("event a ")) != n-1 {
				t.Errorf("%d events arrived, the first %d in order", bytes.Count(got, []byte("event a ")), n-1)
			}
			break
		}
		if i < at {
			t.Errorf("event %d came before event %d", n, n-1)
		}
		at = i
	}
	conn.Close()
	f.gone(1)
}

// TestAFrameBeyondTheQueueIsStillDelivered to a reader that keeps up.
func TestAFrameBeyondTheQueueIsStillDelivered(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxQueue = 100 })
	c := f.connect()
	c.Bind(f.token(time.Hour, "a"))
	c.want("handshake a 0")
	f.until("written", func() bool { return f.hub.State()[0].Queued == 0 })
	f.world.notify("a", strings.Repeat(".", 1000))
	c.want("event a 1" + strings.Repeat(".", 1000))
}

func TestPingsAreAnswered(t *testing.T) {
	f := newFixture(t, nil)
	conn := f.rawDial()
	conn.Write(frame(9, []byte("are you there")))
	pong := make([]byte, 15)
	if _, err := io.ReadFull(conn, pong); err != nil || string(pong) != "\x8a\x0dare you there" {
		t.Errorf("a ping was answered by %q, %v", pong, err)
	}
}

// TestAPeerThatIsGoneIsForgotten: no closing handshake, no reset seen.
func TestAPeerThatIsGoneIsForgotten(t *testing.T) {
	f := newFixture(t, nil)
	conn := f.rawDial()
	conn.Write(frame(1, []byte("bind-with-token "+f.token(time.Hour, "a"))))
	f.until("attached", func() bool { return f.world.attached() == 1 })
	conn.Close()
	f.gone(0)
}

func TestUnmaskedFramesAreRefused(t *testing.T) {
	f := newFixture(t, nil)
	conn := f.rawDial()
	conn.Write([]byte("\x81\x02hi"))
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("the connection was not closed: %v", err)
	}
	f.gone(0)
}

func TestSocketsAreBounded(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxSockets = 1 })
	c := f.connect()
	_, response, err := websocket.Dial(context.Background(), f.url, nil)
	if err == nil {
		t.Fatal("a second socket was opened")
	}
	var outcome struct{ ResourceType string }
	if json.NewDecoder(response.Body).Decode(&outcome); response.StatusCode != 503 || outcome.ResourceType != "OperationOutcome" ||
		response.Header.Get("Retry-After") == "" {
		t.Errorf("answered with %s, %v, %v", response.Status, response.Header, outcome)
	}
	c.Close(1000, "")
	f.gone(0)
	f.until("a place is free", func() bool {
		d, _, err := websocket.Dial(context.Background(), f.url, nil)
		if err == nil {
			d.CloseNow()
		}
		return err == nil
	})
}

func TestPlainHTTPIsTold(t *testing.T) {
	f := newFixture(t, nil)
	response, err := http.Get(f.url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != 426 || response.Header.Get("Upgrade") != "websocket" || !strings.Contains(string(body), "OperationOutcome") {
		t.Errorf("%s, %v, %s", response.Status, response.Header, body)
	}
}

func TestStateShowsBindingsAndNoToken(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect()
	token := f.token(time.Minute, "b", "a")
	c.Bind(token)
	text, err := json.Marshal(f.hub.State())
	if err != nil {
		t.Fatal(err)
	}
	for _, due := range []string{`"subscription":"a"`, `"subscription":"b"`, `"expires":"2026-03-01T12:01:00Z"`, `"jti":"jti-1"`} {
		if !strings.Contains(string(text), due) {
			t.Errorf("%s lacks %s", text, due)
		}
	}
	if strings.Contains(string(text), token) {
		t.Errorf("%s holds the token", text)
	}
}

// A bug that strikes an opening handshake takes no place for ever: the next socket
// would be refused, and Shutdown would wait for one that is none.
func TestAPanicGivesThePlaceBack(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) {
		c.MaxSockets = 1
		c.Caller = func(r *http.Request) string {
			if r.Header.Get("Panic") != "" {
				panic("a bug")
			}
			return ""
		}
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Panic", "yes")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("nothing has panicked")
			}
		}()
		f.hub.ServeHTTP(httptest.NewRecorder(), r)
	}()
	f.connect()
}
