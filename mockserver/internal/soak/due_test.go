package main

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/client"
)

func TestDue(t *testing.T) {
	events := func(id string, numbers ...int64) client.Notification {
		return client.Notification{Kind: client.EventNotification, Subscription: id, Events: numbers}
	}
	missed := events("a", 5)
	missed.Missed = []client.Range{{From: 3, To: 4}}
	for _, c := range []struct {
		name    string
		yielded []client.Notification
		bad     string
	}{
		{"in order", []client.Notification{events("a", 1), events("b", 1, 2), events("a", 2, 3), {Kind: client.Heartbeat, Subscription: "a"}}, ""},
		{"none", []client.Notification{{Kind: client.Other}}, ""},
		{"one is lost", []client.Notification{events("a", 1), events("a", 3)}, "lost: the seat of Subscription a was given event 3 after event 1"},
		{"the first is lost", []client.Notification{events("b", 2)}, "lost"},
		{"one comes twice", []client.Notification{events("a", 1, 2), events("a", 2)}, "yielded twice"},
		{"within one", []client.Notification{events("a", 1, 1)}, "yielded twice"},
		{"two are in the wrong order", []client.Notification{events("a", 2, 1)}, "lost"},
		{"some are told as missed", []client.Notification{events("a", 1, 2), missed}, "are missed"},
		{"of another", []client.Notification{events("c", 1)}, "did not ask for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDue("the seat", "a", "b")
			var err error
			for _, n := range c.yielded {
				if err == nil {
					err = d.take(n)
				}
			}
			if (err == nil) != (c.bad == "") || err != nil && !strings.Contains(err.Error(), c.bad) {
				t.Errorf("said %v, want %q", err, c.bad)
			}
		})
	}
}

// TestDueOutlastsClients: who comes back is held to what happened meanwhile, until
// the Subscription is another.
func TestDueOutlastsClients(t *testing.T) {
	d := newDue("the seat", "a", "b")
	if err := d.take(client.Notification{Subscription: "a", Events: []int64{1, 2}}); err != nil {
		t.Fatal(err)
	}
	if seen := d.seen(); seen["a"] != 2 || seen["b"] != 0 {
		t.Errorf("a client would be told %v", seen)
	}
	if text := d.behind(map[string]int64{"a": 3, "b": 0, "c": 9}); text != "the seat has event 2 of Subscription a, 3 were made" {
		t.Errorf("behind: %q", text)
	}
	if text := d.behind(map[string]int64{"a": 2}); text != "" {
		t.Errorf("behind: %q", text)
	}
	d.renew("a")
	d.renew("c")
	if err := d.take(client.Notification{Subscription: "a", Events: []int64{1}}); err != nil || d.count() != 3 {
		t.Errorf("%v after %d events", err, d.count())
	}
}

func TestForeign(t *testing.T) {
	if foreign(client.Notification{Issues: []fault.Issue{{Code: fault.MalformedRequest}}}) || !foreign(client.Notification{Issues: []fault.Issue{{Code: fault.UnknownSubscription}}}) {
		t.Error("what is of another Subscription is not told from the rest")
	}
}
