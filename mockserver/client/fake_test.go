package client_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/client"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// answer is what the fake server says to a request.
type answer struct {
	status int
	body   string
	header map[string]string
}

// fake is a server that does as a test tells it.
type fake struct {
	t       *testing.T
	http    *httptest.Server
	clock   *watchedClock
	sockets chan *peer

	mu       sync.Mutex
	requests []string
	version  string                                  // of FHIR
	token    func(n int) answer                      // the nth request for a token, from 1
	events   func(since, until int64) answer         // $events
	upgrade  func(w http.ResponseWriter) (done bool) // before a socket is accepted
	tokens   int
}

func newFake(t *testing.T) *fake {
	f := &fake{
		t: t, version: "4.0.1", sockets: make(chan *peer, 16),
		clock: &watchedClock{Virtual: clock.NewVirtual(noon), set: make(chan time.Duration, 256)},
	}
	f.http = httptest.NewServer(f)
	f.token = func(n int) answer { return f.grant(n, time.Hour, "/ws") }
	f.events = func(int64, int64) answer { return answer{status: 500} }
	t.Cleanup(f.http.Close)
	return f
}

// grant is a good answer of $get-ws-binding-token: token-N for Subscription 1.
func (f *fake) grant(n int, lifetime time.Duration, socket string) answer {
	url := strings.Replace(f.http.URL, "http", "ws", 1) + socket
	return answer{status: 200, body: fmt.Sprintf(`{"resourceType":"Parameters","parameter":[
		{"name":"token","valueString":"token-%d"},
		{"name":"expiration","valueDateTime":%q},
		{"name":"subscription","valueString":"1"},
		{"name":"websocket-url","valueUrl":%q}]}`, n, f.clock.Now().Add(lifetime).Format(time.RFC3339), url)}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.requests = append(f.requests, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+string(body)))
	f.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, "/ws"):
		f.socket(w, r)
	case r.URL.Path == "/fhir/metadata":
		fmt.Fprintf(w, `{"resourceType":"CapabilityStatement","fhirVersion":%q}`, f.version)
	case strings.HasSuffix(r.URL.Path, "/$get-ws-binding-token"):
		f.mu.Lock()
		f.tokens++
		n := f.tokens
		f.mu.Unlock()
		f.token(n).write(w)
	case strings.HasSuffix(r.URL.Path, "/$events"):
		since, _ := strconv.ParseInt(r.URL.Query().Get("eventsSinceNumber"), 10, 64)
		until, _ := strconv.ParseInt(r.URL.Query().Get("eventsUntilNumber"), 10, 64)
		f.events(since, until).write(w)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (a answer) write(w http.ResponseWriter) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	io.WriteString(w, a.body)
}

func (f *fake) seen() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.requests...)
}

// peer is the server's end of a socket. It is served until the test closes it.
type peer struct {
	t    *testing.T
	path string
	conn *websocket.Conn
	gone chan struct{}
}

func (f *fake) socket(w http.ResponseWriter, r *http.Request) {
	if f.upgrade != nil && f.upgrade(w) {
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	p := &peer{f.t, r.URL.Path, conn, make(chan struct{})}
	defer conn.CloseNow()
	f.sockets <- p
	<-p.gone
}

// next returns the next socket that the client opens.
func (f *fake) next() *peer {
	f.t.Helper()
	select {
	case p := <-f.sockets:
		f.t.Cleanup(p.end)
		return p
	case <-time.After(testkit.Patience):
		f.t.Fatal("the client opened no socket")
		return nil
	}
}

func (p *peer) end() {
	select {
	case <-p.gone:
	default:
		close(p.gone)
	}
}

// expect reads a text frame and compares it.
func (p *peer) expect(want string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Patience)
	defer cancel()
	_, text, err := p.conn.Read(ctx)
	if err != nil || string(text) != want {
		p.t.Fatalf("the client sent %q (%v), want %q", text, err, want)
	}
}

func (p *peer) send(text []byte) {
	p.t.Helper()
	if err := p.conn.Write(context.Background(), websocket.MessageText, text); err != nil {
		p.t.Fatal(err)
	}
}

// close closes the socket as a server does, and serves it no more.
func (p *peer) close(code websocket.StatusCode, reason string) {
	p.conn.Close(code, reason)
	p.end()
}

// closed waits until the client closes, and returns the code it gave.
func (p *peer) closed() websocket.StatusCode {
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Patience)
	defer cancel()
	_, _, err := p.conn.Read(ctx)
	return websocket.CloseStatus(err)
}

// bundle is a notification of Subscription 1 with the given events.
func bundle(t *testing.T, kind notification.Type, count int64, numbers ...int64) []byte {
	t.Helper()
	n := notification.Notification{
		Release: fhir.R4, Content: notification.Empty,
		Status: notification.Status{
			ID: "01234567-89ab-4cde-8f01-23456789abcd", Type: kind, Subscription: "http://example.org/fhir/Subscription/1",
			State: "active", EventsSinceStart: count,
		},
	}
	for _, number := range numbers {
		n.Status.Events = append(n.Status.Events, notification.Event{Number: number})
	}
	text, err := notification.Append(nil, n)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// watchedClock tells a test what is waited for.
type watchedClock struct {
	*clock.Virtual
	set chan time.Duration
}

func (c *watchedClock) AfterFunc(d time.Duration, f func()) clock.Timer {
	timer := c.Virtual.AfterFunc(d, f)
	c.set <- d
	return timer
}

// until takes what was waited for until it is within low and high.
func (c *watchedClock) until(t *testing.T, low, high time.Duration) time.Duration {
	t.Helper()
	for {
		select {
		case d := <-c.set:
			if low <= d && d <= high {
				return d
			}
		case <-time.After(testkit.Patience):
			t.Fatalf("nothing was set to ring in %v to %v", low, high)
		}
	}
}

// heard is one thing that was yielded.
type heard struct {
	client.Notification
	err error
}

// listening is a client at work.
type listening struct {
	t      *testing.T
	things chan heard
	cancel context.CancelFunc
	log    *testkit.Log
}

// listen starts a client. It is stopped with the test.
func (f *fake) listen(change func(*client.Config)) *listening {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listening{f.t, make(chan heard, 64), cancel, new(testkit.Log)}
	config := client.Config{
		Base: f.http.URL + "/fhir", Subscriptions: []string{"1"}, Clock: f.clock,
		HTTP: f.http.Client(), Random: func() float64 { return 0.5 },
		Log: slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&config)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(l.things)
		for n, err := range client.Notifications(ctx, config) {
			l.things <- heard{n, err}
		}
	}()
	f.t.Cleanup(func() {
		cancel()
		f.drain()
		<-done
		if strings.Contains(l.log.String(), "token-") {
			f.t.Errorf("the log holds a token:\n%s", l.log)
		}
	})
	return l
}

// drain ends what the client may still open while it stops.
func (f *fake) drain() {
	for {
		select {
		case p := <-f.sockets:
			p.end()
		default:
			return
		}
	}
}

// next returns the next thing that is yielded.
func (l *listening) next() heard {
	l.t.Helper()
	select {
	case h, ok := <-l.things:
		if !ok {
			l.t.Fatalf("the client ended:\n%s", l.log)
		}
		return h
	case <-time.After(testkit.Patience):
		l.t.Fatalf("the client yielded nothing:\n%s", l.log)
		return heard{}
	}
}

// expect compares the next thing with its kind and events.
func (l *listening) expect(kind client.Kind, events ...int64) client.Notification {
	l.t.Helper()
	h := l.next()
	if h.err != nil || h.Kind != kind || fmt.Sprint(h.Events) != fmt.Sprint(events) {
		l.t.Fatalf("yielded %q %v (%v), want %q %v\n%s", h.Kind, h.Events, h.err, kind, events, l.log)
	}
	return h.Notification
}

// gaveUp expects an error to be the last thing.
func (l *listening) gaveUp() error {
	l.t.Helper()
	h := l.next()
	if h.err == nil {
		l.t.Fatalf("yielded %q %v, want an error", h.Kind, h.Events)
	}
	if strings.Contains(h.err.Error(), "token-") {
		l.t.Errorf("the error holds a token: %v", h.err)
	}
	if _, more := <-l.things; more {
		l.t.Error("something followed the error")
	}
	return h.err
}
