package wire_test

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/wire"
)

// chop writes data in pieces whose sizes cuts says, over and over.
func chop(t testing.TB, c *wire.Conn, data, cuts []byte) {
	for i := 0; len(data) > 0; i++ {
		n := len(data)
		if len(cuts) > 0 {
			n = min(n, int(cuts[i%len(cuts)])+1)
		}
		writeAll(t, c, data[:n])
		data = data[n:]
	}
}

// sample is frames of every kind and form of length, a text frame last.
var sample = join(
	frame(0x8A, ""), frame(0x89, "ping"), frame(0x82, strings.Repeat("b", 130)), frame(0x02, "b"), frame(0x8A, "pong"),
	[]byte("\x80\x7F\x00\x00\x00\x00\x00\x00\x00\x05large"), []byte("\x89\x84maskdata"), frame(0x88, "\x03\xE8"))

// With nothing armed the bytes that go out are those that came in, frames or
// not. With an effect armed only the next text frame changes, wherever the
// writes are cut and whatever comes before it and after it.
func FuzzWritesMayBeCutAnywhere(f *testing.F) {
	f.Add([]byte("\x81\x03one\x8A\x00"), []byte{0}, []byte("\x89\x02hi"), "text", uint8(0))
	f.Add(sample, []byte{1, 6, 2}, sample, "gr\u00fcn", uint8(1))
	f.Add([]byte("\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), []byte{}, []byte("\x8A\xFE\x00\x00"), "", uint8(2))
	f.Add([]byte("HTTP/1.1 101"), []byte{200}, []byte{}, strings.Repeat("x", 300), uint8(3))
	f.Fuzz(func(t *testing.T, data, cuts, others []byte, payload string, kind uint8) {
		out := &recorder{}
		chop(t, wire.New(out), data, cuts)
		if !bytes.Equal(out.bytes(), data) {
			t.Fatalf("wrote %x of %x", out.bytes(), data)
		}

		others = controls(others)
		effect, want := expected(kind, payload)
		out = &recorder{}
		c := wire.New(out)
		chop(t, c, text("ahead"), cuts)
		c.Arm(effect)
		chop(t, c, join(others, text(payload), others, text(payload)), cuts)
		want = join(text("ahead"), others, want, others, text(payload))
		if !bytes.Equal(out.bytes(), want) {
			t.Fatalf("wrote %x, want %x", out.bytes(), want)
		}
	})
}

// expected returns an effect and what it makes of a text frame.
func expected(kind uint8, payload string) (wire.Effect, []byte) {
	switch kind % 4 {
	case 0:
		return wire.Binary(), frame(0x82, payload)
	case 1:
		return wire.Oversized(3), join(text("   "), text(payload))
	case 2:
		return wire.Slow(nil, 0), text(payload)
	default:
		a, b, c := thirds(payload)
		return wire.Split(), join(frame(0x01, a), []byte(ping), frame(0x00, b), frame(0x80, c))
	}
}

// thirds says again, in other words, where Split cuts.
func thirds(s string) (a, b, c string) {
	cut := func(from, near, to int) int {
		best := -1
		for i := from; i < to; i++ {
			if s[i]>>6 == 2 && (best < near || best == -1) {
				best = i
			}
		}
		if best == -1 {
			return near
		}
		return best
	}
	i, j := cut(0, len(s)/3, len(s)/2), cut(len(s)/2, len(s)*2/3, len(s))
	return s[:i], s[i:j], s[j:]
}

// controls makes frames of arbitrary bytes that are no text frames.
func controls(data []byte) []byte {
	var frames []byte
	kinds := []byte{0x89, 0x8A, 0x82, 0x88, 0x00, 0x80}
	for len(data) > 0 {
		n := min(len(data), int(data[0])%126)
		frames = append(frames, frame(kinds[int(data[0])%len(kinds)], string(data[:n]))...)
		data = data[max(n, 1):]
	}
	return frames
}

// One cut, at every place of a stream with a frame of each form of length.
func TestOneCutAnywhere(t *testing.T) {
	payload := strings.Repeat("\u00fc", 100)
	for kind := range uint8(4) {
		_, struck := expected(kind, payload)
		want := join(frame(0x8A, "pong"), struck, frame(0x89, ""), text("after"))
		whole := join(frame(0x8A, "pong"), text(payload), frame(0x89, ""), text("after"))
		for cut := range whole {
			out := &recorder{}
			c := wire.New(out)
			effect, _ := expected(kind, payload)
			c.Arm(effect)
			writeAll(t, c, whole[:cut], whole[cut:])
			if !bytes.Equal(out.bytes(), want) {
				t.Fatalf("kind %d, cut at %d: wrote %x, want %x", kind, cut, out.bytes(), want)
			}
		}
	}
}

// Writes go through as they are: the same slices, no more and no fewer.
func TestOrdinaryWritesAreNotCut(t *testing.T) {
	out := &recorder{}
	c := wire.New(out)
	parts := [][]byte{join(sample, text("x")[:1]), text("x")[1:], {}, sample}
	writeAll(t, c, parts...)
	if len(out.writes) != 3 || !bytes.Equal(out.bytes(), join(parts...)) {
		t.Errorf("%d writes", len(out.writes))
	}
}

// sink is a connection that costs nothing.
type sink struct{ net.Conn }

func (sink) Write(p []byte) (int, error) { return len(p), nil }

func TestOrdinaryWritesAllocateNothing(t *testing.T) {
	c := wire.New(sink{})
	c.OnPing(func() bool { return false })
	whole := join(sample, text("x"))
	if n := testing.AllocsPerRun(100, func() {
		c.Write(whole)
		c.Write(whole[:1])
		c.Write(whole[1:])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOrdinaryWrite(b *testing.B) {
	c, message := wire.New(sink{}), text(strings.Repeat("x", 2000))
	b.ReportAllocs()
	b.SetBytes(int64(len(message)))
	for b.Loop() {
		c.Write(message)
	}
}
