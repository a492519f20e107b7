package wire_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/wsbind/wsbind/mockserver/wire"
)

// An idle websocket has small buffers, and net/http's are free while the
// handler runs: otherwise these sockets held 8 KiB more each.
func TestIdleBuffersAreSmall(t *testing.T) {
	const sockets = 100
	ready, leave := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, buffers, err := hijackBy(r.URL.Path, w)
		if err != nil {
			t.Error(err)
			return
		}
		defer raw.Close()
		ready <- struct{}{}
		<-leave
		runtime.KeepAlive(buffers)
	}))
	defer server.Close()
	defer close(leave)
	open := func(path string) int64 {
		before := heapInUse()
		for range sockets {
			client, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { client.Close() })
			writeAll(t, client, []byte("GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"))
			await(t, "the request", ready)
		}
		return (heapInUse() - before) / sockets
	}
	open("/small") // what is made once is made now
	plain, small := open("/plain"), open("/small")
	t.Logf("%d bytes each with small buffers, %d without", small, plain)
	if plain-small < 5000 {
		t.Errorf("a socket takes %d bytes, and %d without Hijack", small, plain)
	}
}

func hijackBy(path string, w http.ResponseWriter) (net.Conn, any, error) {
	if path == "/plain" {
		return http.NewResponseController(w).Hijack()
	}
	c, buffers, err := wire.Hijack(w)
	return c, buffers, err
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // the first one runs finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
