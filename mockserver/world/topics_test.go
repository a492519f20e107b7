package world_test

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

const topicV1 = `{"resourceType":"SubscriptionTopic","url":"http://example.org/t","version":"1","title":"T","status":"active",
	"resourceTrigger":[{"resource":"Patient"}],"canFilterBy":[{"resource":"Patient","filterParameter":"gender"}]}`

func TestBuiltinTopics(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		topics := s.Topics()
		if len(topics) != len(fhir.ResourceTypes(r))+1 {
			t.Errorf("%v: %d topics", r, len(topics))
		}
		for _, topic := range topics {
			kind, id, _ := strings.Cut(topic.Resource, "/")
			v, err := s.Read("anybody", kind, id)
			if err != nil || !topic.BuiltIn || topic.Title == "" || !strings.Contains(string(v.Body), `"`+topic.URL+`"`) {
				t.Errorf("%v %+v: %v", r, topic, err)
			}
			wantError(t, s.Delete("alice", kind, id), fault.Forbidden, "")
			_, err = s.Update("alice", kind, id, v.Body, "")
			wantError(t, err, fault.Forbidden, "")
		}
		if r != fhir.R4 {
			copied := strings.Replace(topicV1, "http://example.org/t", topics[0].URL, 1)
			s.create(copied) // another version of it
			_, err := s.Create("alice", "SubscriptionTopic", []byte(strings.Replace(copied, `"version":"1",`, "", 1)))
			wantError(t, err, fault.BusinessRule, "SubscriptionTopic")
		}
	}
}

func TestEncounterComplete(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		v := s.create(s.subscription(order{topic: "encounter-complete", filters: []string{"Encounter.subject=Patient/1"}}))
		e := s.ear()
		s.attach(e, v.ID)
		done := map[fhir.Release]string{fhir.R4: "finished", fhir.R4B: "finished", fhir.R5: "completed"}[r]
		encounter := func(status, patient string) string {
			return `{"resourceType":"Encounter","status":"` + status + `","subject":{"reference":"Patient/` + patient + `"}}`
		}
		one := s.create(encounter("in-progress", "1"))
		s.put("Encounter", one.ID, encounter(done, "1"))
		s.put("Encounter", one.ID, encounter(done, "1"))
		s.create(encounter(done, "2"))
		s.create(encounter(done, "1"))
		e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]", v.ID+" event-notification active 2 [2]")
	}
}

func TestTopicsInUse(t *testing.T) {
	for _, r := range releases[1:] {
		s := newScene(t, r)
		topic := s.create(topicV1)
		if got := s.Topics(); got[len(got)-1].URL != "http://example.org/t" || got[len(got)-1].BuiltIn || got[len(got)-1].Version != "1" {
			t.Errorf("%v: %+v", r, got[len(got)-1])
		}
		_, err := s.Create("alice", "SubscriptionTopic", []byte(topicV1))
		wantError(t, err, fault.BusinessRule, "SubscriptionTopic") // the same url and version
		filtered := order{topic: "http://example.org/t|1", filters: []string{"gender=male"}}
		v := s.create(s.subscription(filtered))
		e := s.ear()
		s.attach(e, v.ID)
		change := func(old, new string) error {
			_, err := s.Update("alice", "SubscriptionTopic", topic.ID, []byte(withID(strings.Replace(topicV1, old, new, 1), topic.ID)), "")
			return err
		}
		wantError(t, s.Delete("alice", "SubscriptionTopic", topic.ID), fault.BusinessRule, "SubscriptionTopic")
		wantError(t, change(`"version":"1"`, `"version":"2"`), fault.BusinessRule, "SubscriptionTopic")
		wantError(t, change(`"gender"`, `"family"`), fault.BusinessRule, "SubscriptionTopic")
		if err := change(`"resource":"Patient"}],`, `"resource":"Patient","supportedInteraction":["update"]}],`); err != nil {
			t.Fatal(err)
		}
		p := s.patient("male") // no event any more
		s.put("Patient", p.ID, patient("male"))
		e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]")
		if err := change(`"active"`, `"retired"`); err != nil {
			t.Fatal(err)
		}
		_, err = s.Create("alice", "Subscription", []byte(s.subscription(filtered)))
		if fault.CodeOf(err) != fault.UnsupportedTopic {
			t.Errorf("%v: a Subscription to a retired topic: %v", r, err)
		}
		s.put("Subscription", v.ID, s.subscription(filtered)) // keeps it
		s.patient("male")
		e.hears(v.ID + " event-notification active 2 [2]")
		if got := s.Topics(); got[len(got)-1].URL == "http://example.org/t" {
			t.Errorf("%v: a retired topic is offered", r)
		}
		if err := s.Delete("alice", "Subscription", v.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete("alice", "SubscriptionTopic", topic.ID); err != nil {
			t.Error(err)
		}
		s.put("SubscriptionTopic", "again", topicV1) // url and version are free again
	}
}

// TestBasicTurnsIntoATopicAndBack does what only R4 can.
func TestBasicTurnsIntoATopicAndBack(t *testing.T) {
	s := newScene(t, fhir.R4)
	builtin, err := s.Read("alice", "Basic", "topic-Patient")
	if err != nil {
		t.Fatal(err)
	}
	topic := strings.NewReplacer(`"id":"topic-Patient",`, ``, "http://wsbind.example/SubscriptionTopic/Patient", "http://example.org/t").Replace(string(builtin.Body))
	plain := `{"resourceType":"Basic","code":{"text":"a note"}}`
	v := s.create(plain)
	count := len(s.Topics())
	s.put("Basic", v.ID, topic)
	if len(s.Topics()) != count+1 {
		t.Error("the Basic is no topic")
	}
	sub := s.create(s.subscription(order{topic: "http://example.org/t"}))
	_, err = s.Update("alice", "Basic", v.ID, []byte(withID(plain, v.ID)), "")
	wantError(t, err, fault.BusinessRule, "Basic")
	if err := s.Delete("alice", "Subscription", sub.ID); err != nil {
		t.Fatal(err)
	}
	s.put("Basic", v.ID, plain)
	if len(s.Topics()) != count {
		t.Error("the topic is still there")
	}
}

// TestWarnings come with what was stored.
func TestWarnings(t *testing.T) {
	s := newScene(t, fhir.R5)
	v := s.create(strings.Replace(topicV1, `"resource":"Patient"}]`, `"resource":"Patient","queryCriteria":{"current":"gender=male"},"fhirPathCriteria":"true"}]`, 1))
	if len(v.Warnings) != 1 || v.Warnings[0].Expression != "SubscriptionTopic.resourceTrigger[0].fhirPathCriteria" || v.Warnings[0].Severity != fault.Warning {
		t.Errorf("%+v", v.Warnings)
	}
}
