package world_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/world"
)

// keeper is a sink that holds on to what it got.
type keeper struct {
	*ear
	kept []*world.Delivery
	lent int // events that were there at the time
}

func (k *keeper) Deliver(d *world.Delivery) {
	k.kept, k.lent = append(k.kept, d), k.lent+len(d.Events)
	k.ear.Deliver(d)
}

// Deliveries wait in queues and stay in the journal, which count the bytes of their
// Bundles: the resources that an event is about must not stay with them.
func TestDeliveriesHoldNoResources(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		a := s.create(s.subscription(order{}))
		k := &keeper{ear: s.ear()}
		if _, err := s.Attach(k, "alice", []string{a.ID}); err != nil {
			t.Fatal(err)
		}
		s.patient("male")
		if _, err := s.Emit(world.Emission{Subscription: a.ID, Count: 2}); err != nil {
			t.Fatal(err)
		}
		if k.lent != 3 {
			t.Errorf("%v: %d events were lent", r, k.lent)
		}
		for _, d := range k.kept {
			if d.Events != nil {
				t.Errorf("%v: %v %v holds its events", r, d.Kind, d.Numbers())
			}
		}
	}
}

// Deliveries are made many at a time. One that is kept keeps those beside it, which
// must be of the same notification: another may be of megabytes.
func TestDeliveriesHoldNoOthers(t *testing.T) {
	s := newScene(t, fhir.R4B)
	var small []*keeper
	var long []weak.Pointer[world.Notice]
	func() {
		var large []*keeper
		for range 20 {
			for _, content := range []string{"empty", "full-resource"} {
				k := &keeper{ear: s.ear()}
				if _, err := s.Attach(k, "alice", []string{s.create(s.subscription(order{content: content})).ID}); err != nil {
					t.Fatal(err)
				}
				if content == "empty" {
					small = append(small, k)
				} else {
					large = append(large, k)
				}
			}
		}
		s.patient("male")
		for _, k := range large {
			long = append(long, weak.Make(k.kept[1].Notice))
			k.kept = nil
		}
	}()
	runtime.GC()
	for i, notice := range long {
		if notice.Value() != nil {
			t.Fatalf("notification %d is kept by another", i)
		}
	}
	runtime.KeepAlive(small)
}
