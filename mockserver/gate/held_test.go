package gate

import (
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
)

// TestWhatIsHeldIsBounded in bytes, and not by number alone.
func TestWhatIsHeldIsBounded(t *testing.T) {
	cfg := &upstreamConfig{maxBytes: 1 << 10}
	f := &feed{relay: newRelay(cfg, nil)}
	in := &inlet{feed: f}
	focus := notification.Resource{Body: make([]byte, 1<<10)}
	for range heldFrames {
		f.happen(in, focus)
	}
	if in.early != nil || len(in.held) != heldFrames {
		t.Fatalf("%d events are kept: %v", len(in.held), in.early)
	}
	f.happen(in, focus)
	if fault.CodeOf(in.early) != fault.UpstreamUnavailable || len(in.held) != heldFrames {
		t.Errorf("%d events are kept: %v", len(in.held), in.early)
	}

	n := &noted{t, make(chan string, 1)}
	c := f.relay.open(n).(*fanout)
	s := &share{id: "a", channel: c, binding: true, holding: true}
	c.shares["a"] = s
	for range heldFrames {
		s.give(focus.Body)
	}
	if len(n.told) > 0 || len(s.held) != heldFrames {
		t.Fatalf("%d notifications are kept", len(s.held))
	}
	s.give(focus.Body)
	n.want("failed store-unavailable")
}
