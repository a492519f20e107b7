package world_test

import (
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/world"
)

func TestHandshakesThenEvents(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		a, b := s.create(s.subscription(order{})), s.create(s.subscription(order{filters: []string{"gender=female"}}))
		s.patient("male") // before anybody listens
		one, two := s.ear(), s.ear()
		s.attach(one, b.ID, a.ID)
		one.hears(b.ID+" handshake active 0", a.ID+" handshake active 1")
		s.attach(two, a.ID)
		two.hears(a.ID + " handshake active 1")
		p := s.patient("female")
		one.hears(a.ID+" event-notification active 2 [2]", b.ID+" event-notification active 1 [1]")
		two.hears(a.ID + " event-notification active 2 [2]")
		s.put("Patient", p.ID, patient("male"))
		one.hears(a.ID + " event-notification active 3 [3]") // b's filter asks what is now
		if err := s.Delete("bob", "Patient", p.ID); err != nil {
			t.Fatal(err)
		}
		one.hears(a.ID + " event-notification active 4 [4]")
		if e := one.last.Events[0]; e.Interaction != notification.Delete || e.Focus.URL != s.base+"/Patient/"+p.ID || e.Focus.Body != nil {
			t.Errorf("%v: %+v", r, e)
		}
	}
}

func TestContentLevels(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		ears := map[string]*ear{}
		for _, content := range []string{"empty", "id-only", "full-resource"} {
			ears[content] = s.ear()
			s.attach(ears[content], s.create(s.subscription(order{content: content})).ID)
		}
		v := s.create(`{"resourceType":"Patient","multipleBirthInteger":2,"extension":[{"url":"http://example.org/n","valueDecimal":9007199254740993.10}]}`)
		for content, e := range ears {
			focus := e.last.Events[0].Focus
			url, body := s.base+"/Patient/"+v.ID, string(v.Body)
			if content == "empty" {
				url = ""
			}
			if content != "full-resource" {
				body = ""
			}
			if focus.URL != url || string(focus.Body) != body {
				t.Errorf("%v %s: focus %s %s", r, content, focus.URL, focus.Body)
			}
			if (e.last.Topic == "") != (content == "empty") {
				t.Errorf("%v %s: topic %q", r, content, e.last.Topic)
			}
		}
	}
}

func TestClassicCriteriaDeliver(t *testing.T) {
	for _, r := range releases[:2] {
		s := newScene(t, r)
		v := s.create(s.subscription(order{criteria: "Patient?gender=male", content: "full-resource"}))
		e := s.ear()
		s.attach(e, v.ID)
		p := s.patient("female")
		s.put("Patient", p.ID, patient("male"))
		if err := s.Delete("alice", "Patient", p.ID); err != nil {
			t.Fatal(err)
		}
		e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]")
		if e.last.Topic != "" || e.last.Events[0].Interaction != notification.Update {
			t.Errorf("%v: %+v", r, e.last)
		}
	}
}

func TestHeartbeats(t *testing.T) {
	s := newScene(t, fhir.R4B)
	beating, still := s.create(s.subscription(order{heartbeat: 30})), s.create(s.subscription(order{filters: []string{"gender=male"}}))
	e := s.ear()
	s.attach(e, beating.ID, still.ID)
	e.hears(beating.ID+" handshake active 0", still.ID+" handshake active 0")
	s.clock.Advance(29 * time.Second)
	e.hears()
	s.clock.Advance(time.Second)
	e.hears(beating.ID + " heartbeat active 0")
	s.clock.Advance(60 * time.Second)
	e.hears(beating.ID+" heartbeat active 0", beating.ID+" heartbeat active 0")
	s.clock.Advance(20 * time.Second)
	s.patient("female") // any notification restarts the timer
	e.hears(beating.ID + " event-notification active 1 [1]")
	s.clock.Advance(29 * time.Second)
	e.hears()
	late := s.ear()
	s.attach(late, beating.ID) // each sink has a timer of its own
	s.clock.Advance(time.Second)
	e.hears(beating.ID + " heartbeat active 1")
	late.hears(beating.ID + " handshake active 1")
	s.clock.Advance(29 * time.Second)
	late.hears(beating.ID + " heartbeat active 1")
	s.put("Subscription", beating.ID, s.subscription(order{heartbeat: 5}))
	e.hears()
	s.clock.Advance(5 * time.Second)
	e.hears(beating.ID + " heartbeat active 1")
	s.put("Subscription", beating.ID, s.subscription(order{}))
	s.clock.Advance(time.Hour)
	e.hears()
	s.put("Subscription", beating.ID, s.subscription(order{heartbeat: 5}))
	s.Detach(e, nil)
	s.clock.Advance(time.Minute)
	e.hears()
	s.Close()
	late.hears(late.heard...)
	s.clock.Advance(time.Minute)
	late.hears()
}

func TestAttachingAgain(t *testing.T) {
	s := newScene(t, fhir.R5)
	v := s.create(s.subscription(order{}))
	e := s.ear()
	s.attach(e, v.ID)
	s.patient("male")
	s.attach(e, v.ID)
	s.patient("male")
	e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]", v.ID+" handshake active 1", v.ID+" event-notification active 2 [2]")
	if got := s.State().Subscriptions[0].Bound; got != 1 {
		t.Errorf("bound %d times", got)
	}
	s.Detach(e, []string{"other"})
	s.patient("male")
	e.hears(v.ID + " event-notification active 3 [3]")
	s.Detach(e, []string{v.ID})
	s.patient("male")
	e.hears()
	s.attach(e, v.ID)
	e.hears(v.ID + " handshake active 4") // what was missed shows in the counter
}

func TestAttachWhatCannotBe(t *testing.T) {
	s := newScene(t, fhir.R4)
	good, off, failed, gone := s.create(s.subscription(order{})), s.create(s.subscription(order{status: "off"})), s.create(s.subscription(order{})), s.create(s.subscription(order{}))
	if err := s.SetError(failed.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete("alice", "Subscription", gone.ID); err != nil {
		t.Fatal(err)
	}
	e := s.ear()
	attached, err := s.Attach(e, "alice", []string{off.ID, gone.ID, good.ID, good.ID, failed.ID, "x"})
	if err != nil || strings.Join(attached, " ") != good.ID {
		t.Errorf("attached %q, %v", attached, err)
	}
	e.hears(good.ID + " handshake active 0")
	for id, code := range map[string]fault.Code{off.ID: fault.SubscriptionNotBindable, failed.ID: fault.SubscriptionNotBindable, gone.ID: fault.UnknownSubscription, "x": fault.UnknownSubscription} {
		_, err := s.Attach(e, "alice", []string{id})
		wantError(t, err, code, "")
	}
	s.Close()
	_, err = s.Attach(e, "alice", []string{good.ID})
	wantError(t, err, fault.GoingAway, "")
	e.hears()
}

func TestMaxCountBatches(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		s.patient("male")
		for max, want := range map[int][]string{
			0: {" 1 [1]", " 2 [2]", " 3 [3]", " 4 [4]", " 5 [5]"},
			2: {" 2 [1 2]", " 4 [3 4]", " 5 [5]"},
			9: {" 5 [1 2 3 4 5]"},
		} {
			v := s.create(s.subscription(order{content: "full-resource", maxCount: max}))
			e := s.ear()
			s.attach(e, v.ID)
			if _, err := s.Emit(world.Emission{Subscription: v.ID, Count: 5}); err != nil {
				t.Fatal(err)
			}
			list := []string{v.ID + " handshake active 0"}
			for _, w := range want {
				list = append(list, v.ID+" event-notification active"+w)
			}
			e.hears(list...)
			if events, sinks, err := s.Resend("alice", v.ID, world.ResendQuery{}); events != 5 || sinks != 1 || err != nil {
				t.Errorf("%v: resent %d to %d, %v", r, events, sinks, err)
			}
			e.hears(list[1:]...)
			s.patient("male")
			e.hears(v.ID + " event-notification active 6 [6]")
		}
	}
}

// TestContext follows a topic's includes.
func TestContext(t *testing.T) {
	for _, r := range releases[1:] {
		s := newScene(t, r)
		s.create(`{"resourceType":"SubscriptionTopic","url":"http://example.org/t","status":"active","resourceTrigger":[{"resource":"Encounter"}],
			"notificationShape":[{"resource":"Encounter","include":["Encounter:subject","Encounter:patient:Patient","Encounter:part-of"],"revInclude":["Observation:encounter"]}]}`)
		v := s.create(s.subscription(order{topic: "http://example.org/t", content: "full-resource"}))
		e := s.ear()
		s.attach(e, v.ID)
		p := s.patient("male")
		text := `{"resourceType":"Encounter","status":"planned","subject":{"reference":"` + s.base + `/Patient/` + p.ID + `"},"partOf":{"reference":"Encounter/absent"}}`
		encounter := s.create(text)
		o := s.create(`{"resourceType":"Observation","status":"final","encounter":{"reference":"Encounter/` + encounter.ID + `"}}`)
		s.create(`{"resourceType":"Observation","status":"final","encounter":{"reference":"Encounter/other"}}`)
		s.put("Encounter", encounter.ID, text)
		e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]", v.ID+" event-notification active 2 [2]")
		var context []string
		for _, c := range e.last.Events[0].Context {
			context = append(context, c.URL+string(c.Body))
		}
		want := s.base + "/Patient/" + p.ID + string(p.Body) + " " + s.base + "/Observation/" + o.ID + string(o.Body)
		if got := strings.Join(context, " "); got != want {
			t.Errorf("%v: context %s, want %s", r, got, want)
		}
	}
}

// TestSubscriptionsToSubscriptions: owners hear of their own, and none of itself.
func TestSubscriptionsToSubscriptions(t *testing.T) {
	s := newScene(t, fhir.R5)
	v := s.create(s.subscription(order{topic: "Subscription"}))
	e := s.ear()
	s.attach(e, v.ID)
	s.put("Subscription", v.ID, s.subscription(order{topic: "Subscription"}))
	if _, err := s.Create("bob", "Subscription", []byte(s.subscription(order{}))); err != nil {
		t.Fatal(err)
	}
	e.hears(v.ID + " handshake active 0")
	other := s.create(s.subscription(order{}))
	e.hears(v.ID + " event-notification active 1 [1]")
	if err := s.SetError(other.ID); err != nil { // no REST interaction
		t.Fatal(err)
	}
	e.hears()
}
