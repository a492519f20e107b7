// Command bare broadcasts constant bytes with coder/websocket and nothing else; with
// --way echo it sends back what it receives.
package main

import (
	"context"
	"log"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/mockserver/internal/bench/peers/fan"
)

func main() {
	f := fan.Parse()
	if f.Way == "echo" {
		fan.Serve(func(l net.Listener) error { return http.Serve(l, http.HandlerFunc(echo)) }, func() {})
	}
	out, err := fan.New(f.Way)
	if err != nil {
		log.Fatal(err)
	}
	payload := fan.Payload(f.Size)
	fan.Serve(func(l net.Listener) error {
		return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c := accept(w, r); c != nil {
				// The documented way for a connection that is only written to.
				c.CloseRead(context.Background())
				// A context that cannot end spares Write its watch over it.
				out.Add(func() error { return c.Write(context.Background(), websocket.MessageText, payload) })
				c.Write(context.Background(), websocket.MessageText, []byte(fan.Ready))
			}
		}))
	}, out.Publish)
}

// accept leaves compression off, as it is by default and as it is fastest.
func accept(w http.ResponseWriter, r *http.Request) *websocket.Conn {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		log.Print(err)
		return nil
	}
	return c
}

func echo(w http.ResponseWriter, r *http.Request) {
	c := accept(w, r)
	if c == nil {
		return
	}
	defer c.CloseNow()
	c.Write(context.Background(), websocket.MessageText, []byte(fan.Ready))
	for {
		kind, message, err := c.Read(context.Background())
		if err != nil {
			return
		}
		if err := c.Write(context.Background(), kind, message); err != nil {
			return
		}
	}
}
