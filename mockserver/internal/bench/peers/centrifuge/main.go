// Command centrifuge broadcasts with the centrifuge library: one channel, to which the
// server subscribes every connection.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/centrifugal/centrifuge"

	"github.com/wsbind/wsbind/mockserver/internal/bench/peers/fan"
)

const channel = "event"

func main() {
	delay := flag.Duration("write-delay", 0, "centrifuge.ConnectReply.WriteDelay")
	f := fan.Parse()
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return reply(*delay), nil
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	payload := fan.Payload(f.Size)
	fan.Serve(func(l net.Listener) error {
		return http.Serve(l, centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
			// Buffers of writes are shared, as the documentation of Centrifugo has it for
			// many connections. Compression is off by default, and fastest so.
			UseWriteBufferPool: true,
			// The client under test sends no Origin.
			CheckOrigin: func(*http.Request) bool { return true },
		}))
	}, func() {
		if _, err := node.Publish(channel, payload); err != nil {
			log.Fatal(err)
		}
	})
}

// reply lets everybody in. WriteDelay and MaxMessagesInFrame are the documented way to
// have fewer system calls where there are many messages; both ways are measured.
func reply(delay time.Duration) centrifuge.ConnectReply {
	return centrifuge.ConnectReply{
		Credentials:   &centrifuge.Credentials{},
		Subscriptions: map[string]centrifuge.SubscribeOptions{channel: {}},
		WriteDelay:    delay, WriteWithTimer: delay > 0, MaxMessagesInFrame: -1,
		PingPongConfig: &centrifuge.PingPongConfig{PingInterval: -1, PongTimeout: -1},
	}
}
