package wire_test

import (
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/wire"
)

// tried is frames as Try wants them.
func tried(payloads ...string) []byte {
	var b []byte
	for _, p := range payloads {
		b = append(wire.AppendHead(b, len(p)), p...)
	}
	return b
}

func TestAppendHead(t *testing.T) {
	for _, size := range []int{0, 125, 126, 65535, 65536} {
		payload := strings.Repeat("x", size)
		if got, want := tried(payload), text(payload); string(got) != string(want) {
			t.Errorf("%d: %x, want %x", size, brief(got), brief(want))
		}
	}
}

func TestTryWritesAtOnce(t *testing.T) {
	c, client := pair(t)
	a := wire.NewAttempt()
	frames := tried("one", strings.Repeat("x", 2000), "three")
	if finish, err := c.Try(frames, a); finish != nil || err != nil {
		t.Fatalf("something was left, or %v", err)
	}
	expect(t, client, frames)
}

// A client that does not read leaves something to finish. A control frame of the
// library waits for it, however long that takes, and falls into no frame.
func TestTryLeavesTheRest(t *testing.T) {
	c, client := pair(t)
	huge := tried(strings.Repeat("x", 32<<20))
	finish, err := c.Try(huge, wire.NewAttempt())
	if finish == nil || err != nil {
		t.Fatalf("32 MiB went out at once, or %v", err)
	}
	control := going(func() { writeAll(t, c, frame(0x8A, "pong")) })
	rest := going(func() {
		if err := finish(); err != nil {
			t.Error(err)
		}
	})
	expect(t, client, huge)
	expect(t, client, frame(0x8A, "pong"))
	await(t, "the rest", rest)
	await(t, "the control frame", control)
}

// A deadline may pass within a frame. Nothing follows what was written of it, also
// where the deadline is moved then.
func TestNothingFollowsHalfAFrame(t *testing.T) {
	huge := tried(strings.Repeat("x", 32<<20))
	for name, write := range map[string]func(c *wire.Conn) error{
		"WriteText": func(c *wire.Conn) error { return c.WriteText(huge) },
		"Try": func(c *wire.Conn) error {
			finish, err := c.Try(huge, wire.NewAttempt())
			if finish == nil || err != nil {
				t.Fatalf("32 MiB went out at once, or %v", err)
			}
			return finish()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, client := pair(t)
			written := going(func() {
				if err := write(c); err == nil {
					t.Error("there was room for 32 MiB")
				}
			})
			expect(t, client, huge[:10]) // it has begun
			c.SetWriteDeadline(time.Now())
			await(t, "the deadline", written)
			c.SetWriteDeadline(time.Time{})
			if _, err := c.Write(frame(0x8A, "pong")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("a control frame is met by %v", err)
			}
		})
	}
}

// A control frame may wait for a client that pings and does not read. Try does not
// wait with it: whoever tries has other sockets to serve.
func TestTryWaitsForNoControlFrame(t *testing.T) {
	c, client := pair(t)
	pongs := strings.Repeat(string(frame(0x8A, "pong")), 4<<20)
	answering := going(func() { writeAll(t, c, []byte(pongs)) })
	expect(t, client, []byte(pongs[:6])) // it has begun
	var finish func() error
	await(t, "the end of Try", going(func() {
		var err error
		if finish, err = c.Try(tried("one"), wire.NewAttempt()); finish == nil || err != nil {
			t.Errorf("it went past the pongs, or %v", err)
		}
	}))
	rest := going(func() {
		if err := finish(); err != nil {
			t.Error(err)
		}
	})
	expect(t, client, join([]byte(pongs[6:]), text("one")))
	await(t, "the pongs", answering)
	await(t, "the rest", rest)
}

// Control frames go between text frames that were handed over together: a slow client
// that pings is answered before it has read all of them.
func TestControlFramesNeedNotWaitForAll(t *testing.T) {
	many := tried(slices.Repeat([]string{strings.Repeat("x", 60_000)}, 500)...)
	for name, write := range map[string]func(c *wire.Conn) error{
		"WriteText": func(c *wire.Conn) error { return c.WriteText(many) },
		"Try": func(c *wire.Conn) error {
			finish, err := c.Try(many, wire.NewAttempt())
			if finish == nil || err != nil {
				t.Fatalf("30 MB went out at once, or %v", err)
			}
			return finish()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, client := pair(t)
			written := going(func() {
				if err := write(c); err != nil {
					t.Error(err)
				}
			})
			expect(t, client, many[:4]) // it has begun
			answered := going(func() { writeAll(t, c, frame(0x8A, "pong")) })
			for !strings.Contains(stacks(), "wire.(*Conn).Write(") {
				runtime.Gosched()
			}
			got := make([]byte, len(many)+2)
			if _, err := io.ReadFull(client, got); err != nil {
				t.Fatal(err)
			}
			await(t, "the pong", answered)
			await(t, "the frames", written)
			one := len(many) / 500
			for at := one - 4; at < len(got)-one; at += one {
				if got[at] == 0x8A {
					return
				}
			}
			t.Error("the pong came last")
		})
	}
}

// stacks returns the stacks of all goroutines.
func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

// What a fault is armed for, and a connection that is no socket of the system's,
// are left to finish altogether.
func TestTryLeavesEverything(t *testing.T) {
	c, client := pair(t)
	c.Arm(wire.Binary())
	finish, err := c.Try(tried("one"), wire.NewAttempt())
	if finish == nil || err != nil {
		t.Fatalf("an effect was passed over, or %v", err)
	}
	if err := finish(); err != nil {
		t.Error(err)
	}
	expect(t, client, frame(0x82, "one"))

	out := &recorder{}
	c = wire.New(out)
	if finish, err = c.Try(tried("one", "two"), wire.NewAttempt()); finish == nil || err != nil || len(out.writes) > 0 {
		t.Fatalf("%d writes, %v", len(out.writes), err)
	}
	if err := finish(); err != nil || string(out.bytes()) != string(tried("one", "two")) {
		t.Errorf("%x, %v", out.bytes(), err)
	}
}

// A closing handshake may begin at the client's wish while frames wait: RFC 6455
// allows none after a close frame (section 5.5.1).
func TestNoTextAfterAClose(t *testing.T) {
	c, client := pair(t)
	bye := frame(0x88, "\x03\xe8")
	writeAll(t, c, bye)
	if finish, err := c.Try(tried("late"), wire.NewAttempt()); finish != nil || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Try: %v", err)
	}
	if err := c.WriteText(tried("late")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("WriteText: %v", err)
	}
	c.Close()
	expect(t, client, bye)
	expectEnd(t, client)
}

func TestTryTellsOfALostConnection(t *testing.T) {
	c, client := pair(t)
	client.Close()
	a := wire.NewAttempt()
	for range 1000 { // the first ones go into the void
		finish, err := c.Try(tried(strings.Repeat("x", 10_000)), a)
		if finish != nil {
			err = finish()
		}
		if err != nil {
			return
		}
	}
	t.Error("10 MB were written to nobody")
}

func TestTryAllocatesNothing(t *testing.T) {
	c, client := pair(t)
	drained := going(func() { io.Copy(io.Discard, client) })
	a, frames := wire.NewAttempt(), tried("one")
	if n := testing.AllocsPerRun(100, func() { c.Try(frames, a) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	c.Close()
	await(t, "the client", drained)
}
