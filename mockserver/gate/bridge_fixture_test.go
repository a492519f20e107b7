package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/notice"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// watched is a virtual clock that tells what is waited for.
type watched struct {
	*clock.Virtual
	mu   sync.Mutex
	sets map[time.Duration]int // how often something was set to ring after that long
	more chan struct{}         // closed with the next
}

func newWatched() *watched {
	return &watched{Virtual: clock.NewVirtual(noon), sets: map[time.Duration]int{}, more: make(chan struct{})}
}

func (c *watched) AfterFunc(d time.Duration, f func()) clock.Timer {
	timer := c.Virtual.AfterFunc(d, f)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sets[d]++
	close(c.more)
	c.more = make(chan struct{})
	return timer
}

// until waits until something is set to ring after d, once more than was waited for
// before.
func (c *watched) until(t *testing.T, d time.Duration) {
	t.Helper()
	for late := time.After(testkit.Patience); ; {
		c.mu.Lock()
		more := c.more
		set := c.sets[d] > 0
		if set {
			c.sets[d]--
		}
		c.mu.Unlock()
		if set {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("nothing was set to ring in %v", d)
		}
	}
}

// behindGate is what is behind a bridge, and what the bridge tells its operator.
type behindGate struct {
	t     *testing.T
	clock *watched
	cfg   upstreamConfig
	store *fragile
	told  chan Event
}

// newBehind configures a bridge to a base, in virtual time.
func newBehind(t *testing.T, release fhir.Release, base string) *behindGate {
	c := newWatched()
	b := &behindGate{t: t, clock: c, told: make(chan Event, 10_000), store: &fragile{Store: NewMemoryStore(c)}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	number := 0
	var mu sync.Mutex
	b.cfg = upstreamConfig{
		base: base, publicBase: "https://fhir.example/" + release.String(), release: release,
		headers:  func(context.Context) (http.Header, error) { return http.Header{"Authorization": {"Bearer gate"}}, nil },
		patience: time.Minute, timeout: testkit.Patience, maxBytes: 1 << 20,
		http: &http.Client{Transport: transport}, clock: c, store: b.store,
		observe: func(e Event) { b.told <- e },
		ids: func() string {
			mu.Lock()
			defer mu.Unlock()
			number++
			return fmt.Sprintf("00000000-0000-4000-8000-%012d", number)
		},
		random: func() float64 { return 0 }, sockets: new(atomic.Int64),
	}
	return b
}

// saw waits until the operator is told something.
func (b *behindGate) saw(name EventName) Event {
	b.t.Helper()
	for {
		select {
		case e := <-b.told:
			if e.Name == name {
				return e
			}
		case <-time.After(testkit.Patience):
			b.t.Fatalf("the operator was not told of %s", name)
		}
	}
}

// fragile is a store that can be broken.
type fragile struct {
	Store
	mu     sync.Mutex
	broken bool
	slow   map[string]chan struct{} // counters that are read when this is closed
}

func (f *fragile) broke(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

func (f *fragile) check() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errors.New("the disk is full")
	}
	return nil
}

func (f *fragile) Increment(ctx context.Context, counter string) (int64, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	return f.Store.Increment(ctx, counter)
}

func (f *fragile) Count(ctx context.Context, counter string) (int64, error) {
	if wait := f.slow[counter]; wait != nil {
		<-wait
	}
	if err := f.check(); err != nil {
		return 0, err
	}
	return f.Store.Count(ctx, counter)
}

// start makes an upstream, which is closed with the test.
func (b *behindGate) start(make func(upstreamConfig) upstream) upstream {
	u := make(b.cfg)
	b.t.Cleanup(u.close)
	return u
}

// client is a socket: it notes what its channel tells.
type client struct {
	t       *testing.T
	release fhir.Release
	channel channel
	told    chan string
}

func (b *behindGate) client(u upstream) *client {
	c := &client{t: b.t, release: b.cfg.release, told: make(chan string, 10_000)}
	c.channel = u.open(c)
	return c
}

// notification notes a frame in short: "handshake ID COUNT", "event-notification ID
// NUMBER CONTENT", where the content is what is told of the focus.
func (c *client) notification(frame []byte, subscription string) {
	var checker notification.Checker
	reading, issues := checker.Read(frame, c.release)
	if !fault.Valid(issues) || len(reading.Statuses) != 1 {
		c.t.Errorf("not a valid notification in %s: %s: %v", c.release, frame, issues)
		return
	}
	status := reading.Statuses[0]
	if path.Base(status.Subscription) != subscription || !strings.HasPrefix(status.Subscription, "https://fhir.example/") || status.State != "active" {
		c.t.Errorf("told of Subscription %s, and the frame is %s", subscription, frame)
	}
	text := fmt.Sprintf("%s %s %d", status.Type, subscription, status.EventsSinceStart)
	for _, e := range status.Events {
		if e.Number != status.EventsSinceStart {
			c.t.Errorf("event %d of %d", e.Number, status.EventsSinceStart)
		}
		if e.Focus.URL != "" {
			text += " " + strings.TrimPrefix(e.Focus.URL, "https://fhir.example/"+c.release.String()+"/")
		}
		if e.Focus.Body != nil {
			text += " with body"
		}
	}
	c.told <- text
}

func (c *client) outcome(frame []byte) {
	_, code, _ := strings.Cut(string(frame), `"system":"`+fhir.CodeSystem+`","code":"`)
	code, _, _ = strings.Cut(code, `"`)
	c.told <- "outcome " + code
}

func (c *client) unbound(code fault.Code, ids []string) {
	c.outcome(notice.Unbound(code, ids))
}
func (c *client) lost(err error)   { c.told <- "lost " + string(fault.CodeOf(err)) }
func (c *client) failed(err error) { c.told <- "failed " + string(fault.CodeOf(err)) }

// want compares what is told next.
func (c *client) want(due ...string) {
	c.t.Helper()
	for _, d := range due {
		select {
		case got := <-c.told:
			if got != d {
				c.t.Fatalf("told %q, want %q", got, d)
			}
		case <-time.After(testkit.Patience):
			c.t.Fatalf("%q was not told", d)
		}
	}
}

// wantNothing is for when nothing more can come.
func (c *client) wantNothing() {
	c.t.Helper()
	select {
	case got := <-c.told:
		c.t.Errorf("told %q, want nothing", got)
	default:
	}
}

// outcome of a bind.
type bindResult struct {
	bound   []string
	omitted []Omitted
	err     error
}

// binding begins a bind.
func (c *client) binding(ids ...string) <-chan bindResult {
	done := make(chan bindResult, 1)
	go func() {
		var r bindResult
		r.bound, r.omitted, r.err = c.channel.bind(context.Background(), Grant{IDs: ids})
		done <- r
	}()
	return done
}

// bind binds, and all must be.
func (c *client) bind(ids ...string) {
	c.t.Helper()
	c.binds(<-c.binding(ids...), ids...)
}

func (c *client) binds(r bindResult, ids ...string) {
	c.t.Helper()
	if r.err != nil || !slices.Equal(r.bound, ids) || len(r.omitted) > 0 {
		c.t.Fatalf("bound %v, omitted %v (%v), want %v", r.bound, r.omitted, r.err, ids)
	}
}

// refused begins a bind that must fail.
func (c *client) refused(code fault.Code, r bindResult) {
	c.t.Helper()
	if fault.CodeOf(r.err) != code {
		c.t.Fatalf("bound %v, omitted %v, error %v, want %s", r.bound, r.omitted, r.err, code)
	}
	if text := fault.DetailOf(r.err); strings.Contains(text, "127.0.0.1") || strings.Contains(text, "disk") {
		c.t.Errorf("the client is told %q", text)
	}
}

// fakeServer is a FHIR server that does as a test tells it.
type fakeServer struct {
	t     *testing.T
	http  *httptest.Server
	peers chan *peer

	mu            sync.Mutex
	subscriptions map[string]string // by id; "" is gone
	answers       map[string]func(w http.ResponseWriter, r *http.Request)
	down          bool // websockets do not open
}

func newFakeServer(t *testing.T) *fakeServer {
	s := &fakeServer{t: t, peers: make(chan *peer, 100), subscriptions: map[string]string{}, answers: map[string]func(http.ResponseWriter, *http.Request){}}
	s.http = httptest.NewServer(s)
	t.Cleanup(s.http.Close)
	return s
}

func (s *fakeServer) ws() string { return "ws" + strings.TrimPrefix(s.http.URL, "http") + "/ws" }

// set changes something while nobody is answered.
func (s *fakeServer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	id, one := strings.CutPrefix(r.URL.Path, "/fhir/Subscription/")
	text, known := s.subscriptions[id]
	answer, down := s.answers[r.URL.Path], s.down
	s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "Bearer gate":
		w.WriteHeader(http.StatusUnauthorized)
	case answer != nil:
		answer(w, r)
	case r.URL.Path == "/ws" && !down:
		s.socket(w, r)
	case r.URL.Path == "/ws":
		w.WriteHeader(http.StatusServiceUnavailable)
	case one && known && text == "":
		w.WriteHeader(http.StatusGone)
	case one && known:
		io.WriteString(w, text)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// peer is the server's end of a websocket, served until it ends.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
	gone chan struct{}
	read chan string // what the gate sends; closed at its end
}

func (s *fakeServer) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	p := &peer{s.t, conn, make(chan struct{}), make(chan string, 1000)}
	s.peers <- p
	defer conn.CloseNow()
	for {
		_, text, err := conn.Read(context.Background())
		if err != nil {
			close(p.read)
			return
		}
		p.read <- string(text)
	}
}

// next is the next connection of the gate.
func (s *fakeServer) next() *peer {
	s.t.Helper()
	select {
	case p := <-s.peers:
		return p
	case <-time.After(testkit.Patience):
		s.t.Fatal("the gate opened no websocket")
		return nil
	}
}

func (p *peer) expect(due string) {
	p.t.Helper()
	select {
	case got, open := <-p.read:
		if got != due || !open {
			p.t.Fatalf("the gate sent %q (open: %v), want %q", got, open, due)
		}
	case <-time.After(testkit.Patience):
		p.t.Fatalf("the gate did not send %q", due)
	}
}

// ended waits until the gate has closed the connection.
func (p *peer) ended() {
	p.t.Helper()
	for {
		select {
		case _, open := <-p.read:
			if !open {
				return
			}
		case <-time.After(testkit.Patience):
			p.t.Fatal("the gate keeps the websocket")
		}
	}
}

func (p *peer) send(frames ...string) {
	p.t.Helper()
	for _, frame := range frames {
		if err := p.conn.Write(context.Background(), websocket.MessageText, []byte(frame)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// cut breaks the connection.
func (p *peer) cut() { p.conn.CloseNow() }

// subscriptionText is a Subscription in R4, to a topic, with a heartbeat period in
// seconds if one is given.
func subscriptionText(id, status, content, criteria string, heartbeat int) string {
	const extension = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
	beat := ""
	if heartbeat > 0 {
		beat = fmt.Sprintf(`"extension":[{"url":"%sheartbeat-period","valueUnsignedInt":%d}],`, extension, heartbeat)
	}
	return `{"resourceType":"Subscription","id":"` + id + `","status":"` + status + `","reason":"test","criteria":"` + criteria + `",
		"channel":{` + beat + `"type":"websocket","payload":"application/fhir+json",
		"_payload":{"extension":[{"url":"` + extension + `payload-content","valueCode":"` + content + `"}]}}}`
}

const topic = "http://example.org/topic"
