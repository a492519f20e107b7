package review

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// Assertion says how often something must have happened. Without Times, AtLeast,
// AtMost and Never it must have happened at least once.
type Assertion struct {
	Fact    string `json:"fact"`
	Times   *int   `json:"times,omitempty"` // exactly
	AtLeast *int   `json:"atLeast,omitempty"`
	AtMost  *int   `json:"atMost,omitempty"`
	Never   bool   `json:"never,omitempty"` // as times 0
	// Where limits it to facts with these values of caller, subscription, fhir,
	// socket, or of an attribute of the fact.
	Where map[string]string `json:"where,omitempty"`

	said string // the clause that it was read from
}

// Read reads what JSON asserts: a sentence, which may be several assertions, or an
// object with the members of [Assertion].
func Read(raw []byte) ([]Assertion, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '"' {
		var sentence string
		if err := json.Unmarshal(raw, &sentence); err != nil {
			return nil, fault.At(fault.MalformedRequest, "assertion", "the assertion is no JSON string: "+err.Error())
		}
		return Parse(sentence)
	}
	var a struct {
		Assertion
		Where map[string]any `json:"where"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		return nil, fault.At(fault.MalformedRequest, "assertion",
			"an assertion is a sentence or an object with fact, times, atLeast, atMost, never and where: "+err.Error())
	}
	for name, value := range a.Where {
		text, err := plain(value)
		if err != nil {
			return nil, fault.At(fault.MalformedRequest, "where."+name, "where."+name+" must be a string, a number or a boolean")
		}
		if a.Assertion.Where == nil {
			a.Assertion.Where = map[string]string{}
		}
		a.Assertion.Where[name] = text
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	return []Assertion{a.Assertion}, nil
}

// plain writes a JSON value that is no list or object.
func plain(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case json.Number:
		return v.String(), nil
	}
	return "", fault.MalformedRequest
}

// check says what is wrong with an assertion.
func (a *Assertion) check() error {
	if wordFor(a.Fact) == nil {
		return fault.At(fault.MalformedRequest, "fact", fault.Quote(a.Fact)+" is no fact: one of "+strings.Join(factNames(), ", ")+" is due")
	}
	allowed := slices.Clone(common)
	for _, w := range vocabulary {
		if w.fact == a.Fact {
			allowed = append(allowed, w.attributes...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Where)) {
		if !slices.Contains(allowed, name) {
			slices.Sort(allowed)
			return fault.At(fault.MalformedRequest, "where."+name, a.Fact+" has no "+fault.Quote(name)+
				": one of "+strings.Join(slices.Compact(allowed), ", ")+" is due")
		}
	}
	return a.checkCounts()
}

func (a *Assertion) checkCounts() error {
	for name, n := range map[string]*int{"times": a.Times, "atLeast": a.AtLeast, "atMost": a.AtMost} {
		if n != nil && *n < 0 {
			return fault.At(fault.MalformedRequest, name, name+" is "+strconv.Itoa(*n)+", 0 or more is possible")
		}
	}
	switch {
	case a.Times != nil && (a.AtLeast != nil || a.AtMost != nil || a.Never):
		return fault.At(fault.MalformedRequest, "times", "times says it all: leave out atLeast, atMost and never")
	case a.Never && (a.AtLeast != nil || a.AtMost != nil):
		return fault.At(fault.MalformedRequest, "never", "never says it all: leave out atLeast and atMost")
	case a.AtLeast != nil && a.AtMost != nil && *a.AtLeast > *a.AtMost:
		return fault.At(fault.MalformedRequest, "atLeast", "atLeast "+strconv.Itoa(*a.AtLeast)+" and atMost "+strconv.Itoa(*a.AtMost)+" cannot both hold")
	}
	return nil
}

// factNames lists the facts that can be asserted.
func factNames() []string {
	var list []string
	for _, w := range vocabulary {
		if !slices.Contains(list, w.fact) {
			list = append(list, w.fact)
		}
	}
	return list
}

// limits returns how often it may have happened; most is -1 where there is no limit.
func (a *Assertion) limits() (least, most int) {
	switch {
	case a.Never:
		return 0, 0
	case a.Times != nil:
		return *a.Times, *a.Times
	}
	least, most = 0, -1
	if a.AtLeast != nil {
		least = *a.AtLeast
	}
	if a.AtMost != nil {
		most = *a.AtMost
	}
	if a.AtLeast == nil && a.AtMost == nil {
		least = 1
	}
	return least, most
}

// String says the assertion in words that [Parse] understands.
func (a Assertion) String() string {
	w := wordFor(a.Fact)
	if w == nil {
		return a.Fact
	}
	said := w.phrases[0]
	least, most := a.limits()
	switch {
	case most == 0:
		said = "never " + said
	case least == most:
		said += " exactly " + times(least)
	case most < 0 && a.AtLeast == nil:
	case most < 0:
		said += " at least " + times(least)
	default:
		if least > 0 {
			said += " at least " + times(least)
		}
		said += " at most " + times(most)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Where)) {
		said += " with " + name + " " + strconv.Quote(a.Where[name])
	}
	return said
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}
