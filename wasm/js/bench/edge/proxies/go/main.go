// Command go is a plain websocket proxy, which the benchmark of wsbind gate is
// measured by: go run ./wasm/js/bench/edge/proxies/go ADDRESS TO
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/coder/websocket"
)

func main() {
	address, to := os.Args[1], os.Args[2]
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		near, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer near.CloseNow()
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		far, _, err := websocket.Dial(ctx, to, nil)
		if err != nil {
			return
		}
		defer far.CloseNow()
		go func() {
			defer cancel()
			pipe(ctx, near, far)
		}()
		pipe(ctx, far, near)
	})))
}

// pipe sends what comes from one to the other, until one ends.
func pipe(ctx context.Context, from, to *websocket.Conn) {
	from.SetReadLimit(-1)
	for {
		kind, message, err := from.Read(ctx)
		if err != nil || to.Write(ctx, kind, message) != nil {
			return
		}
	}
}
