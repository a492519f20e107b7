package socket_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/socket"
)

// readFrame reads a frame of the server, which masks none.
func readFrame(r io.Reader) (first byte, payload string, err error) {
	var head [2]byte
	if err = binary.Read(r, binary.BigEndian, &head); err != nil {
		return 0, "", err
	}
	size := uint64(head[1])
	switch size {
	case 126:
		var short uint16
		err = binary.Read(r, binary.BigEndian, &short)
		size = uint64(short)
	case 127:
		err = binary.Read(r, binary.BigEndian, &size)
	}
	text := make([]byte, min(size, 1<<20)) // none here is larger
	if err == nil {
		_, err = io.ReadFull(r, text)
	}
	return head[0], string(text), err
}

// Pongs are the websocket library's and frames are the outlet's: a client that pings
// all the time gets both whole and in their order, also where frames are so large
// that they are written in pieces.
func TestPongsAmongFrames(t *testing.T) {
	f := newFixture(t, func(c *socket.Config) { c.MaxQueue = 64 << 20 })
	conn := f.rawDial()
	conn.Write(frame(1, []byte("bind-with-token "+f.token(time.Hour, "a"))))
	f.until("attached", func() bool { return f.world.attached() == 1 })
	const pings, events = 500, 150
	padding := func(n int) string { return strings.Repeat(" ", n*n*31%400_000) }
	asked, made := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(asked)
		for n := range pings {
			conn.Write(frame(9, fmt.Append(nil, n)))
		}
	}()
	go func() {
		defer close(made)
		for n := range events {
			f.world.notify("a", padding(n))
		}
	}()
	r := bufio.NewReader(conn)
	for pongs, told := 0, -1; pongs < pings || told < events; {
		first, got, err := readFrame(r)
		want := fmt.Sprint(pongs)
		switch {
		case first == 0x8A:
			pongs++
		case told < 0:
			want, told = "handshake a 0", 0
		default:
			want = fmt.Sprintf("event a %d%s", told+1, padding(told))
			told++
		}
		if err != nil || first != 0x8A && first != 0x81 || got != want {
			t.Fatalf("after %d pongs and %d events: %x %.20q, %v", pongs, told, first, got, err)
		}
	}
	<-asked
	<-made
}
