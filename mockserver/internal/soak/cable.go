package main

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// cables are the connections of a seat.
type cables struct {
	mu   sync.Mutex
	list []*cable
}

// cable is a connection whose reader can be made to stop.
type cable struct {
	net.Conn
	all    *cables
	muted  atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func (c *cables) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	one := &cable{Conn: conn, all: c, closed: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, one)
	return one, nil
}

// cut closes every connection at once, as a network does that goes away: with a reset.
func (c *cables) cut() {
	for _, one := range c.now() {
		if tcp, ok := one.Conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		one.Close()
	}
}

// mute has nothing read any more.
func (c *cables) mute() {
	for _, one := range c.now() {
		one.muted.Store(true)
	}
}

func (c *cables) now() []*cable {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

func (c *cable) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.muted.Load() {
		<-c.closed
		return 0, errors.New("the connection was silent and then cut")
	}
	return n, err
}

func (c *cable) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.all.mu.Lock()
		c.all.list = slices.DeleteFunc(c.all.list, func(o *cable) bool { return o == c })
		c.all.mu.Unlock()
	})
	return c.Conn.Close()
}
