package wire_test

import (
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/wire"
)

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() && errors.Is(err, os.ErrDeadlineExceeded)
}

// reading starts a Read and returns where its error shows.
func reading(c *wire.Conn, p []byte) <-chan error {
	done := make(chan error, 1)
	go func() { _, err := c.Read(p); done <- err }()
	return done
}

func writing(c *wire.Conn, p []byte) <-chan error {
	done := make(chan error, 1)
	go func() { _, err := c.Write(p); done <- err }()
	return done
}

// A stalled Read ends by its deadline, however often that is moved, and by Close;
// one that was under way when the stall began waits, too.
func TestStalledRead(t *testing.T) {
	c, client := pair(t)
	early := reading(c, make([]byte, 100))
	c.Arm(wire.Stall())
	writeAll(t, c, text("one"))
	late := reading(c, make([]byte, 100))
	writeAll(t, client, []byte("unread"))
	c.SetReadDeadline(time.Now().Add(time.Hour))
	c.SetReadDeadline(time.Time{})
	select {
	case err := <-early:
		t.Fatalf("a stalled Read returned %v", err)
	case err := <-late:
		t.Fatalf("a stalled Read returned %v", err)
	default:
	}
	c.SetDeadline(time.Now().Add(-time.Second))
	for _, read := range []<-chan error{early, late} {
		if err := await(t, "the deadline", read); !isTimeout(err) {
			t.Errorf("a stalled Read returned %v", err)
		}
	}
	if _, err := c.Write(text("x")); !isTimeout(err) {
		t.Errorf("a swallowed Write after its deadline: %v", err)
	}

	c.SetDeadline(time.Time{})
	again := reading(c, make([]byte, 100))
	c.Close()
	if err := await(t, "the end of Read", again); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a stalled Read ended with %v", err)
	}
	if err := c.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("SetDeadline after Close: %v", err)
	}
}

// Close, and a write deadline set before or meanwhile, end a held Write at once.
func TestHeldWriteEnds(t *testing.T) {
	for name, effect := range map[string]func(*watched) wire.Effect{
		"delay": func(clk *watched) wire.Effect { return wire.Delay(clk, time.Hour) },
		"slow":  func(clk *watched) wire.Effect { return wire.Slow(clk, time.Hour) },
	} {
		for how, end := range map[string]func(*wire.Conn) error{
			"close":    func(c *wire.Conn) error { return c.Close() },
			"deadline": func(c *wire.Conn) error { return c.SetWriteDeadline(time.Now().Add(time.Millisecond)) },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				c, client := pair(t)
				clk := newClock()
				c.Arm(effect(clk))
				written := writing(c, text("one"))
				await(t, "the pause", clk.asked)
				read := reading(c, make([]byte, 100))
				writeAll(t, client, []byte("x"))
				if err := end(c); err != nil {
					t.Fatal(err)
				}
				err := await(t, "the end of Write", written)
				if !errors.Is(err, net.ErrClosed) && !isTimeout(err) {
					t.Errorf("Write ended with %v", err)
				}
				await(t, "the end of Read", read)
			})
		}
	}
}

// What the client sends while a frame is held is handed over afterwards.
func TestHeldWriteHoldsReads(t *testing.T) {
	for name, effect := range map[string]func(*watched) wire.Effect{
		"delay": func(clk *watched) wire.Effect { return wire.Delay(clk, time.Hour) },
		"slow":  func(clk *watched) wire.Effect { return wire.Slow(clk, time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			c, client := pair(t)
			clk := newClock()
			c.Arm(effect(clk))
			written := writing(c, text(""))
			await(t, "the pause", clk.asked)
			got := make([]byte, 4)
			read := reading(c, got)
			writeAll(t, client, []byte("ping"))
			clk.Advance(time.Hour - 1)
			select {
			case <-read:
				t.Fatal("Read returned while a frame was held")
			default:
			}
			clk.Advance(1)
			if err := await(t, "the end of Read", read); err != nil || string(got) != "ping" {
				t.Errorf("Read %q, %v", got, err)
			}
			if err := await(t, "the end of Write", written); err != nil {
				t.Error(err)
			}
			expect(t, client, text(""))
		})
	}
}

// A client that leaves is noticed also while a frame is held.
func TestHeldReadNoticesTheEnd(t *testing.T) {
	c, client := pair(t)
	clk := newClock()
	c.Arm(wire.Delay(clk, time.Hour))
	written := writing(c, text("one"))
	await(t, "the pause", clk.asked)
	client.Close()
	if err := await(t, "the end of Read", reading(c, make([]byte, 9))); err == nil {
		t.Error("Read returned no error")
	}
	c.Close()
	await(t, "the end of Write", written)
}

// TestConcurrentUse has something to find only under -race, beyond an end.
func TestConcurrentUse(t *testing.T) {
	c, client := pair(t)
	clk := newClock()
	var wait sync.WaitGroup
	wait.Go(func() {
		for range 1000 {
			if _, err := c.Write(join(text("one"), []byte(pong))); err != nil {
				return
			}
		}
		c.Close()
	})
	wait.Go(func() { drain(c) })
	wait.Go(func() { drain(client) })
	wait.Go(func() {
		for range 300 {
			for _, e := range []wire.Effect{wire.Binary(), wire.Split(), wire.Delay(clk, time.Second), wire.Slow(clk, 1)} {
				c.Arm(e)
				c.SetDeadline(time.Now().Add(patience))
				c.OnPing(func() bool { return false })
			}
		}
		c.Arm(wire.Stall())
		c.DropPongs()
	})
	ended := going(wait.Wait)
	for over := false; !over; {
		select {
		case <-clk.asked:
			clk.Advance(time.Second)
		case <-ended:
			over = true
		case <-time.After(patience):
			t.Fatal("a goroutine hangs")
		}
	}
}

func drain(c net.Conn) {
	p := make([]byte, 512)
	for {
		if _, err := c.Read(p); err != nil {
			return
		}
	}
}
