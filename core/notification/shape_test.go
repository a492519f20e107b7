package notification_test

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// shaped has one id for the Bundle and its status.
func shaped(r fhir.Release, content notification.Content) notification.Notification {
	n := event(r, content)
	n.ID = n.Status.ID
	return n
}

var otherID = notification.UUID{0xab, 0xcd, 0xef, 1, 2, 3, 0x80, 5, 0x80, 7, 8, 9, 10, 11, 12, 13}

func reference(t testing.TB, url string) notification.Reference {
	t.Helper()
	ref, err := notification.NewReference(url)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// TestShapeIsAppend compares a Shape that was made for one Subscription with what
// Append writes for another, and the size that was foretold.
func TestShapeIsAppend(t *testing.T) {
	for _, r := range releases {
		for _, content := range []notification.Content{notification.Empty, notification.IDOnly, notification.FullResource} {
			for _, typ := range []notification.Type{notification.Handshake, notification.Heartbeat, notification.EventNotification, notification.QueryStatus} {
				for _, number := range []int64{7, 10, 9_999_999_999} {
					n := shaped(r, content)
					n.Status.Type = typ
					if typ != notification.EventNotification {
						n.Status.Events = nil
					}
					shape, err := notification.NewShape(n)
					if err != nil {
						t.Fatal(err)
					}
					url := base + `/with%20"quotes"/Subscription/other`
					n.ID, n.Status.ID, n.Status.Subscription, n.Status.EventsSinceStart = otherID.String(), otherID.String(), url, number
					for i := range n.Status.Events {
						n.Status.Events[i].Number = number
					}
					want := built(t, n)
					fill := notification.Fill{ID: otherID, Subscription: reference(t, url), Number: number}
					got := shape.Append([]byte("before "), fill)
					if string(got) != "before "+string(want) {
						t.Errorf("%v %v %v:\n%s\nwant\n%s", r, content, typ, got, want)
					}
					if size := shape.Size(fill); size != len(want) {
						t.Errorf("%v %v %v: size %d, want %d", r, content, typ, size, len(want))
					}
				}
			}
		}
	}
}

// TestShapeAllocatesNothing has room in dst.
func TestShapeAllocatesNothing(t *testing.T) {
	shape, err := notification.NewShape(shaped(fhir.R4, notification.FullResource))
	if err != nil {
		t.Fatal(err)
	}
	dst, fill := make([]byte, 0, 1<<14), notification.Fill{ID: otherID, Subscription: reference(t, base+"/Subscription/other"), Number: 12}
	if n := testing.AllocsPerRun(10, func() { shape.Append(dst, fill); shape.Size(fill) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestShapeRefuses(t *testing.T) {
	for name, change := range map[string]func(*notification.Notification){
		"two ids": func(n *notification.Notification) { n.ID = "b1" },
		"no counter": func(n *notification.Notification) {
			n.Status.EventsSinceStart, n.Status.Type, n.Status.Events = notification.Unknown, notification.Heartbeat, nil
		},
		"several events": func(n *notification.Notification) {
			n.Status.Events = many(fhir.R4, notification.IDOnly, 7).Status.Events
		},
		"query-event": func(n *notification.Notification) { n.Status.Type = notification.QueryEvent },
		"no state":    func(n *notification.Notification) { n.Status.State = "asleep" },
	} {
		n := shaped(fhir.R4, notification.FullResource)
		change(&n)
		if _, err := notification.NewShape(n); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, url := range []string{"", "Subscription/1", base + "/Patient/1", base + "/Subscription/_", "ftp://example.org/Subscription/1"} {
		if _, err := notification.NewReference(url); fault.CodeOf(err) != fault.InvalidPrimitive || !strings.Contains(err.Error(), "/Subscription/[id]") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
