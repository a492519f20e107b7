package mockserver_test

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// memory is a network in memory: what goes on in it a bubble of testing/synctest
// can follow, so that time passes there only when server and client have nothing
// to do any more.
type memory struct {
	calls  chan net.Conn
	closed chan struct{}
}

func newMemory() *memory { return &memory{calls: make(chan net.Conn), closed: make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.calls:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.closed); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case m.calls <- post(theirs):
		return post(ours), nil
	case <-m.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// posted is an end of a connection that takes what is written before the other end
// reads it, as a kernel does.
type posted struct {
	net.Conn
	queue  chan []byte
	closed chan struct{} // by this end
	broken chan struct{} // when the other end is gone
	once   sync.Once
}

func post(conn net.Conn) net.Conn {
	p := &posted{Conn: conn, queue: make(chan []byte, 10_000), closed: make(chan struct{}), broken: make(chan struct{})}
	go p.deliver()
	return p
}

func (p *posted) Write(text []byte) (int, error) {
	select {
	case <-p.closed:
		return 0, net.ErrClosed
	case <-p.broken:
		return 0, net.ErrClosed
	default:
	}
	select {
	case p.queue <- bytes.Clone(text):
		return len(text), nil
	case <-p.closed:
	case <-p.broken:
	}
	return 0, net.ErrClosed
}

// deliver hands on what was written, and what was when the end was closed.
func (p *posted) deliver() {
	defer close(p.broken)
	defer p.Conn.Close()
	for {
		select {
		case text := <-p.queue:
			if _, err := p.Conn.Write(text); err != nil {
				return
			}
		case <-p.closed:
			for {
				select {
				case text := <-p.queue:
					if _, err := p.Conn.Write(text); err != nil {
						return
					}
				default:
					return
				}
			}
		}
	}
}

// Close ends reading at once; what was written gets a moment to arrive.
func (p *posted) Close() error {
	p.once.Do(func() {
		p.SetReadDeadline(time.Unix(1, 0))
		p.SetWriteDeadline(time.Now().Add(time.Second))
		close(p.closed)
	})
	return nil
}

// bubbled is a mock server in a bubble, whose clients share its virtual clock.
type bubbled struct {
	*server
	transport *http.Transport
}

// startInBubble starts a server. Call it within synctest.Test.
func startInBubble(t *testing.T, cfg mockserver.Config) *bubbled {
	t.Helper()
	b := &bubbled{server: &server{t: t, clock: clock.NewVirtual(noon)}}
	cfg.Clock, cfg.SharedClock, cfg.PublicURL = b.clock, true, "http://mock.example"
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	var err error
	if b.Server, err = mockserver.New(cfg); err != nil {
		t.Fatal(err)
	}
	network := newMemory()
	b.transport = &http.Transport{DialContext: network.dial}
	b.http = &http.Client{Transport: b.transport, Timeout: testkit.Patience}
	web := &http.Server{Handler: b.Handler()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		web.Serve(network)
	}()
	t.Cleanup(func() {
		b.transport.CloseIdleConnections()
		b.Close()
		web.Close()
		<-done
	})
	return b
}

// pass lets time pass on both clocks, in steps, and everybody act in between.
func (b *bubbled) pass(d time.Duration) {
	for step := 500 * time.Millisecond; d > 0; d -= step {
		synctest.Wait()
		b.Advance(min(step, d))
		synctest.Wait()
		<-time.After(min(step, d)) // in a bubble nobody waits for it
	}
	synctest.Wait()
}
