package socket

import (
	"runtime"
	"sync"
)

// outlet brings the frames of all sockets of a hub to the network. A socket that
// has something to send stands in line, and a few carriers, one for each processor,
// take from each what waits and write it without waiting; with nothing to do they
// are gone. So an event for thousands of sockets wakes two goroutines and not
// thousands, and an idle socket has none for writing. Where a write would have to
// wait, because a client is slow or a fault wants it so, the socket gets a goroutine
// of its own until its queue is empty: no other one is kept waiting.
type outlet struct {
	mu       sync.Mutex
	line     []*conn
	first    int // of line; those before it have had their turn
	carriers int
}

// stand puts a socket in line. The queue's lock may be held.
func (o *outlet) stand(c *conn) {
	o.mu.Lock()
	o.line = append(o.line, c)
	called := o.carriers < runtime.GOMAXPROCS(0)
	if called {
		o.carriers++
	}
	o.mu.Unlock()
	if called {
		go o.carry()
	}
}

// carry serves the line until there is none.
func (o *outlet) carry() {
	k := carriers.Get().(*carrier)
	defer carriers.Put(k)
	for c := o.next(); c != nil; c = o.next() {
		c.carryOnce(k)
	}
}

// next takes the first socket in line. Where it returns nil the carrier is not
// counted any more.
func (o *outlet) next() *conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.first == len(o.line) {
		o.carriers--
		if o.line, o.first = o.line[:0], 0; cap(o.line) > 1<<10 {
			o.line = nil
		}
		return nil
	}
	c := o.line[o.first]
	o.line[o.first] = nil
	if o.first++; o.first >= 1<<10 && o.first*2 >= len(o.line) { // a line that never ends
		n := copy(o.line, o.line[o.first:])
		clear(o.line[n:])
		o.line, o.first = o.line[:n], 0
	}
	return c
}
