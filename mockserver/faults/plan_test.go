package faults

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/draw"
)

func newPlan(t *testing.T, profile Profile, specs ...Spec) *Plan {
	t.Helper()
	p := NewPlan(draw.New(7, "t"), profile, nil)
	if err := p.Next(specs...); err != nil {
		t.Fatal(err)
	}
	return p
}

var event = Occasion{Point: Event, FHIR: "R5", Caller: "alice", Subscription: "s1", Socket: 3}

// strikes draws for occasions, one after the other, and returns what strikes: a
// dot where nothing does.
func strikes(p *Plan, occasions ...Occasion) string {
	var list []string
	for _, o := range occasions {
		name := "."
		if i, struck := p.Draw(o, nil); struck {
			name = i.Fault
		}
		list = append(list, name)
	}
	return strings.Join(list, " ")
}

func TestQueue(t *testing.T) {
	for _, test := range []struct {
		name  string
		specs []Spec
		want  string // of six events
	}{
		{"nothing", nil, ". . . . . ."},
		{"once", []Spec{{Fault: Gap}}, "gap . . . . ."},
		{"in order", []Spec{{Fault: Gap}, {Fault: Duplicate}, {Fault: Gap}}, "gap duplicate gap . . ."},
		{"several times", []Spec{{Fault: Gap, Times: 2}, {Fault: Duplicate}}, "gap gap duplicate . . ."},
		{"after some", []Spec{{Fault: Gap, After: 2}}, ". . gap . . ."},
		{"after some, several times", []Spec{{Fault: Gap, After: 1, Times: 2}}, ". gap gap . . ."},
		{"after is counted from now on", []Spec{{Fault: Duplicate}, {Fault: Gap, After: 4}}, "duplicate . . . gap ."},
		{"the order of waiting does not matter", []Spec{{Fault: Gap, After: 4}, {Fault: Duplicate}}, "duplicate . . . gap ."},
		{"who waits is overtaken", []Spec{{Fault: Gap, After: 1}, {Fault: Duplicate, Times: 3}}, "duplicate gap duplicate duplicate . ."},
		{"certainty", []Spec{{Fault: Gap, Probability: 1}}, "gap gap gap gap gap gap"},
		{"what is queued comes before chance", []Spec{{Fault: Gap, Probability: 1}, {Fault: Duplicate}}, "duplicate gap gap gap gap gap"},
		{"chance after some", []Spec{{Fault: Gap, Probability: 1, After: 5}}, ". . . . . gap"},
		{"another point", []Spec{{Fault: StoppedHeartbeats}}, ". . . . . ."},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlan(t, Polite, test.specs...)
			if got := strikes(p, slices.Repeat([]Occasion{event}, 6)...); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		spec  Spec
		other Occasion
	}{
		{Spec{Caller: "alice"}, Occasion{Event, "R5", "bob", "s1", 3, ""}},
		{Spec{Caller: "alice"}, Occasion{Event, "R5", "", "s1", 3, ""}}, // nobody is known yet
		{Spec{Subscription: "s1"}, Occasion{Event, "R5", "alice", "s2", 3, ""}},
		{Spec{Subscription: "s1"}, Occasion{Event, "R5", "alice", "", 3, ""}},
		{Spec{FHIR: "R5"}, Occasion{Event, "R4", "alice", "s1", 3, ""}},
		{Spec{Socket: 3}, Occasion{Event, "R5", "alice", "s1", 4, ""}},
		{Spec{Caller: "alice", Subscription: "s1", FHIR: "R5", Socket: 3}, Occasion{Event, "R5", "alice", "s1", 4, ""}},
		{Spec{}, Occasion{Heartbeat, "R5", "alice", "s1", 3, ""}},
	} {
		test.spec.Fault = Gap
		p := newPlan(t, Polite, test.spec)
		if got := strikes(p, test.other, event, event); got != ". gap ." {
			t.Errorf("%+v with %+v first: %s", test.spec, test.other, got)
		}
	}
}

// A caller may be named by a token, which is then seen nowhere.
func TestCallersAreNamed(t *testing.T) {
	p := NewPlan(draw.New(7, "t"), Polite, func(caller string) string { return strings.TrimPrefix(caller, "secret-of-") })
	planned, err := p.Add(Spec{Fault: Gap, Caller: "secret-of-alice"}, Spec{Fault: Gap})
	if err != nil || planned[0].Caller != "alice" || planned[1].Caller != "" {
		t.Fatalf("planned is %+v, %v", planned, err)
	}
	if i, struck := p.Draw(event, nil); !struck || i.Caller != "alice" {
		t.Errorf("%+v strikes", i)
	}
}

func TestOn(t *testing.T) {
	at := func(on string) Occasion { return Occasion{Point: Operation, FHIR: "R5", Caller: "alice", On: on} }
	all := []Occasion{at(""), at("$events"), at(tokenOperation)}
	for _, test := range []struct {
		spec Spec
		want string
	}{
		{Spec{Fault: Forbidden}, ". . forbidden"},
		{Spec{Fault: Forbidden, On: "$events"}, ". forbidden ."},
		{Spec{Fault: Forbidden, On: "$status"}, ". . ."},
		{Spec{Fault: Forbidden, On: "*", Times: 3}, "forbidden forbidden forbidden"},
		{Spec{Fault: InsecureURL}, ". . insecure-url"}, // one without that option
	} {
		if got := strikes(newPlan(t, Polite, test.spec), all...); got != test.want {
			t.Errorf("%+v: %s, want %s", test.spec, got, test.want)
		}
	}
}

// What cannot be carried out waits, and its turn is not counted.
func TestWhatCannotBeDoneWaits(t *testing.T) {
	p := newPlan(t, Polite, Spec{Fault: Gap, After: 1}, Spec{Fault: Duplicate})
	no := func(name string) bool { return name != Gap }
	if i, struck := p.Draw(event, no); !struck || i.Fault != Duplicate {
		t.Fatalf("%+v strikes, the gap was impossible", i)
	}
	if got := strikes(p, event, event, event); got != ". gap ." {
		t.Errorf("afterwards: %s", got)
	}
}

func TestRemoveAndClear(t *testing.T) {
	p := newPlan(t, Polite)
	planned, err := p.Add(Spec{Fault: Gap}, Spec{Fault: Duplicate}, Spec{Fault: Reordered})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Remove(planned[1].ID) || p.Remove(planned[1].ID) || p.Remove(99) {
		t.Error("Remove reports another thing than it did")
	}
	if got := strikes(p, event); got != "gap" {
		t.Fatalf("%s strikes", got)
	}
	if p.Remove(planned[0].ID) {
		t.Error("what has struck is still planned")
	}
	p.Clear()
	if got := strikes(p, event); got != "." {
		t.Errorf("%s strikes after Clear", got)
	}
	if more, err := p.Add(Spec{Fault: Gap}); err != nil || more[0].ID <= planned[2].ID {
		t.Errorf("an id is used again: %+v, %v", more, err)
	}
}

func TestState(t *testing.T) {
	p := newPlan(t, Surprising, Spec{Fault: Gap, Times: 2}, Spec{Fault: WrongBundleType, Probability: 1})
	strikes(p, event, event, event)
	s := p.State()
	if s.Profile != Surprising || s.Seed != 7 || s.Struck[Gap] != 2 || s.Struck[WrongBundleType] != 1 {
		t.Errorf("the state is %+v", s)
	}
	if len(s.Planned) != 1 || s.Planned[0].Fault != WrongBundleType || s.Planned[0].Struck != 1 || s.Planned[0].Left != 0 {
		t.Errorf("planned is %+v", s.Planned)
	}
	s.Struck[Gap], s.Planned[0].Struck = 99, 99
	if again := p.State(); again.Struck[Gap] != 2 || again.Planned[0].Struck != 1 {
		t.Error("a snapshot is no copy")
	}
}

func TestPlanIsBounded(t *testing.T) {
	p := newPlan(t, Polite, slices.Repeat([]Spec{{Fault: Gap}}, maxPlanned-1)...)
	err := p.Next(Spec{Fault: Gap}, Spec{Fault: Gap})
	if !errors.Is(err, fault.LimitReached) || !strings.Contains(err.Error(), "9999 faults are planned and 2 more are asked for, at most 10000") {
		t.Errorf("the error is %v", err)
	}
	if err := p.Next(Spec{Fault: Gap}); err != nil {
		t.Errorf("the last place: %v", err)
	}
	if strikes(p, event) != "gap" || p.Next(Spec{Fault: Gap}) != nil {
		t.Error("a strike makes no room")
	}
}

// One bad Spec, and nothing of the list is planned.
func TestAllOrNothing(t *testing.T) {
	p := newPlan(t, Polite)
	err := p.Next(Spec{Fault: Gap}, Spec{Fault: Gap, Times: -1})
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Expression != "faults[1].times" {
		t.Errorf("the error is %v", err)
	}
	if planned := p.State().Planned; len(planned) != 0 {
		t.Errorf("planned is %+v", planned)
	}
}

func TestNilPlanIsPolite(t *testing.T) {
	var p *Plan
	if got := strikes(p, event); got != "." {
		t.Errorf("%s strikes", got)
	}
}

// TestConcurrently is for the race detector, and counts.
func TestConcurrently(t *testing.T) {
	const workers, each = 8, 200
	p := newPlan(t, Hostile, Spec{Fault: Gap, Times: workers * each / 2})
	var struck sync.Map
	var all sync.WaitGroup
	for n := range workers {
		all.Go(func() {
			o := event
			o.Subscription = fmt.Sprint("s", n)
			count := 0
			for k := range each {
				if i, ok := p.Draw(o, nil); ok && i.Fault == Gap {
					count++
				}
				if planned, err := p.Add(Spec{Fault: NoPong}); err == nil && k%2 == 0 {
					p.Remove(planned[0].ID)
				}
				p.UseProfile(Profiles()[k%3])
				p.State()
			}
			struck.Store(n, count)
		})
	}
	all.Wait()
	total := 0
	struck.Range(func(_, count any) bool { total += count.(int); return true })
	if state := p.State(); total < workers*each/2 || state.Struck[Gap] != total || len(state.Planned) != workers*each/2 {
		t.Errorf("%d gaps were drawn, %d counted, %d faults are left", total, state.Struck[Gap], len(state.Planned))
	}
}
