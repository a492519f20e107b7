package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/wire"
)

const (
	ping = "\x89\x00"
	pong = "\x8A\x02hi"
)

// What a plain TCP client reads when a text frame is written between others.
func TestEffectsOnTheWire(t *testing.T) {
	long := strings.Repeat("ab", 40_000)
	for _, test := range []struct {
		name   string
		effect wire.Effect
		frame  []byte
		want   string
	}{
		{"nothing", wire.Effect{}, text("one"), "\x81\x03one"},
		{"binary", wire.Binary(), text("one"), "\x82\x03one"},
		{"binary, empty", wire.Binary(), text(""), "\x82\x00"},
		{"binary, first fragment", wire.Binary(), frame(0x01, "one"), "\x02\x03one"},
		{"binary, long", wire.Binary(), text(long), "\x82\x7F\x00\x00\x00\x00\x00\x01\x38\x80" + long},
		{"split", wire.Split(), text("abcdef"), "\x01\x02ab" + ping + "\x00\x02cd" + "\x80\x02ef"},
		{"split, empty", wire.Split(), text(""), "\x01\x00" + ping + "\x00\x00" + "\x80\x00"},
		{"split, one byte", wire.Split(), text("a"), "\x01\x00" + ping + "\x00\x00" + "\x80\x01a"},
		{"split within characters", wire.Split(), text("é....é"), "\x01\x01\xC3" + ping + "\x00\x06\xA9....\xC3" + "\x80\x01\xA9"},
		{"split within one character", wire.Split(), text("abcdefg€hi"), "\x01\x04abcd" + ping + "\x00\x04efg\xE2" + "\x80\x04\x82\xAChi"},
		{"split, not the last of its message", wire.Split(), frame(0x01, "abc"), "\x01\x01a" + ping + "\x00\x01b" + "\x00\x01c"},
		{"oversized", wire.Oversized(70_000), text("one"),
			"\x81\x7F\x00\x00\x00\x00\x00\x01\x11\x70" + strings.Repeat(" ", 70_000) + "\x81\x03one"},
		{"oversized, just", wire.Oversized(65_536), text("one"),
			"\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat(" ", 65_536) + "\x81\x03one"},
		{"oversized, hardly", wire.Oversized(-1), text("one"), "\x81\x00\x81\x03one"},
		{"slow without pauses", wire.Slow(nil, 0), text(long), "\x81\x7F\x00\x00\x00\x00\x00\x01\x38\x80" + long},
		{"no delay", wire.Delay(nil, 0), text("one"), "\x81\x03one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, client := pair(t)
			written := going(func() {
				writeAll(t, c, text("before"))
				c.Arm(test.effect)
				writeAll(t, c, join([]byte(pong), test.frame, text("after"), []byte(ping)))
				c.Close()
			})
			expect(t, client, join(text("before"), []byte(pong), []byte(test.want), text("after"), []byte(ping)))
			expectEnd(t, client)
			await(t, "the end of Write", written)
		})
	}
}

// What ends the socket: nothing that is written afterwards arrives.
func TestRawCloseOnTheWire(t *testing.T) {
	for _, test := range []struct {
		name   string
		code   uint16
		reason string
		want   string
	}{
		{"no status", 1005, "", "\x88\x02\x03\xED"},
		{"abnormal", 1006, "odd", "\x88\x05\x03\xEEodd"},
		{"TLS", 1015, "", "\x88\x02\x03\xF7"},
		{"below all", 999, "x", "\x88\x03\x03\xE7x"},
		{"ordinary", 1011, "internal", "\x88\x0A\x03\xF3internal"},
		{"without a body", 0, "is not sent", "\x88\x00"},
		{"long", 1000, strings.Repeat("é", 100), "\x88\x7C\x03\xE8" + strings.Repeat("é", 61)},
		{"longest", 1000, strings.Repeat("x", 123), "\x88\x7D\x03\xE8" + strings.Repeat("x", 123)},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, client := pair(t)
			c.Arm(wire.RawClose(test.code, test.reason))
			writeAll(t, c, text("before")[:3], text("before")[3:], text("after"), []byte("\x88\x02\x03\xE8"))
			expect(t, client, []byte(test.want))

			writeAll(t, client, []byte("\x88\x80mask")) // the answer is read
			expect(t, c, []byte("\x88\x80mask"))
			c.Close()
			expectEnd(t, client)
			if _, err := c.Write(text("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Write after Close: %v", err)
			}
		})
	}
}

func TestDropOnTheWire(t *testing.T) {
	c, client := pair(t)
	c.Arm(wire.Drop())
	n, err := c.Write(join([]byte(pong), text("one"), text("after")))
	if n != len(pong) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write = %d, %v; want %d, %v", n, err, len(pong), net.ErrClosed)
	}
	expect(t, client, []byte(pong))
	expectEnd(t, client)
	if _, err := c.Write(text("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write after Drop: %v", err)
	}
}

func TestStallOnTheWire(t *testing.T) {
	c, client := pair(t)
	c.Arm(wire.Stall())
	writeAll(t, c, join([]byte(pong), text("one")), text("after"), []byte("\x88\x00"))
	writeAll(t, client, []byte("nobody reads this"))
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, err := c.Read(make([]byte, 9)); n != 0 || err == nil {
		t.Errorf("Read = %d, %v", n, err)
	}
	expect(t, client, []byte(pong))
	client.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := client.Read(make([]byte, 1)); n != 0 || !isTimeout(err) {
		t.Errorf("the client read %d bytes, %v; want an open connection in silence", n, err)
	}
}

// The pieces of a slow frame, one after each step of the clock.
func TestSlowOnTheWire(t *testing.T) {
	for _, test := range []struct {
		name   string
		frame  []byte
		pieces []int // their sizes
	}{
		{"empty", text(""), []int{1, 1}},
		{"small", text("0123456789"), []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"16 bytes", text("0123456789abcd"), []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{"17 bytes", text("0123456789abcde"), []int{1, 2, 2, 2, 2, 2, 2, 2, 2}},
		{"large", text(strings.Repeat("x", 1_500_000)), []int{1, 100001, 100001, 100001, 100001, 100001, 100001,
			100001, 100001, 100001, 100001, 100001, 100001, 100001, 100001, 99995}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, client := pair(t)
			clk := newClock()
			c.Arm(wire.Slow(clk, time.Second))
			half := len(test.frame) / 2
			written := going(func() {
				writeAll(t, c, test.frame[:half], join(test.frame[half:], text("after")))
			})
			rest := test.frame
			for i, size := range test.pieces {
				if i > 0 {
					if d := await(t, "a pause", clk.asked); d != time.Second {
						t.Errorf("a pause of %v", d)
					}
					clk.Advance(time.Second)
				}
				expect(t, client, rest[:size])
				rest = rest[size:]
			}
			expect(t, client, text("after"))
			await(t, "the end of Write", written)
			if len(rest) > 0 || len(clk.asked) > 0 {
				t.Errorf("%d bytes and %d pauses are left", len(rest), len(clk.asked))
			}
		})
	}
}

// That a piece does not come before its time shows at a recorder: what it holds
// while a pause was asked for, and is not over, is all that was written.
func TestSlowWaits(t *testing.T) {
	out := &recorder{}
	c, clk := wire.New(out), newClock()
	c.Arm(wire.Slow(clk, time.Minute))
	written := going(func() { writeAll(t, c, text("hello")) })
	for n := 1; n < 7; n++ {
		await(t, "a pause", clk.asked)
		if got := len(out.bytes()); got != n {
			t.Fatalf("%d bytes were written, want %d", got, n)
		}
		clk.Advance(time.Minute - 1)
		clk.Advance(1)
	}
	await(t, "the end of Write", written)
	if !bytes.Equal(out.bytes(), text("hello")) {
		t.Errorf("wrote %x", out.bytes())
	}
}

// A clock that leaps over all pauses at once leaves nothing waiting, and so does
// one that was beyond them before.
func TestSlowLeaps(t *testing.T) {
	for name, effect := range map[string]func(clk *watched) wire.Effect{
		"at once": func(clk *watched) wire.Effect { return wire.Slow(clk, time.Second) },
		"before":  func(clk *watched) wire.Effect { return wire.SlowSince(clk, clk.Now().Add(-time.Minute), time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			c, client := pair(t)
			clk := newClock()
			c.Arm(effect(clk))
			written := going(func() { writeAll(t, c, text("0123456789")) })
			if name == "at once" {
				await(t, "the pause", clk.asked)
				clk.Advance(time.Minute)
			}
			expect(t, client, text("0123456789"))
			await(t, "the end of Write", written)
			if name == "before" && len(clk.asked) > 0 {
				t.Errorf("%d pauses", len(clk.asked))
			}
		})
	}
}

func TestDelayOnTheWire(t *testing.T) {
	c, client := pair(t)
	clk := newClock()
	c.Arm(wire.Delay(clk, time.Hour))
	written := going(func() { writeAll(t, c, join([]byte(pong), text("one"), text("after")), []byte(ping)) })
	expect(t, client, []byte(pong)) // what came before the frame is not held
	if d := await(t, "a delay", clk.asked); d != time.Hour {
		t.Errorf("a delay of %v", d)
	}
	clk.Advance(time.Hour - 1)
	client.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := client.Read(make([]byte, 1)); n != 0 || !isTimeout(err) {
		t.Errorf("the client read %d bytes too early, %v", n, err)
	}
	client.SetReadDeadline(time.Now().Add(patience))
	clk.Advance(1)
	expect(t, client, join(text("one"), text("after"), []byte(ping)))
	await(t, "the end of Write", written)
}

// An effect strikes once, the last one armed counts, and the zero Effect disarms.
func TestArm(t *testing.T) {
	out := &recorder{}
	c := wire.New(out)
	e := wire.Binary()
	c.Arm(wire.Drop())
	c.Arm(e)
	writeAll(t, c, text("1"), text("2"))
	c.Arm(e)
	c.Arm(wire.Effect{})
	writeAll(t, c, text("3"))
	c.Arm(e)
	writeAll(t, c, frame(0x82, "binary"), frame(0x00, "rest"), frame(0x89, "p"), frame(0x88, ""), text("4"))
	want := join(frame(0x82, "1"), text("2"), text("3"),
		frame(0x82, "binary"), frame(0x00, "rest"), frame(0x89, "p"), frame(0x88, ""), frame(0x82, "4"))
	if !bytes.Equal(out.bytes(), want) {
		t.Errorf("wrote %x, want %x", out.bytes(), want)
	}
}

// A frame that has begun when an effect is armed stays as it is.
func TestArmedWithinAFrame(t *testing.T) {
	one, two := text(strings.Repeat("x", 200)), text("two")
	for cut := 1; cut < len(one); cut++ {
		out := &recorder{}
		c := wire.New(out)
		writeAll(t, c, one[:cut])
		c.Arm(wire.Binary())
		writeAll(t, c, join(one[cut:], two))
		if want := join(one, frame(0x82, "two")); !bytes.Equal(out.bytes(), want) {
			t.Fatalf("cut at %d: wrote %x, want %x", cut, out.bytes(), want)
		}
	}
}

func TestSplitLeavesHugeFrames(t *testing.T) {
	out := &recorder{}
	c := wire.New(out)
	c.Arm(wire.Split())
	head := []byte("\x81\x7F\x00\x00\x00\x00\x02\x00\x00\x01") // 32 MiB and a byte
	writeAll(t, c, head, []byte("the beginning"))
	if want := join(head, []byte("the beginning")); !bytes.Equal(out.bytes(), want) {
		t.Errorf("wrote %x, want %x", out.bytes(), want)
	}
}

// An oversized frame is never in memory as a whole.
func TestOversizedIsWrittenInPieces(t *testing.T) {
	server, client := tcp(t)
	discarded := going(func() { io.Copy(io.Discard, client) })
	c := wire.New(server)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Arm(wire.Oversized(1 << 20))
			c.Write(text("x"))
		}
	}).AllocedBytesPerOp()
	if allocated > 4096 {
		t.Errorf("a frame of 1 MiB took %d bytes", allocated)
	}
	c.Close()
	await(t, "the end of the stream", discarded)
}

func TestPongs(t *testing.T) {
	out := &recorder{}
	c := wire.New(out)
	asked := 0
	answers := []bool{false, true}
	c.OnPing(func() bool { asked++; return answers[asked-1] })
	p := []byte(pong)
	writeAll(t, c, p, join(text("1"), p[:1]), join(p[1:], text("2")), p, []byte(ping), text("3"), p[:3], p[3:])
	want := join(p, text("1"), text("2"), []byte(ping), text("3"))
	if !bytes.Equal(out.bytes(), want) || asked != 2 {
		t.Errorf("asked %d times, wrote %x, want %x", asked, out.bytes(), want)
	}

	out = &recorder{}
	c = wire.New(out)
	c.OnPing(func() bool { t.Error("a hook was called that is gone"); return true })
	c.OnPing(nil)
	writeAll(t, c, p)
	c.DropPongs()
	writeAll(t, c, p, text("1"), p)
	if want := join(p, text("1")); !bytes.Equal(out.bytes(), want) {
		t.Errorf("wrote %x, want %x", out.bytes(), want)
	}
}
