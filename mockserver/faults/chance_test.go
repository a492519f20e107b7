package faults

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/draw"
)

// subjects are some whose chances must not touch one another.
func subjects() (list []Occasion) {
	for _, release := range []string{"R4", "R5"} {
		for _, caller := range []string{"alice", "bob"} {
			for _, id := range []string{"s1", "s2"} {
				list = append(list, Occasion{Point: Event, FHIR: release, Caller: caller, Subscription: id})
			}
		}
	}
	return list
}

func TestProbabilityIsKept(t *testing.T) {
	const n = 20_000
	for _, probability := range []float64{0.01, 0.1, 0.5, 0.9} {
		p := newPlan(t, Polite, Spec{Fault: Gap, Probability: probability})
		struck := strings.Count(strikes(p, slices.Repeat([]Occasion{event}, n)...), Gap)
		if deviation := math.Sqrt(n * probability * (1 - probability)); math.Abs(float64(struck)-n*probability) > 4*deviation {
			t.Errorf("probability %v: %d of %d", probability, struck, n)
		}
	}
}

// The order in which subjects have their turns changes nothing for any of them.
func TestSameSeedSameStrikes(t *testing.T) {
	specs := []Spec{{Fault: Gap, Probability: 0.3}, {Fault: Duplicate, Probability: 0.2, FHIR: "R5"}}
	const turns = 60
	alone := map[Occasion]string{}
	for _, o := range subjects() {
		alone[o] = strikes(newPlan(t, Hostile, specs...), slices.Repeat([]Occasion{o}, turns)...)
	}
	order := draw.New(1, "order")
	for n := range 5 {
		p := newPlan(t, Hostile, specs...)
		got := map[Occasion][]string{}
		left := slices.Repeat(subjects(), turns)
		for len(left) > 0 {
			i := order.Next("turn", fmt.Sprint(n)).Below(len(left))
			got[left[i]] = append(got[left[i]], strikes(p, left[i]))
			left[i] = left[len(left)-1]
			left = left[:len(left)-1]
		}
		for o, want := range alone {
			if strings.Join(got[o], " ") != want {
				t.Errorf("%+v: %v in a crowd, %s alone", o, got[o], want)
			}
		}
	}
	seen := map[string]bool{}
	for o, list := range alone {
		if seen[list] || !strings.Contains(list, Gap) {
			t.Errorf("%+v has nothing of its own: %s", o, list)
		}
		seen[list] = true
	}
}

// What is drawn for how a fault strikes replays as well, and differs each time.
func TestStrikesAreDrawn(t *testing.T) {
	draws := func() (list []draw.Draw) {
		p := newPlan(t, Polite, Spec{Fault: MalformedJSON, Times: 3})
		for range 3 {
			i, _ := p.Draw(event, nil)
			list = append(list, i.Draw)
		}
		return list
	}
	first := draws()
	if !slices.Equal(first, draws()) {
		t.Error("the same seed draws another thing")
	}
	if first[0] == first[1] || first[1] == first[2] || first[0] == (draw.Draw{}) {
		t.Errorf("the draws are %x", first)
	}
}

// Taking one fault away leaves the strikes of the others where they were, so
// that a failing run can be cut down.
func TestFaultsDoNotMoveOneAnother(t *testing.T) {
	occasions := slices.Repeat([]Occasion{event}, 200)
	chance := Spec{Fault: MissingStatus, Probability: 0.2}
	alone := strings.Fields(strikes(newPlan(t, Surprising, chance), occasions...))
	with := strings.Fields(strikes(newPlan(t, Surprising, Spec{Fault: Gap, Times: 20, After: 30}, chance), occasions...))
	for i := range alone {
		if with[i] != alone[i] && with[i] != Gap {
			t.Errorf("event %d: %s, without the gaps %s", i, with[i], alone[i])
		}
	}
}

func TestAnotherSeedStrikesElsewhere(t *testing.T) {
	occasions := slices.Repeat([]Occasion{event}, 200)
	one, other := NewPlan(draw.New(1, ""), Hostile, nil), NewPlan(draw.New(2, ""), Hostile, nil)
	if strikes(one, occasions...) == strikes(other, occasions...) {
		t.Error("seeds 1 and 2 strike alike")
	}
}
