package faults

import (
	"errors"
	"slices"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/draw"
)

// everything are occasions at every point that a fault belongs to.
func everything() (list []Occasion) {
	for _, f := range catalogue {
		o := Occasion{Point: f.Point, FHIR: "R5", Caller: "alice", Subscription: "s1"}
		if f.Point == Operation {
			o.On = tokenOperation
		}
		if !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	return list
}

// struckBy returns the names of what strikes in a profile, given long enough.
func struckBy(p *Plan) map[string]int {
	for range 5000 {
		for _, o := range everything() {
			p.Draw(o, nil)
		}
	}
	return p.State().Struck
}

func TestProfiles(t *testing.T) {
	for _, profile := range append(Profiles(), "") {
		struck := struckBy(NewPlan(draw.New(7, ""), profile, nil))
		for _, f := range catalogue {
			due := profile == Hostile || profile == Surprising && f.Layer == LayerLegal
			if (struck[f.Name] > 0) != due {
				t.Errorf("profile %q: %s strikes %d times", profile, f.Name, struck[f.Name])
			}
		}
		if profile.Means() == "" {
			t.Errorf("profile %q means nothing", profile)
		}
	}
}

// By themselves, profiles strike the operation that gives tokens and no other.
func TestProfilesSpareOtherRequests(t *testing.T) {
	p := newPlan(t, Hostile)
	for range 2000 {
		for _, on := range []string{"", "$events", "$status"} {
			if i, struck := p.Draw(Occasion{Point: Operation, On: on}, nil); struck {
				t.Fatalf("%s strikes %q", i.Fault, on)
			}
		}
	}
}

func TestUseProfile(t *testing.T) {
	p := newPlan(t, Hostile)
	p.UseProfile("")
	if struck := struckBy(p); len(struck) > 0 || p.State().Profile != Polite {
		t.Errorf("%v strike in the profile %q", struck, p.State().Profile)
	}
	p.UseProfile(Surprising)
	if len(struckBy(p)) == 0 {
		t.Error("nothing strikes")
	}
}

// What strikes by a profile has the options that it needs.
func TestProfilesGiveOptions(t *testing.T) {
	p := newPlan(t, Hostile)
	only := func(name string) bool { return name == CloseAfterHand }
	for range 5000 {
		if i, struck := p.Draw(Occasion{Point: Handshake}, only); struck {
			if i.Code != 1001 {
				t.Errorf("the code is %d", i.Code)
			}
			return
		}
	}
	t.Error("the fault never strikes")
}

func TestParseProfile(t *testing.T) {
	for _, want := range Profiles() {
		if got, err := ParseProfile(string(want)); got != want || err != nil {
			t.Errorf("%s is read as %s, %v", want, got, err)
		}
	}
	if got, err := ParseProfile(""); got != Polite || err != nil {
		t.Errorf("nothing is read as %s, %v", got, err)
	}
	_, err := ParseProfile("rude")
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Expression != "profile" {
		t.Errorf("rude: %v", err)
	}
}
