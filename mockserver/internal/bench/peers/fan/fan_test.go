package fan_test

import (
	"testing"

	"github.com/wsbind/wsbind/mockserver/internal/bench/peers/fan"
)

func TestEverySocketGetsEveryEvent(t *testing.T) {
	const sockets, events = 7, 5
	for _, way := range fan.Ways() {
		out, err := fan.New(way)
		if err != nil {
			t.Fatal(err)
		}
		written := make(chan int, sockets*events)
		for n := range sockets {
			out.Add(func() error { written <- n; return nil })
		}
		for range events {
			out.Publish()
		}
		var got [sockets]int
		for range sockets * events {
			got[<-written]++
		}
		for n, times := range got {
			if times != events {
				t.Errorf("%s: socket %d got %d events, not %d", way, n, times, events)
			}
		}
	}
	if _, err := fan.New("smoke signals"); err == nil {
		t.Error("a way that is not known was taken")
	}
}
