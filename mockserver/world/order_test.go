package world_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
)

// TestOrderOfSubscriptions: those that a change concerns hear of it in the order
// in which they were written last, however they came to be concerned. Faults are
// drawn in that order, so a seed replays by it.
func TestOrderOfSubscriptions(t *testing.T) {
	s := newScene(t, fhir.R4)
	text := func(filters ...string) string { return s.subscription(order{filters: filters}) }
	ids := map[string]string{}
	for _, c := range []struct{ name, text string }{
		{"a", text("gender=male")},
		{"b", text()},
		{"c", text("gender=male", "_id=p,q")},
		{"d", s.subscription(order{topic: "Observation"})}, // it has no part in this
		{"e", text("gender=male")},
		{"f", text("gender=female")},
	} {
		ids[c.name] = s.create(c.text).ID
	}
	e := s.ear()
	for _, name := range strings.Fields("f e d c b a") { // the order of binding is another
		s.attach(e, ids[name])
	}
	hears := func(want string) {
		t.Helper()
		e.heard = nil
		s.put("Patient", "p", patient("male"))
		var got []string
		for _, line := range e.heard {
			id, _, _ := strings.Cut(line, " ")
			for name := range ids {
				if ids[name] == id {
					got = append(got, name)
				}
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("heard in the order %s, want %s", got, want)
		}
	}
	hears("a b c e")
	s.put("Subscription", ids["a"], text("gender=male")) // what it was
	hears("b c e a")
	s.put("Subscription", ids["f"], text("_id=p"))
	hears("b c e a f")
	if err := s.Delete("alice", "Subscription", ids["b"]); err != nil {
		t.Fatal(err)
	}
	s.put("Subscription", ids["b"], text())
	s.attach(e, ids["b"])
	hears("c e a f b")
	if err := s.SetError(ids["e"]); err != nil {
		t.Fatal(err)
	}
	hears("c a f b")
	if err := s.Reactivate(ids["e"]); err != nil {
		t.Fatal(err)
	}
	hears("c e a f b")
}

// TestOrderOfSearch: a caller's own Subscriptions are found in the order in
// which their ids were first used, $status and tokens follow their creation.
func TestOrderOfSearch(t *testing.T) {
	s := newScene(t, fhir.R4)
	var ids []string
	for range 3 {
		ids = append(ids, s.create(s.subscription(order{})).ID)
		if _, err := s.Create("bob", "Subscription", []byte(s.subscription(order{}))); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids[:2] {
		if err := s.Delete("alice", "Subscription", id); err != nil {
			t.Fatal(err)
		}
	}
	s.put("Subscription", ids[0], s.subscription(order{}))
	var found []string
	for _, v := range s.All("alice", "Subscription") {
		found = append(found, v.ID)
	}
	if want := []string{ids[0], ids[2]}; !slices.Equal(found, want) {
		t.Errorf("found %s, want %s", found, want)
	}
	bindable, err := s.Bindable("alice", nil, true)
	if want := []string{ids[2], ids[0]}; err != nil || !slices.Equal(bindable, want) {
		t.Errorf("bindable are %s, want %s: %v", bindable, want, err)
	}
	if len(s.All("carol", "Subscription")) != 0 {
		t.Error("somebody finds what is not theirs")
	}
}
