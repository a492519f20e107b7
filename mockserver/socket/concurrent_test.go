package socket_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/mockserver/socket"
)

// TestEverythingAtOnce binds, renews, notifies, expires, revokes, deletes and
// looks at the state from many goroutines. Events of a Subscription must still
// come in order on every socket, none twice; what else happens is up to chance,
// and the race detector watches.
func TestEverythingAtOnce(t *testing.T) {
	f := newFixture(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var clients, others sync.WaitGroup
	for n := range 8 {
		clients.Go(func() {
			for range 10 {
				f.session(ctx, n)
			}
		})
	}
	ids := []string{"a", "b", "c"}
	forever := func(do func(n int)) {
		others.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				do(n)
			}
		})
	}
	forever(func(n int) { f.world.notify(ids[n%3], "") })
	forever(func(int) { f.clock.Advance(time.Second) })
	forever(func(n int) { f.hub.Revoke(socket.Revocation{Subscription: ids[n%3]}) })
	forever(func(n int) { f.hub.Revoke(socket.Revocation{JTI: fmt.Sprint("jti-", n)}) })
	forever(func(int) { f.hub.State() })
	forever(func(n int) {
		f.world.delete(ids[n%3])
		f.world.revive(ids[n%3])
	})
	clients.Wait()
	cancel()
	others.Wait()
	f.gone(0)
}

// session binds a few times on one socket, reads what comes and closes.
func (f *fixture) session(ctx context.Context, n int) {
	ws, _, err := websocket.Dial(ctx, f.url, nil)
	if err != nil {
		f.t.Error(err)
		return
	}
	defer ws.CloseNow()
	last := map[string]int{}
	for range 5 {
		token := f.token(time.Duration(n+1)*time.Second, "a", "b", "c")
		if ws.Write(ctx, websocket.MessageText, []byte("bind-with-token "+token)) != nil {
			return // closed, by expiry or revocation
		}
		for range 3 {
			_, frame, err := ws.Read(ctx)
			if err != nil {
				return
			}
			f.inOrder(string(frame), last)
		}
	}
	ws.Close(websocket.StatusNormalClosure, "")
}

// inOrder checks that an event has a higher number than the one before it.
func (f *fixture) inOrder(frame string, last map[string]int) {
	var id string
	var number int
	if _, err := fmt.Sscanf(frame, "event %s %d", &id, &number); err != nil {
		return // a handshake or an outcome
	}
	if number <= last[id] {
		f.t.Errorf("%s: event %d came after %d", id, number, last[id])
	}
	last[id] = number
}

// revive brings a Subscription back.
func (w *fakeWorld) revive(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.gone, id)
}
