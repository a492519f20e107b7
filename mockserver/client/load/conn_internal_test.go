package load

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// serverFrame writes a frame as a server does.
func serverFrame(first byte, text string) string {
	head := []byte{first}
	switch n := len(text); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = append(head, 126, byte(n>>8), byte(n))
	default:
		head = append(head, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return string(head) + text
}

// TestMessages reads what comes in pieces of every size.
func TestMessages(t *testing.T) {
	long, longer := strings.Repeat("long ", 1000), strings.Repeat("longer ", 20_000)
	stream := serverFrame(finBit|opText, "one") +
		serverFrame(opText, "in ") + serverFrame(finBit|opPing, "hi") + serverFrame(opContinuation, "three ") + serverFrame(finBit|opContinuation, "parts") +
		serverFrame(finBit|opPong, "") + serverFrame(finBit|opText, "") +
		serverFrame(finBit|opText, long) + serverFrame(finBit|opText, longer) + serverFrame(finBit|opBinary, "bits") +
		serverFrame(finBit|opClose, "\x03\xf0too slow")
	want := []string{"one", "in three parts", "", long, longer, "bits"}
	for _, piece := range []int{1, 2, 7, 1000, len(stream)} {
		server, client := net.Pipe()
		go func() {
			for rest := stream; rest != ""; {
				n := min(piece, len(rest))
				server.Write([]byte(rest[:n]))
				rest = rest[n:]
			}
		}()
		answers := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, server)
			answers <- n
		}()
		c := &conn{Conn: client}
		for _, w := range want {
			op, text, err := c.next()
			if err != nil || string(text) != w || (op == opBinary) != (w == "bits") {
				t.Fatalf("in pieces of %d: got %d %.20q, %v, want %.20q", piece, op, text, err, w)
			}
		}
		var closed *closeError
		if _, _, err := c.next(); !errors.As(err, &closed) || closed.code != 1008 || closed.reason != "too slow" {
			t.Errorf("in pieces of %d: the end is %v", piece, err)
		}
		client.Close()
		if n := <-answers; n != (2+4+2)*2 { // a pong and a close frame
			t.Errorf("%d bytes were answered", n)
		}
		server.Close()
	}
}

func TestFramesThatBreakTheProtocol(t *testing.T) {
	for name, stream := range map[string]string{
		"compressed":            serverFrame(finBit|0x40|opText, "x"),
		"masked":                "\x81\x81....x",
		"too long":              "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
		"a part of nothing":     serverFrame(finBit|opContinuation, "x"),
		"a text within another": serverFrame(opText, "x") + serverFrame(finBit|opText, "x"),
		"an unknown opcode":     serverFrame(finBit|0x3, "x"),
	} {
		server, client := net.Pipe()
		go server.Write([]byte(stream))
		if _, text, err := (&conn{Conn: client}).next(); err != errProtocol {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
		client.Close()
		server.Close()
	}
}

func TestEndInTheMiddle(t *testing.T) {
	server, client := net.Pipe()
	go func() {
		server.Write([]byte("\x81\x05ab"))
		server.Close()
	}()
	if _, _, err := (&conn{Conn: client}).next(); err != io.ErrUnexpectedEOF {
		t.Errorf("the error is %v", err)
	}
	client.Close()
}
