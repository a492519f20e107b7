package client

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryEventIsAccountedForOnce plays a server that loses, repeats, merges
// and delays notifications: whatever comes, each number up to the last is
// either news once or in one gap.
func TestEveryEventIsAccountedForOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(0, 1000).Draw(t, "start")
		l := ledger{seen: map[string]int64{"1": start}}
		times := map[int64]int{}
		highest := start
		for range rapid.IntRange(1, 40).Draw(t, "notifications") {
			s := status{kind: EventNotification, subscription: "1"}
			s.events = rapid.SliceOfN(rapid.Int64Range(1, start+60), 0, 5).Draw(t, "events")
			if len(s.events) == 0 {
				s.kind, s.counted = Heartbeat, true
				s.count = rapid.Int64Range(0, start+60).Draw(t, "count")
				highest = max(highest, s.count)
			} else {
				highest = max(highest, slices.Max(s.events))
			}
			e := l.read(s)
			for _, n := range e.news {
				times[n]++
				if !slices.Contains(s.events, n) {
					t.Fatalf("%d is called news and was not sent", n)
				}
			}
			for _, g := range e.gaps {
				for n := g.From; n <= g.To; n++ {
					times[n]++
				}
			}
			l.note("1", e)
		}
		for n := start + 1; n <= highest; n++ {
			if times[n] != 1 {
				t.Fatalf("event %d of %d to %d is accounted for %d times", n, start+1, highest, times[n])
			}
		}
		if len(times) != int(highest-start) {
			t.Fatalf("%d numbers are accounted for, of %d", len(times), highest-start)
		}
	})
}

func TestBeginning(t *testing.T) {
	for name, c := range map[string]struct {
		status status
		counts bool
		last   int64
	}{
		"a counter":                     {status{kind: Handshake, count: 7, counted: true}, true, 7},
		"events":                        {status{kind: EventNotification, events: []int64{9, 8}}, true, 9},
		"a handshake without a counter": {status{kind: Handshake}, true, 0},
		"a heartbeat without a counter": {status{kind: Heartbeat}, false, 0},
	} {
		var l ledger
		if e := l.read(c.status); e.counts != c.counts || e.last != c.last || len(e.gaps) > 0 {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestLedgerIsBounded(t *testing.T) {
	var l ledger
	for i := range maxSubscriptions + 10 {
		l.note(string(rune('a'+i%26))+string(rune(i)), entry{counts: true})
	}
	if len(l.seen) != maxSubscriptions {
		t.Errorf("%d Subscriptions are kept", len(l.seen))
	}
}

func TestIDOf(t *testing.T) {
	for _, reference := range []string{"1", "Subscription/1", "https://example.org/fhir/Subscription/1", "https://example.org/fhir/Subscription/1/_history/2"} {
		if id := idOf(reference); id != "1" {
			t.Errorf("idOf(%q) = %q", reference, id)
		}
	}
}
