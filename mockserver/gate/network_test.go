package gate_test

import (
	"io"
	"net"
	"sync"
	"testing"
)

// relay is the network between a gate and its FHIR server.
type relay struct {
	addr string

	mu    sync.Mutex
	up    bool
	held  bool // what goes to the FHIR server waits
	free  sync.Cond
	dial  string
	conns map[net.Conn]struct{}
}

func newRelay(t *testing.T) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: l.Addr().String(), conns: map[net.Conn]struct{}{}}
	r.free.L = &r.mu
	var all sync.WaitGroup
	all.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { r.carry(from) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		r.down()
		all.Wait()
	})
	return r
}

func (r *relay) carry(from net.Conn) {
	r.mu.Lock()
	r.conns[from] = struct{}{}
	for r.held {
		r.free.Wait()
	}
	up, address := r.up, r.dial
	r.mu.Unlock()
	defer r.hangUp(from)
	if !up {
		return
	}
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	r.mu.Lock()
	r.conns[to] = struct{}{}
	r.mu.Unlock()
	defer r.hangUp(to)
	var both sync.WaitGroup
	both.Go(func() { io.Copy(to, from); to.Close() })
	both.Go(func() { io.Copy(from, to); from.Close() })
	both.Wait()
}

func (r *relay) hangUp(conn net.Conn) {
	conn.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
}

// to lets connections through.
func (r *relay) to(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up, r.held, r.dial = true, false, address
	r.free.Broadcast()
}

// hold cuts every connection, and has new ones wait.
func (r *relay) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = true
	for conn := range r.conns {
		conn.Close()
	}
}

// down cuts every connection, and lets none through.
func (r *relay) down() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.up, r.held = false, false
	r.free.Broadcast()
	for conn := range r.conns {
		conn.Close()
	}
}

// back lets connections through again.
func (r *relay) back() { r.to(r.dial) }
