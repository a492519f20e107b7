package draw_test

import (
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/wsbind/wsbind/mockserver/draw"
)

// What others draw, and in which order, changes nothing.
func TestDrawsDoNotDependOnOneAnother(t *testing.T) {
	alone := draw.New(7, "t")
	want := []string{alone.ID("id", "alice"), alone.ID("id", "alice"), alone.ID("id", "alice")}

	crowd := draw.New(7, "t")
	var others sync.WaitGroup
	for range 8 {
		others.Go(func() {
			for range 100 {
				crowd.ID("id", "bob")
				crowd.Next("fault", "alice")
			}
		})
	}
	got := []string{crowd.ID("id", "alice"), crowd.ID("id", "alice"), crowd.ID("id", "alice")}
	others.Wait()
	if !slices.Equal(got, want) {
		t.Errorf("alice drew %v in a crowd, %v alone", got, want)
	}
}

func TestEveryPartOfTheKeyCounts(t *testing.T) {
	draws := map[draw.Draw]string{}
	for name, d := range map[string]draw.Draw{
		"plain":        draw.New(1, "t").At("p", "s", 0),
		"seed":         draw.New(2, "t").At("p", "s", 0),
		"tenant":       draw.New(1, "u").At("p", "s", 0),
		"purpose":      draw.New(1, "t").At("q", "s", 0),
		"subject":      draw.New(1, "t").At("p", "r", 0),
		"count":        draw.New(1, "t").At("p", "s", 1),
		"moved border": draw.New(1, "t").At("ps", "", 0),
	} {
		if other, twice := draws[d]; twice {
			t.Errorf("%s and %s draw the same", name, other)
		}
		draws[d] = name
	}
}

func TestDrawsAreInRange(t *testing.T) {
	s := draw.New(1, "")
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	sum, below := 0.0, [7]int{}
	for range 10_000 {
		d := s.Next("p", "s")
		if f := d.Float(); f < 0 || f >= 1 {
			t.Fatalf("Float is %v", f)
		} else {
			sum += f
		}
		below[d.Below(7)]++
		if id := d.ID(); !uuid.MatchString(id) {
			t.Fatalf("ID is %q", id)
		}
	}
	if mean := sum / 10_000; mean < 0.48 || mean > 0.52 {
		t.Errorf("the mean of Float is %v", mean)
	}
	if slices.Min(below[:]) < 1200 {
		t.Errorf("Below is uneven: %v", below)
	}
}

// Reading an id must not change the draw.
func TestIDLeavesTheDrawAlone(t *testing.T) {
	d := draw.New(1, "").At("p", "s", 0)
	before := d
	d.ID()
	if d != before {
		t.Error("the draw changed")
	}
}
