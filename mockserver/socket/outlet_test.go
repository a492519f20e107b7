package socket_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/mockserver/socket"
)

// An idle socket has one goroutine, which reads, and none for its HTTP request or
// for writing, also after frames were written.
func TestAnIdleSocketHasOneGoroutine(t *testing.T) {
	f := newFixture(t, nil)
	const sockets = 50
	serving := func() int { return strings.Count(stacks(), "socket.(*conn).serve(") }
	writing := func() int { return strings.Count(stacks(), "socket.(*conn).carry") }
	clients := make([]*client, sockets)
	for i := range clients {
		clients[i] = f.connect()
		clients[i].Bind(f.token(time.Hour, "a"))
		clients[i].want("handshake a 0")
	}
	for n := range 5 {
		f.world.notify("a", "")
		for _, c := range clients {
			c.want(fmt.Sprintf("event a %d", n+1))
		}
	}
	f.until("written", func() bool { return writing() == 0 })
	if n := serving(); n != sockets {
		t.Errorf("%d goroutines serve %d sockets", n, sockets)
	}
	if n := strings.Count(stacks(), "http.(*conn).serve("); n != 0 {
		t.Errorf("%d HTTP requests are still served", n)
	}
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	text := make([]byte, 8<<20)
	return string(text[:runtime.Stack(text, true)])
}

// Sockets whose clients do not read keep nobody waiting, though there are more of
// them than carriers: each has a goroutine of its own by then.
func TestSlowSocketsKeepNobodyWaiting(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxQueue = 64 << 20 })
	deaf := 4 * runtime.GOMAXPROCS(0)
	for i := range deaf {
		f.rawDial().Write(frame(1, []byte("bind-with-token "+f.token(time.Hour, fmt.Sprint("deaf", i)))))
	}
	f.until("attached", func() bool { return f.world.attached() == deaf })
	keen := f.connect()
	keen.Bind(f.token(time.Hour, "keen"))
	keen.want("handshake keen 0")
	padding := strings.Repeat(" ", 1<<20)
	for i := range deaf {
		for range 12 { // more than the network takes
			f.world.notify(fmt.Sprint("deaf", i), padding)
		}
	}
	f.until("blocked", func() bool { return strings.Count(stacks(), "socket.(*conn).carryOn(") == deaf })
	for n := range 20 {
		f.world.notify("keen", "")
		keen.want(fmt.Sprintf("event keen %d", n+1))
	}
}

// Frames that come while a socket is busy, and when it is about to be idle, are
// neither lost nor reordered.
func TestFramesFromEverywhereArriveInOrder(t *testing.T) {
	f := newFixture(t, nil)
	const sockets, events = 20, 300
	clients := make([]*client, sockets)
	for i := range clients {
		clients[i] = f.connect()
		clients[i].Bind(f.token(time.Hour, "a"))
		clients[i].want("handshake a 0")
	}
	made := make(chan struct{})
	go func() {
		defer close(made)
		for n := range events {
			f.world.notify("a", strings.Repeat(" ", n*37%3000))
			if n%7 == 0 {
				runtime.Gosched()
			}
		}
	}()
	for _, c := range clients {
		for n := range events {
			c.want(fmt.Sprintf("event a %d%s", n+1, strings.Repeat(" ", n*37%3000)))
		}
	}
	<-made
}

// A bug in what serves one socket ends that one only.
func TestAPanicEndsOneSocket(t *testing.T) {
	log := &brittle{Handler: slog.DiscardHandler}
	f := newFixture(t, func(c *socket.Config) { c.Logger = slog.New(log) })
	other, c := f.connect(), f.connect()
	other.Bind(f.token(time.Hour, "a"))
	other.want("handshake a 0")
	log.breaks.Store(true)
	c.Close(websocket.StatusNormalClosure, "")
	f.gone(1)
	log.breaks.Store(false)
	if !log.told.Load() {
		t.Error("nobody was told of the panic")
	}
	f.world.notify("a", "")
	other.want("event a 1")
}

// brittle is a handler of a log with a bug.
type brittle struct {
	slog.Handler
	breaks, told atomic.Bool
}

func (b *brittle) Enabled(context.Context, slog.Level) bool { return true }

func (b *brittle) WithAttrs([]slog.Attr) slog.Handler { return b }

func (b *brittle) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "a websocket panicked" {
		b.told.Store(true)
	}
	if r.Message == "websocket closed" && b.breaks.Load() {
		panic("the disk is full")
	}
	return nil
}
