// Command tcp is the least that a server can do: it makes the opening handshake by
// hand, and writes a frame that was built once to each TCP connection.
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/wsbind/wsbind/mockserver/internal/bench/peers/fan"
)

func main() {
	f := fan.Parse()
	out, err := fan.New(f.Way)
	if err != nil {
		log.Fatal(err)
	}
	frame := append([]byte{0x81, 126, byte(f.Size >> 8), byte(f.Size)}, fan.Payload(f.Size)...)
	fan.Serve(func(l net.Listener) error {
		for {
			conn, err := l.Accept()
			if err != nil {
				return err
			}
			go func() {
				if err := upgrade(conn); err != nil {
					log.Print(err)
					return
				}
				out.Add(func() error {
					_, err := conn.Write(frame)
					return err
				})
				fmt.Fprintf(conn, "\x81%c%s", len(fan.Ready), fan.Ready)
			}()
		}
	}, out.Publish)
}

// upgrade answers the opening handshake, RFC 6455, 4.2.2.
func upgrade(conn net.Conn) error {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	return err
}
