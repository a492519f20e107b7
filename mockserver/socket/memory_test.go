package socket_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/coder/websocket"
)

// Clients that vanish without a closing handshake leave nothing behind: a
// websocket.Conn that is not closed has a finalizer in a cycle, and stays with
// its buffers for as long as the server runs.
func TestLostConnectionsFreeTheirMemory(t *testing.T) {
	f := newFixture(t, nil)
	vanish := func() {
		for range 200 {
			client, _, err := websocket.Dial(context.Background(), f.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			client.CloseNow() // without a close frame
		}
		f.gone(0)
	}
	vanish() // what is made once is made now
	before := heapInUse()
	vanish()
	if grown := int64(heapInUse()) - int64(before); grown > 512<<10 {
		t.Errorf("200 sockets that vanished left %d bytes", grown)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // the first one runs finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
