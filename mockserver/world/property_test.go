package world_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// TestRefusedOrExact is the promise of the mock server: whatever Subscription a
// client asks for, it is refused when it is created, or it fires exactly when it
// should. Random topics, Subscriptions in every grammar, and random changes of
// resources are judged a second time by the oracle of oracle_test.go, which
// knows nothing but the words in which they were drawn.
func TestRefusedOrExact(t *testing.T) {
	tally := map[string]int{}
	for _, r := range releases {
		t.Run(r.String(), func(t *testing.T) {
			s := newScene(t, r) // one world: every round cleans up
			for range 15 {      // of rapid's hundred rounds
				rapid.Check(t, func(rt *rapid.T) {
					s.t = rt
					round(rt, s, tally)
				})
			}
			s.t = t
		})
	}
	t.Logf("%v", tally)
	for _, outcome := range []string{"topic refused", "refused", "fires", "silent"} {
		if tally[outcome] < 100 {
			t.Errorf("%d rounds ended with %q: the rounds are drawn too narrowly", tally[outcome], outcome)
		}
	}
}

func round(rt *rapid.T, s *scene, tally map[string]int) {
	w := drawWish(rt, s.release)
	topicKind, topicID := "SubscriptionTopic", ""
	if s.release == fhir.R4 {
		topicKind = "Basic"
	}
	if w.topic != nil && !w.topic.builtin {
		v, err := s.Create("alice", topicKind, []byte(w.topic.text(s.release)))
		if (err == nil) != w.topic.usable() {
			rt.Fatalf("topic %s: %v", w.topic.text(s.release), err)
		}
		if err != nil {
			tally["topic refused"]++
			return
		}
		topicID = v.ID
	}
	text := w.text(s.release)
	v, err := s.Create("alice", "Subscription", []byte(text))
	if (err == nil) != w.usable() {
		rt.Fatalf("%+v\n%s: %v", w, text, err)
	}
	if err != nil {
		tally["refused"]++
		// An empty value breaks the rules of JSON in FHIR before it is a filter.
		if code := fault.CodeOf(err); code.HTTPStatus() != 422 && code != fault.EmptyValue {
			rt.Errorf("%s: refused with %s", text, code)
		}
	} else {
		e := s.ear()
		s.attach(e, v.ID)
		changes(rt, s, w, v.ID, e, tally)
		if err := s.Delete("alice", "Subscription", v.ID); err != nil {
			rt.Fatal(err)
		}
	}
	if topicID != "" {
		if err := s.Delete("alice", topicKind, topicID); err != nil {
			rt.Fatal(err)
		}
	}
}

// changes makes a few changes and compares the events with the oracle's.
func changes(rt *rapid.T, s *scene, w wish, id string, e *ear, tally map[string]int) {
	var there []*thing
	events := 0
	for range rapid.IntRange(1, 6).Draw(rt, "changes") {
		var before, after *thing
		if len(there) > 0 && rapid.Bool().Draw(rt, "again") {
			i := rapid.IntRange(0, len(there)-1).Draw(rt, "which")
			before = there[i]
			if rapid.IntRange(0, 2).Draw(rt, "delete") == 0 {
				there = slices.Delete(there, i, i+1)
				if err := s.Delete("alice", before.kind, before.id); err != nil {
					rt.Fatal(err)
				}
			} else {
				after = drawThing(rt, before.kind)
				after.id = before.id
				there[i] = after
				s.put(after.kind, after.id, after.text(s.release))
			}
		} else {
			after = drawThing(rt, rapid.SampledFrom(kinds).Draw(rt, "kind"))
			after.id = s.create(after.text(s.release)).ID
			there = append(there, after)
		}
		if w.fires(before, after) {
			events++
			tally["fires"]++
		} else {
			tally["silent"]++
		}
		if len(e.heard) != 1+events {
			rt.Fatalf("%s\ntopic %+v\nfrom %+v to %+v: heard %q, %d events are due", w.text(s.release), w.topic, before, after, e.heard, events)
		}
	}
	want := []string{id + " handshake active 0"}
	for n := 1; n <= events; n++ {
		want = append(want, fmt.Sprintf("%s event-notification active %d [%d]", id, n, n))
	}
	e.hears(want...)
}

// A wish is what a client asks for, in words of the test's own.
type wish struct {
	topic   *topicWish // nil for classic criteria
	kind    string     // of classic criteria
	version string     // asked of the topic, "" for any
	filters []filterWish
	grammar int // of those in which R4 and R4B write filters
}

type topicWish struct {
	builtin  bool
	url      string
	triggers []triggerWish
	allowed  []allowance
}

type triggerWish struct {
	kind                 string
	interactions         []string
	previous, current    *condition
	forCreate, forDelete string
	both, path           bool
}

// allowance is a canFilterBy; operators are comparators and modifiers.
type allowance struct {
	kind, parameter string
	operators       []string
}

type filterWish struct {
	kind string
	condition
}

// condition is a search condition. Its operator is a comparator, a modifier or
// nothing.
type condition struct {
	parameter, operator string
	values              []string
}

var (
	kinds       = []string{"Patient", "Observation", "Encounter"}
	comparators = []string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"}
	stamp       int // makes the canonicals of a run differ
)

func drawWish(rt *rapid.T, r fhir.Release) wish {
	w := wish{grammar: rapid.IntRange(0, 3).Draw(rt, "grammar")}
	if r != fhir.R5 && rapid.IntRange(0, 4).Draw(rt, "classic") == 0 {
		w.kind = rapid.SampledFrom(append([]string{"Weather"}, kinds...)).Draw(rt, "kind")
		w.filters = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) filterWish { return filterWish{condition: drawCondition(rt)} }), 0, 2).Draw(rt, "conditions")
		return w
	}
	w.topic = drawTopic(rt)
	w.version = rapid.SampledFrom([]string{"", "", "", "1", "2"}).Draw(rt, "version")
	w.filters = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) filterWish {
		return filterWish{rapid.SampledFrom([]string{"", "", "Patient", "Observation", "Encounter"}).Draw(rt, "of"), drawCondition(rt)}
	}), 0, 2).Draw(rt, "filters")
	return w
}

func drawTopic(rt *rapid.T) *topicWish {
	if rapid.IntRange(0, 3).Draw(rt, "builtin") == 0 {
		kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
		t := &topicWish{builtin: true, url: "http://wsbind.example/SubscriptionTopic/" + kind, triggers: []triggerWish{{kind: kind}}}
		for _, p := range []string{"gender", "birthdate", "status", "subject", "patient", "date"} {
			if knows(kind, p) {
				t.allowed = append(t.allowed, allowance{kind: kind, parameter: p})
			}
		}
		return t
	}
	stamp++
	t := &topicWish{url: fmt.Sprintf("http://example.org/topic/%d", stamp)}
	t.triggers = rapid.SliceOfN(rapid.Custom(drawTrigger), 1, 2).Draw(rt, "triggers")
	t.allowed = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) allowance {
		a := allowance{
			kind:      rapid.SampledFrom([]string{"", "", "Patient", "Observation", "Encounter"}).Draw(rt, "of"),
			parameter: drawParameter(rt),
		}
		if rapid.IntRange(0, 2).Draw(rt, "restricted") == 0 {
			a.operators = rapid.SliceOfNDistinct(rapid.SampledFrom(append([]string{"not", "missing", "exact"}, comparators...)), 1, 4, rapid.ID[string]).Draw(rt, "operators")
		}
		return a
	}), 0, 5).Draw(rt, "allowed")
	return t
}

func drawTrigger(rt *rapid.T) triggerWish {
	t := triggerWish{
		kind:         rapid.SampledFrom(kinds).Draw(rt, "kind"),
		interactions: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"create", "update", "delete"}), 0, 3, rapid.ID[string]).Draw(rt, "interactions"),
		both:         rapid.Bool().Draw(rt, "both"),
		path:         rapid.IntRange(0, 9).Draw(rt, "path") == 0,
	}
	// Half of the conditions fit the type, or nothing would be usable.
	fitting := func() *condition {
		c := drawCondition(rt)
		if !knows(t.kind, c.parameter) && rapid.IntRange(0, 9).Draw(rt, "mend") > 0 {
			c = condition{"_id", "not", []string{"nobody"}}
		}
		return &c
	}
	if rapid.Bool().Draw(rt, "hasPrevious") {
		t.previous = fitting()
		t.forCreate = rapid.SampledFrom([]string{"", "test-passes", "test-fails"}).Draw(rt, "forCreate")
	}
	if rapid.Bool().Draw(rt, "hasCurrent") {
		t.current = fitting()
		t.forDelete = rapid.SampledFrom([]string{"", "test-passes", "test-fails"}).Draw(rt, "forDelete")
	}
	return t
}

func drawParameter(rt *rapid.T) string {
	return rapid.SampledFrom([]string{"gender", "birthdate", "status", "subject", "patient", "date", "colour"}).Draw(rt, "parameter")
}

func drawCondition(rt *rapid.T) condition {
	c := condition{parameter: drawParameter(rt)}
	var pool []string
	switch c.parameter {
	case "gender":
		pool = []string{"male", "female"}
	case "birthdate", "date":
		pool = []string{"2000-01-01", "2000-02-01", "2000-02", "2000", "1999-12-31", "2001"}
		if rapid.Bool().Draw(rt, "compares") {
			c.operator = rapid.SampledFrom(comparators).Draw(rt, "comparator")
		}
	case "subject", "patient":
		pool = []string{"Patient/1", "Patient/2", "1", "http://elsewhere.org/Patient/1"}
	default:
		pool = []string{"final", "planned", "preliminary"}
	}
	if c.operator == "" && rapid.IntRange(0, 3).Draw(rt, "modified") == 0 {
		c.operator = rapid.SampledFrom([]string{"not", "missing", "exact"}).Draw(rt, "modifier")
	}
	if c.operator == "missing" {
		pool = []string{"true", "false", "perhaps"}
		c.values = []string{rapid.SampledFrom(pool).Draw(rt, "value")}
		return c
	}
	c.values = rapid.SliceOfN(rapid.SampledFrom(pool), 1, 2).Draw(rt, "values")
	if rapid.IntRange(0, 19).Draw(rt, "broken") == 0 {
		c.values[0] = "" // an empty alternative
	}
	return c
}

// thing is a resource, empty members left out.
type thing struct{ kind, id, gender, date, status, subject string }

func drawThing(rt *rapid.T, kind string) *thing {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(append(from, "")).Draw(rt, name) }
	x := &thing{kind: kind, date: pick("date", "2000-01-01", "2000-02-01", "2000-02-29", "1999-12-31", "2001-06-01")}
	if kind == "Patient" {
		x.gender = pick("gender", "male", "female")
		return x
	}
	x.status = pick("status", "final", "planned", "preliminary")
	x.subject = pick("subject", "Patient/1", "Patient/2", "Group/1", "http://elsewhere.org/Patient/1")
	return x
}

func isModifier(operator string) bool {
	return operator != "" && !slices.Contains(comparators, operator)
}

// query writes a condition as a search string.
func (c condition) query() string {
	name, prefix := c.parameter, ""
	if isModifier(c.operator) {
		name += ":" + c.operator
	} else {
		prefix = c.operator
	}
	values := make([]string, len(c.values))
	for i, v := range c.values {
		values[i] = prefix + v
	}
	return name + "=" + strings.Join(values, ",")
}
