package review

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Result says whether an assertion holds.
type Result struct {
	Assertion string `json:"assertion"`
	Passed    bool   `json:"passed"`
	Found     int    `json:"found"` // how often it happened
	// Nearest are, where it does not hold, the facts that come closest, or those
	// that are too many.
	Nearest []Near `json:"nearest,omitempty"`
}

// Near is a fact that helps to see why an assertion does not hold.
type Near struct {
	Entry int64  `json:"entry,omitempty"` // of the journal
	Text  string `json:"text"`
}

// maxNear bounds Result.Nearest.
const maxNear = 5

// AssertText says whether each assertion of a sentence holds.
func (r *Reviewer) AssertText(sentence string) ([]Result, error) {
	list, err := Parse(sentence)
	if err != nil {
		return nil, err
	}
	return r.Assert(list...)
}

// Assert says whether assertions hold. The error says which of them cannot be
// understood.
func (r *Reviewer) Assert(list ...Assertion) ([]Result, error) {
	for i := range list {
		if err := list[i].check(); err != nil {
			return nil, err
		}
	}
	facts, lost := r.Facts()
	results := make([]Result, len(list))
	for i := range list {
		results[i] = list[i].judge(facts, lost)
	}
	return results, nil
}

// judge counts facts.
func (a *Assertion) judge(facts []Fact, lost int) Result {
	result := Result{Assertion: cmp.Or(a.said, a.String())}
	var right, wrong []Fact
	for _, f := range facts {
		switch {
		case f.Fact != a.Fact:
		case a.differs(&f) == "":
			right = append(right, f)
		default:
			wrong = append(wrong, f)
		}
	}
	least, most := a.limits()
	result.Found = len(right)
	result.Passed = len(right) >= least && (most < 0 || len(right) <= most)
	if result.Passed {
		return result
	}
	if len(right) < least {
		result.Nearest = a.misses(facts, right, wrong)
	} else {
		result.Nearest = near(right, nil)
	}
	if lost > 0 {
		result.Nearest = append(result.Nearest, Near{Text: strconv.Itoa(lost) + " older facts are kept no more and were not looked at"})
	}
	return result
}

// misses lists facts of the same kind that differ, or else those that are too few,
// or else what is related.
func (a *Assertion) misses(facts, right, wrong []Fact) []Near {
	if len(wrong) > 0 {
		return near(wrong, a.differs)
	}
	if len(right) > 0 {
		return near(right, nil)
	}
	var related []Fact
	for _, f := range facts {
		if slices.Contains(wordFor(a.Fact).related, f.Fact) {
			related = append(related, f)
		}
	}
	if len(related) == 0 {
		return []Near{{Text: "nothing of the kind happened"}}
	}
	return near(related, nil)
}

// near describes the latest facts.
func near(facts []Fact, differs func(*Fact) string) []Near {
	var list []Near
	for _, f := range facts[max(0, len(facts)-maxNear):] {
		text := f.String()
		if differs != nil {
			text += ": " + differs(&f)
		}
		list = append(list, Near{f.N, text})
	}
	return list
}

// differs says in what a fact is not the one that is asserted, "" if it is.
func (a *Assertion) differs(f *Fact) string {
	var why []string
	for _, name := range slices.Sorted(maps.Keys(a.Where)) {
		want := a.Where[name]
		if name == "subscription" {
			if !slices.Contains(f.Subscriptions, want) {
				why = append(why, "subscription is not "+want)
			}
			continue
		}
		if got := f.value(name); got != want {
			why = append(why, name+" is "+cmp.Or(got, "not known")+", not "+want)
		}
	}
	return strings.Join(why, ", ")
}

// value returns an attribute.
func (f *Fact) value(name string) string {
	switch name {
	case "caller":
		return f.Caller
	case "fhir":
		return f.FHIR
	case "socket":
		if f.Socket == 0 {
			return ""
		}
		return strconv.FormatUint(f.Socket, 10)
	}
	return f.Attributes[name]
}
