package world_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/world"
)

func TestBindable(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		_, err := s.Bindable("alice", nil, true)
		wantError(t, err, fault.NoSubscriptions, "")
		a, b, off, failed, gone := s.create(s.subscription(order{})), s.create(s.subscription(order{status: "active"})),
			s.create(s.subscription(order{status: "off"})), s.create(s.subscription(order{})), s.create(s.subscription(order{}))
		foreign, err := s.Create("bob", "Subscription", []byte(s.subscription(order{})))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetError(failed.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete("alice", "Subscription", gone.ID); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			ids  string
			all  bool
			want string
			code fault.Code
			at   int
		}{
			{ids: "", all: true, want: a.ID + " " + b.ID},
			{ids: "", all: false, code: fault.NoSubscriptions, at: -1},
			{ids: b.ID + " " + a.ID, want: b.ID + " " + a.ID},
			{ids: b.ID + " " + a.ID + " " + b.ID, all: true, want: b.ID + " " + a.ID},
			{ids: a.ID + " nothing", code: fault.NotFound, at: 1},
			{ids: a.ID + " " + foreign.ID, code: fault.NotFound, at: 1},
			{ids: gone.ID + " " + a.ID, code: fault.NotFound, at: 0},
			{ids: a.ID + " " + b.ID + " " + off.ID, code: fault.SubscriptionNotBindable, at: 2},
			{ids: failed.ID, code: fault.SubscriptionNotBindable, at: 0},
		} {
			got, err := s.Bindable("alice", strings.Fields(c.ids), c.all)
			if c.code == "" {
				if err != nil || strings.Join(got, " ") != c.want {
					t.Errorf("%v %q: %q, %v", r, c.ids, got, err)
				}
				continue
			}
			expression := ""
			if c.at >= 0 {
				expression = fmt.Sprintf("Parameters.parameter.where(name='id')[%d]", c.at)
			}
			wantError(t, err, c.code, expression)
			if got != nil {
				t.Errorf("%v %q: %q beside an error", r, c.ids, got)
			}
		}
		if r == fhir.R5 {
			v := s.create(s.subscription(order{status: "entered-in-error"}))
			_, err := s.Bindable("alice", []string{v.ID}, false)
			wantError(t, err, fault.SubscriptionNotBindable, "Parameters.parameter.where(name='id')[0]")
		}
	}
}

func TestStatusBundle(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		a, b := s.create(s.subscription(order{content: "empty"})), s.create(s.subscription(order{status: "off"}))
		s.patient("male")
		for _, c := range []struct {
			q    world.StatusQuery
			want string
		}{
			{world.StatusQuery{}, a.ID + " active 1, " + b.ID + " off 0"},
			{world.StatusQuery{Statuses: []string{"off", "error"}}, b.ID + " off 0"},
			{world.StatusQuery{Statuses: []string{"error"}}, ""},
			{world.StatusQuery{IDs: []string{b.ID, "nothing", a.ID, b.ID}}, b.ID + " off 0, " + a.ID + " active 1"},
			{world.StatusQuery{IDs: []string{"nothing"}}, ""},
			{world.StatusQuery{IDs: []string{a.ID}, Instance: true}, a.ID + " active 1"},
		} {
			c.q.Self = s.base + "/Subscription/$status"
			bundle, err := s.World.StatusBundle("alice", c.q)
			if err != nil {
				t.Fatal(err)
			}
			var checker notification.Checker
			reading, issues := checker.Read(bundle, r)
			if !fault.Valid(issues) || !reading.Searchset {
				t.Errorf("%v: %v in %s", r, issues, bundle)
			}
			var got []string
			for _, status := range reading.Statuses {
				got = append(got, fmt.Sprintf("%s %s %d", strings.TrimPrefix(status.Subscription, s.base+"/Subscription/"), status.State, status.EventsSinceStart))
				if status.Topic == "" || status.Type != notification.QueryStatus {
					t.Errorf("%v: %+v", r, status)
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%v %+v: %q, want %q", r, c.q, got, c.want)
			}
		}
		_, err := s.World.StatusBundle("alice", world.StatusQuery{IDs: []string{"x"}, Instance: true, Self: "http://x"})
		wantError(t, err, fault.NotFound, "")
		_, err = s.World.StatusBundle("alice", world.StatusQuery{Statuses: []string{"fine"}, Self: "http://x"})
		wantError(t, err, fault.InvalidQuery, "Parameters.parameter.where(name='status')")
	}
}

func TestEventsBundle(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r, func(c *world.Config) { c.MaxEvents = 4 })
		v := s.create(s.subscription(order{content: "full-resource", maxCount: 2}))
		ask := func(since, until, content string) notification.Status {
			t.Helper()
			answer, err := s.EventsBundle("alice", v.ID, world.EventsQuery{Since: since, Until: until, Content: content})
			if err != nil {
				t.Fatal(err)
			}
			status := read(t, r, answer.Bundle)
			var numbers []int64
			for _, e := range status.Events {
				numbers = append(numbers, e.Number)
			}
			if !slices.Equal(answer.Numbers, numbers) || answer.Total != status.EventsSinceStart {
				t.Errorf("%v: told of %v of %d, the Bundle has %v of %d", r, answer.Numbers, answer.Total, numbers, status.EventsSinceStart)
			}
			return status
		}
		empty := ask("", "", "")
		want := notification.QueryEvent
		if r == fhir.R5 {
			want = notification.QueryStatus // sst-1
		}
		if empty.Type != want || len(empty.Events)+len(empty.Errors) > 0 {
			t.Errorf("%v: nothing is answered by %+v", r, empty)
		}
		for range 6 {
			s.patient("male")
		}
		for _, c := range []struct{ since, until, want string }{
			{"", "", "[3 4 5 6] 1 to 2"},
			{"0", "", "[3 4 5 6] 1 to 2"},
			{"3", "", "[3 4 5 6]"},
			{"4", "5", "[4 5]"},
			{"5", "5", "[5]"},
			{"2", "3", "[3] 2 to 2"},
			{"1", "1", "[] 1 to 1"},
			{"0", "0", "[]"},
			{"7", "", "[]"},
			{"6", "9223372036854775807", "[6]"},
			{"", "4", "[3 4] 1 to 2"},
			{"0004", "5", "[4 5]"},
		} {
			status := ask(c.since, c.until, "")
			numbers := []int64{}
			for _, e := range status.Events {
				numbers = append(numbers, e.Number)
				if e.Focus.Body == nil {
					t.Errorf("%v: no resource in event %d", r, e.Number)
				}
			}
			got := fmt.Sprint(numbers)
			for _, e := range status.Errors {
				if e.Code != "events-not-kept" {
					t.Errorf("%v: %+v", r, e)
				}
				got += " " + strings.TrimPrefix(e.Display[:strings.Index(e.Display, " are")], "The events ")
			}
			if got != c.want || status.EventsSinceStart != 6 || status.State != "active" {
				t.Errorf("%v from %q to %q: %s of %d, want %s", r, c.since, c.until, got, status.EventsSinceStart, c.want)
			}
		}
		for _, c := range []struct{ since, until, content, expression string }{
			{"x", "", "", "eventsSinceNumber"},
			{"-1", "", "", "eventsSinceNumber"},
			{"-0", "", "", "eventsSinceNumber"},
			{"+1", "", "", "eventsSinceNumber"},
			{"1.0", "", "", "eventsSinceNumber"},
			{" 1", "", "", "eventsSinceNumber"},
			{"", "9223372036854775808", "", "eventsUntilNumber"},
			{"3", "2", "", "eventsUntilNumber"},
			{"", "", "everything", "content"},
		} {
			_, err := s.EventsBundle("alice", v.ID, world.EventsQuery{Since: c.since, Until: c.until, Content: c.content})
			wantError(t, err, fault.InvalidQuery, "Parameters.parameter.where(name='"+c.expression+"')")
			if fault.CodeOf(err).HTTPStatus() != 400 {
				t.Errorf("%v answers with %d", err, fault.CodeOf(err).HTTPStatus())
			}
		}
		if e := ask("6", "", "id-only").Events[0]; e.Focus.URL == "" || e.Focus.Body != nil {
			t.Errorf("%v: id-only hint: %+v", r, e)
		}
		if e := ask("6", "", "empty").Events[0]; e.Focus.URL != "" {
			t.Errorf("%v: empty hint: %+v", r, e)
		}
		v = s.create(s.subscription(order{content: "id-only"}))
		s.patient("male")
		if e := ask("", "", "full-resource").Events[0]; e.Focus.URL == "" || e.Focus.Body != nil {
			t.Errorf("%v: the hint exceeds the level: %+v", r, e)
		}
	}
}

func TestResend(t *testing.T) {
	s := newScene(t, fhir.R4B)
	v := s.create(s.subscription(order{}))
	one, two := s.ear(), s.ear()
	for range 4 {
		s.patient("male")
		s.clock.Advance(time.Minute)
	}
	if events, sinks, err := s.Resend("alice", v.ID, world.ResendQuery{}); events != 4 || sinks != 0 || err != nil {
		t.Errorf("to nobody: %d, %d, %v", events, sinks, err)
	}
	s.attach(one, v.ID)
	s.attach(two, v.ID)
	one.hears(v.ID + " handshake active 4")
	for _, c := range []struct {
		q    world.ResendQuery
		want string
	}{
		{world.ResendQuery{SinceNumber: "2", UntilNumber: "3"}, "2 3"},
		{world.ResendQuery{SinceInstant: "2026-01-01T00:01:00Z", UntilInstant: "2026-01-01T01:02:00.000+01:00"}, "2 3"},
		{world.ResendQuery{SinceInstant: "2026-01-01T00:01:00.000000001Z"}, "3 4"},
		{world.ResendQuery{UntilInstant: "2026-01-01T00:00:00Z"}, "1"},
		{world.ResendQuery{SinceNumber: "2", UntilInstant: "2026-01-01T00:01:00Z"}, "2"},
		{world.ResendQuery{SinceNumber: "9"}, ""},
	} {
		events, sinks, err := s.Resend("alice", v.ID, c.q)
		if want := strings.Fields(c.want); events != len(want) || sinks != 2 || err != nil {
			t.Errorf("%+v: %d, %d, %v", c.q, events, sinks, err)
		}
		var list []string
		for _, n := range strings.Fields(c.want) {
			list = append(list, v.ID+" event-notification active "+n+" ["+n+"]")
		}
		one.hears(list...)
	}
	if len(two.heard) != 1+8 {
		t.Errorf("the second sink hears %q", two.heard)
	}
	for _, c := range []struct {
		q          world.ResendQuery
		expression string
	}{
		{world.ResendQuery{SinceNumber: "x"}, "eventsSinceNumber"},
		{world.ResendQuery{SinceInstant: "2026-01-01"}, "eventsSinceInstant"},
		{world.ResendQuery{UntilInstant: "2026-01-01T23:59:60Z"}, "eventsUntilInstant"},
		{world.ResendQuery{SinceInstant: "2026-01-02T00:00:00Z", UntilInstant: "2026-01-01T00:00:00Z"}, "eventsUntilInstant"},
	} {
		_, _, err := s.Resend("alice", v.ID, c.q)
		wantError(t, err, fault.InvalidQuery, "Parameters.parameter.where(name='"+c.expression+"')")
	}
	if s.State().Subscriptions[0].Events != 4 {
		t.Error("a resend is counted as an event")
	}
}

// TestEmitMakesUpAResource: an event can be had before there is a resource, and
// nobody hears of what was made up for it but the Subscription asked for.
func TestEmitMakesUpAResource(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		v, other := s.create(s.subscription(order{content: "full-resource"})), s.create(s.subscription(order{content: "id-only"}))
		e := s.ear()
		s.attach(e, v.ID, other.ID)
		if _, err := s.Emit(world.Emission{Subscription: v.ID}); err != nil {
			t.Fatalf("%v: %v", r, err)
		}
		e.hears(v.ID+" handshake active 0", other.ID+" handshake active 0", v.ID+" event-notification active 1 [1]")
		event := e.last.Events[0]
		_, id, _ := strings.Cut(event.Focus.URL, "/Patient/")
		if kept, err := s.Read("alice", "Patient", id); err != nil || string(kept.Body) != string(event.Focus.Body) {
			t.Errorf("%v: the event is about %s, which reads as %s, %v", r, event.Focus.URL, kept.Body, err)
		}
	}
}

func TestEmit(t *testing.T) {
	for _, r := range releases {
		s := newScene(t, r)
		v := s.create(s.subscription(order{filters: []string{"gender=female"}, content: "full-resource"}))
		e := s.ear()
		s.attach(e, v.ID)
		p := s.patient("male")
		emitted, err := s.Emit(world.Emission{Subscription: v.ID, Interaction: "create", Count: 2})
		if err != nil || len(emitted) != 1 || emitted[0] != (world.Emitted{Subscription: v.ID, First: 1, Last: 2}) {
			t.Errorf("%v: %+v, %v", r, emitted, err)
		}
		e.hears(v.ID+" handshake active 0", v.ID+" event-notification active 1 [1]", v.ID+" event-notification active 2 [2]")
		if event := e.last.Events[0]; event.Interaction != notification.Create || string(event.Focus.Body) != string(p.Body) {
			t.Errorf("%v: %+v", r, event)
		}
		other := s.create(s.subscription(order{content: "empty"}))
		off := s.create(s.subscription(order{status: "off"}))
		s.create(s.subscription(order{topic: "Observation", content: "empty"}))
		emitted, err = s.Emit(world.Emission{Topic: "http://wsbind.example/SubscriptionTopic/Patient", Focus: "Patient/gone", Interaction: "delete"})
		if err != nil || len(emitted) != 2 || emitted[0].Subscription != v.ID || emitted[1].Subscription != other.ID {
			t.Errorf("%v: %+v, %v", r, emitted, err)
		}
		e.hears(v.ID + " event-notification active 3 [3]")
		if event := e.last.Events[0]; event.Interaction != notification.Delete || event.Focus.URL != s.base+"/Patient/gone" {
			t.Errorf("%v: %+v", r, event)
		}
		if emitted, err := s.Emit(world.Emission{Topic: "http://wsbind.example/SubscriptionTopic/Group"}); err != nil || emitted == nil || len(emitted) != 0 {
			t.Errorf("%v: a topic that nobody follows: %+v, %v", r, emitted, err)
		}
		for _, c := range []struct {
			e          world.Emission
			code       fault.Code
			expression string
		}{
			{world.Emission{}, fault.MalformedRequest, ""},
			{world.Emission{Subscription: v.ID, Topic: "http://x"}, fault.MalformedRequest, ""},
			{world.Emission{Subscription: "x"}, fault.NotFound, "subscription"},
			{world.Emission{Subscription: off.ID}, fault.BusinessRule, "subscription"},
			{world.Emission{Topic: "http://x"}, fault.NotFound, "topic"},
			{world.Emission{Subscription: v.ID, Count: world.MaxEmit + 1}, fault.MalformedRequest, "count"},
			{world.Emission{Subscription: v.ID, Interaction: "patch"}, fault.MalformedRequest, "interaction"},
			{world.Emission{Subscription: v.ID, Focus: "Patient"}, fault.MalformedRequest, "focus"},
			{world.Emission{Subscription: v.ID, Focus: "Patient/a/b"}, fault.MalformedRequest, "focus"},
			{world.Emission{Subscription: v.ID, Focus: "Weather/1"}, fault.MalformedRequest, "focus"},
			{world.Emission{Subscription: v.ID, Focus: "Patient/gone"}, fault.NotFound, "focus"},
		} {
			_, err := s.Emit(c.e)
			wantError(t, err, c.code, c.expression)
		}
		e.hears()
		if err := s.SetError(v.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Emit(world.Emission{Subscription: v.ID}); err != nil {
			t.Error(err)
		}
		e.hears(v.ID + " query-status error 3") // counted, not pushed
		if state := s.State().Subscriptions[0]; state.Events != 4 || state.Kept != 4 || state.Bound != 1 || state.Status != "error" || state.Content != "full-resource" {
			t.Errorf("%v: %+v", r, state)
		}
	}
}
