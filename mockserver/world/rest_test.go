package world_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/world"
)

func TestCreateReadUpdateDelete(t *testing.T) {
	s := newScene(t, fhir.R4)
	body := `{"resourceType":"Observation","id":"ignored","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}`
	v := s.create(body)
	if !v.Created || v.ID == "ignored" || v.VersionID != 1 || !strings.Contains(string(v.Body), `"value":1.50`) {
		t.Errorf("created %+v %s", v, v.Body)
	}
	v = s.put("Observation", v.ID, body[:strings.Index(body, `"id"`)]+body[strings.Index(body, `"status"`):])
	if v.Created || v.VersionID != 2 {
		t.Errorf("updated %+v", v)
	}
	if _, err := s.Update("bob", "Observation", v.ID, v.Body, "2"); err != nil {
		t.Errorf("anybody may update, with the version they read: %v", err)
	}
	_, err := s.Update("bob", "Observation", v.ID, v.Body, "2")
	wantError(t, err, fault.VersionConflict, "")
	_, err = s.Update("bob", "Observation", "new", []byte(withID(`{"resourceType":"Observation"}`, "new")), "1")
	wantError(t, err, fault.VersionConflict, "")
	if old, err := s.ReadVersion("bob", "Observation", v.ID, "1"); err != nil || old.VersionID != 1 {
		t.Errorf("version 1: %+v, %v", old, err)
	}
	for _, version := range []string{"4", "0", "01", "x", "-1", ""} {
		_, err := s.ReadVersion("bob", "Observation", v.ID, version)
		wantError(t, err, fault.NotFound, "")
	}
	if err := s.Delete("bob", "Observation", v.ID); err != nil {
		t.Error(err)
	}
	_, err = s.Read("bob", "Observation", v.ID)
	wantError(t, err, fault.Gone, "")
	if err := s.Delete("bob", "Observation", v.ID); err != nil {
		t.Errorf("deleting twice: %v", err)
	}
	if err := s.Delete("bob", "Observation", "never"); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
	if again := s.put("Observation", v.ID, `{"resourceType":"Observation"}`); !again.Created || again.VersionID != 5 {
		t.Errorf("brought back as %+v", again)
	}
	if again := s.put("Observation", "chosen", `{"resourceType":"Observation"}`); !again.Created {
		t.Errorf("created by PUT as %+v", again)
	}
	_, err = s.Read("bob", "Observation", "never")
	wantError(t, err, fault.NotFound, "")
}

func TestBodiesRefused(t *testing.T) {
	s := newScene(t, fhir.R4)
	for _, c := range []struct {
		kind, body string
		code       fault.Code
		expression string
	}{
		{"Patient", `{"resourceType":"Patient"`, fault.InvalidJSON, ""},
		{"Patient", `{"resourceType":"Patient","id":"a","id":"b"}`, fault.DuplicateName, ""},
		{"Patient", `[]`, fault.WrongJSONType, "Patient"},
		{"Patient", `{}`, fault.EmptyValue, "Patient"},
		{"Patient", `{"gender":"male"}`, fault.MissingElement, "Patient"},
		{"Patient", `{"resourceType":"Observation"}`, fault.WrongResourceType, "Patient"},
		{"Patient", `{"resourceType":"Weather"}`, fault.WrongResourceType, "Patient"},
		{"Patient", `{"resourceType":"Patient","name":null}`, fault.NullValue, "Patient.name"},
		{"Patient", `{"resourceType":"Patient","name":[]}`, fault.EmptyValue, "Patient.name"},
		{"Patient", `{"resourceType":"Patient","meta":"x"}`, fault.WrongJSONType, "Patient.meta"},
		{"Weather", `{"resourceType":"Weather"}`, fault.NotFound, ""},
		{"SubscriptionTopic", `{"resourceType":"SubscriptionTopic"}`, fault.NotFound, ""}, // not in R4
		{"Subscription", s.subscription(order{topic: "Weather"}), fault.UnsupportedTopic, "Subscription.criteria"},
		{"Subscription", s.subscription(order{filters: []string{"wind=north"}}), fault.UnsupportedFilter, "Subscription.criteria.extension[0].value"},
		{"Subscription", s.subscription(order{status: "error"}), fault.BusinessRule, "Subscription.status"},
		{"Subscription", s.subscription(order{end: "2026-01-01T00:00:00Z"}), fault.BusinessRule, "Subscription.end"},
		{"Subscription", `{"resourceType":"Subscription"}`, fault.MissingElement, "Subscription.status"},
	} {
		_, err := s.Create("alice", c.kind, []byte(c.body))
		if err == nil {
			t.Errorf("accepted: %s", c.body)
			continue
		}
		wantError(t, err, c.code, c.expression)
	}
	for _, c := range []struct {
		id, body   string
		code       fault.Code
		expression string
	}{
		{"a", `{"resourceType":"Patient"}`, fault.MissingElement, "Patient.id"},
		{"a", `{"resourceType":"Patient","id":"b"}`, fault.MalformedRequest, "Patient.id"},
		{"a_b", `{"resourceType":"Patient","id":"a"}`, fault.MalformedRequest, ""},
		{strings.Repeat("a", 65), `{"resourceType":"Patient","id":"a"}`, fault.MalformedRequest, ""},
	} {
		_, err := s.Update("alice", "Patient", c.id, []byte(c.body), "")
		wantError(t, err, c.code, c.expression)
	}
	if n := s.State().Resources["Patient"] + s.State().Resources["Subscription"]; n != 0 {
		t.Errorf("%d resources were stored although they were refused", n)
	}
}

func TestAllIsASnapshotInOrder(t *testing.T) {
	s := newScene(t, fhir.R4)
	var want []string
	for range 3 {
		want = append(want, s.patient("male").ID)
	}
	list := s.All("bob", "Patient")
	s.patient("female")
	var got []string
	for _, v := range list {
		got = append(got, v.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestSubscriptionsBelongToTheirCreator asks everything on behalf of another.
func TestSubscriptionsBelongToTheirCreator(t *testing.T) {
	s := newScene(t, fhir.R5)
	v := s.create(s.subscription(order{}))
	ask := map[string]func(caller string) error{
		"read":    func(c string) error { _, err := s.Read(c, "Subscription", v.ID); return err },
		"version": func(c string) error { _, err := s.ReadVersion(c, "Subscription", v.ID, "1"); return err },
		"update":  func(c string) error { _, err := s.Update(c, "Subscription", v.ID, v.Body, ""); return err },
		"events":  func(c string) error { _, err := s.EventsBundle(c, v.ID, world.EventsQuery{}); return err },
		"resend":  func(c string) error { _, _, err := s.Resend(c, v.ID, world.ResendQuery{}); return err },
		"status": func(c string) error {
			_, err := s.StatusBundle(c, world.StatusQuery{IDs: []string{v.ID}, Instance: true, Self: "http://x"})
			return err
		},
	}
	for name, f := range ask {
		if err := f("alice"); err != nil {
			t.Errorf("%s by alice: %v", name, err)
		}
		if err := f("bob"); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s by bob: %v", name, err)
		}
	}
	if err := s.Delete("bob", "Subscription", v.ID); err != nil || s.status(v.ID) != "active" {
		t.Errorf("bob deletes: %v, %s", err, s.status(v.ID))
	}
	if len(s.All("bob", "Subscription")) != 0 || len(s.All("alice", "Subscription")) != 1 {
		t.Error("bob finds it")
	}
	if _, err := s.Attach(s.ear(), "bob", []string{v.ID}); fault.CodeOf(err) != fault.UnknownSubscription {
		t.Errorf("bob binds: %v", err)
	}
	if err := s.Delete("alice", "Subscription", v.ID); err != nil {
		t.Fatal(err)
	}
	for name, f := range ask {
		if err := f("bob"); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s of a deleted one by bob: %v", name, err)
		}
		if name == "update" || name == "version" {
			continue // an update brings it back
		}
		if err := f("alice"); fault.CodeOf(err) != fault.Gone {
			t.Errorf("%s of a deleted one by alice: %v", name, err)
		}
	}
}

// TestSameBytes makes the same calls in two worlds.
func TestSameBytes(t *testing.T) {
	run := func() string {
		s := newScene(t, fhir.R4B)
		v := s.create(s.subscription(order{content: "full-resource", heartbeat: 10}))
		e := s.ear()
		s.attach(e, v.ID)
		s.patient("male")
		s.clock.Advance(25e9)
		status, _ := s.StatusBundle("alice", world.StatusQuery{})
		var all []store.Version
		all = append(all, s.All("alice", "Subscription")...)
		all = append(all, s.All("alice", "Patient")...)
		return fmt.Sprint(e.heard, string(e.frame), string(status), all)
	}
	if a, b := run(), run(); a != b {
		t.Errorf("%s\n\n%s", a, b)
	}
}
