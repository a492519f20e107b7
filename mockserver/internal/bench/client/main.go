//go:build linux

// Command client is the one client of every server that is measured: it opens sockets,
// causes events and counts what arrives. See package job for what it is told.
//
// It shares the machine with the server, so it does as little as can be done: one
// thread waits for all sockets with epoll, reads whatever is there by one system call
// per socket, and looks at the heads of frames only.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

func main() {
	runtime.LockOSThread()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	c := new(client)
	for {
		var o job.Order
		if err := in.Decode(&o); err != nil {
			return // the other side is done
		}
		a, err := c.do(o)
		if err != nil {
			a.Error = err.Error()
		}
		if out.Encode(a) != nil {
			return
		}
	}
}

// client is what is connected.
type client struct {
	loop   *loop
	peer   peer
	events *publisher
	each   int   // frames per socket and event
	sent   int   // events so far
	unit   int64 // bytes of a payload per message, where one frame may carry several
}

func (c *client) do(o job.Order) (job.Answer, error) {
	switch o.Do {
	case "connect":
		return job.Answer{}, c.connect(o)
	case "check":
		return c.check()
	case "saturate":
		return c.saturate(o)
	case "pace":
		return c.pace(o)
	case "requests":
		return c.requests(o)
	}
	return job.Answer{}, fmt.Errorf("%q is nothing to do", o.Do)
}
