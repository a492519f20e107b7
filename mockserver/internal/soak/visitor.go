package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// visitors join, stay for a moment, and leave: many sockets for few tokens, of which
// nothing is due. They tell what a socket leaves behind.
type visitors struct {
	soak *soak

	mu      sync.Mutex
	passes  map[string]pass // by line
	present sync.WaitGroup
}

// pass is a token that several visitors bind.
type pass struct {
	token, url string
	until      time.Time
}

// visit is one visitor. What a fault does to it is no matter.
func (v *visitors) visit(ctx context.Context, l *line) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := v.pass(ctx, l)
	if err != nil {
		return // a fault
	}
	var raw net.Conn
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		var err error
		raw, err = dialer.DialContext(ctx, network, address)
		return raw, err
	}}
	defer transport.CloseIdleConnections()
	ws, _, err := websocket.Dial(ctx, p.url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	defer v.soak.leaves.Add(1)
	if ws.Write(ctx, websocket.MessageText, []byte("bind-with-token "+p.token)) != nil {
		return
	}
	reading, enough := context.WithTimeout(ctx, 3*time.Second) // a bind may go unanswered
	_, _, err = ws.Read(reading)
	enough()
	if err != nil {
		return
	}
	switch v.soak.draw(8) {
	case 0:
		pause(ctx, 2*time.Second) // without a read
		v.soak.silent.Add(1)
	case 1, 2:
		if tcp, ok := raw.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		raw.Close()
		v.soak.cuts.Add(1)
	default:
		ws.Close(websocket.StatusNormalClosure, "")
	}
}

// pass returns a token that lasts for a moment at least.
func (v *visitors) pass(ctx context.Context, l *line) (pass, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.passes[l.id]
	if time.Now().Before(p.until) {
		return p, nil
	}
	text, err := v.soak.server.fhir(ctx, http.MethodPost, l.group.release, "/Subscription/"+l.id+"/$get-ws-binding-token", `{"resourceType":"Parameters"}`)
	if err != nil {
		return p, err
	}
	var answer struct {
		Parameter []struct {
			Name, ValueString, ValueURL string
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return p, err
	}
	p = pass{until: time.Now().Add(lifetime / 2)}
	for _, one := range answer.Parameter {
		switch one.Name {
		case "token":
			p.token = one.ValueString
		case "websocket-url":
			p.url = one.ValueURL
		}
	}
	if p.token == "" || p.url == "" {
		return p, fmt.Errorf("the answer is incomplete: %s", text)
	}
	v.passes[l.id] = p
	return p, nil
}
