package socket

import (
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// State is what is shown of a socket.
type State struct {
	Socket uint64    `json:"socket"` // counts from 1 in the order of opening
	Opened time.Time `json:"opened"`
	Remote string    `json:"remote"`
	Bound  []Binding `json:"bound"`
	Frames uint64    `json:"frames"` // sent
	Queued int       `json:"queued"` // bytes that wait for the client
	// Closing is why the socket is being closed, a code of core/fault: going-away
	// also where a fault, or the client, has ended it.
	Closing fault.Code `json:"closing,omitempty"`
}

// Binding is a Subscription bound on a socket and the token that holds it.
type Binding struct {
	Subscription string    `json:"subscription"`
	Expires      time.Time `json:"expires"`
	JTI          string    `json:"jti,omitempty"`
	Subject      string    `json:"subject,omitempty"`
}

// State lists the open sockets, oldest first.
func (h *Hub) State() []State {
	list := []State{}
	for _, c := range h.sockets() {
		list = append(list, c.state())
	}
	return list
}

func (c *conn) state() State {
	s := State{Socket: c.number, Opened: c.opened, Remote: c.remote, Bound: []Binding{}}
	s.Queued, s.Frames = c.out.waiting()
	if s.Closing, _ = c.out.ended(); s.Closing == "" && c.over.Load() {
		s.Closing = fault.GoingAway
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, h := range c.bound.all() {
		s.Bound = append(s.Bound, Binding{id, h.expires, h.jti, h.subject})
	}
	slices.SortFunc(s.Bound, func(a, b Binding) int { return strings.Compare(a.Subscription, b.Subscription) })
	return s
}
