package faults

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// MaxDelay bounds Spec.Delay. MaxEvents bounds a Spec.Count of events, and
// MaxCount one of bytes. maxTimes bounds Times and After.
const (
	MaxDelay  = time.Hour
	MaxEvents = 10_000
	MaxCount  = 64 << 20
	maxTimes  = 1_000_000
)

// Spec says which fault strikes and when. Only Fault must be set.
type Spec struct {
	// Fault is a name of the catalogue.
	Fault string `json:"fault"`

	// Times is how often it strikes when it is queued. Default: once.
	Times int `json:"times,omitempty"`
	// After lets so many occasions pass first, also those at which another fault
	// strikes.
	After int `json:"after,omitempty"`
	// Probability, above 0 and up to 1, makes it strike by chance instead, for as
	// long as it is planned.
	Probability float64 `json:"probability,omitempty"`

	// Caller limits it to one caller: a bearer token, or the name that callers
	// have in the journal. Subscription limits it to one Subscription by its id,
	// FHIR to one release, Socket to one websocket.
	Caller       string `json:"caller,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	FHIR         string `json:"fhir,omitempty"`
	Socket       uint64 `json:"socket,omitempty"`

	// On is what a fault of the operation layer strikes: an operation such as
	// $events, or * for every request to a FHIR base. Default:
	// $get-ws-binding-token.
	On string `json:"on,omitempty"`
	// Code is a close code or an HTTP status.
	Code int `json:"code,omitempty"`
	// Seconds is a delay, or what Retry-After says.
	Seconds float64 `json:"seconds,omitempty"`
	// Parameter is the one of the answer that is broken, one of Fault.Parameters.
	// Default: drawn.
	Parameter string `json:"parameter,omitempty"`
	// Count is how many events a burst or a notification has, or how many bytes a
	// frame.
	Count int `json:"count,omitempty"`
}

// Delay returns Seconds as a duration.
func (s *Spec) Delay() time.Duration { return time.Duration(s.Seconds * float64(time.Second)) }

// tokenOperation is what faults of the operation layer strike by default.
const tokenOperation = "$get-ws-binding-token"

// operations lists what On may name. What it does not name would wait for ever.
var operations = []string{tokenOperation, "$status", "$events", "$resend", "*"}

// complete checks a Spec and fills in what is not given. The expression of an
// error is the member at fault.
func (s Spec) complete() (Spec, Fault, error) {
	f, err := Find(s.Fault)
	if err != nil {
		return s, f, err
	}
	for _, check := range []func(Fault) error{s.checkWhen, s.checkWhose, s.checkOptions, s.checkValues} {
		if err := check(f); err != nil {
			return s, f, err
		}
	}
	s.fill(f)
	return s, f, nil
}

// wrong is the error about a member, the subject of the sentence.
func wrong(member, why string) error {
	return fault.At(fault.MalformedRequest, member, member+" "+why)
}

// checkRange checks a number that may be absent, which is 0.
func checkRange(member string, value, first, last float64) error {
	if value == 0 || value >= first && value <= last { // never so for what is no number
		return nil
	}
	return wrong(member, "is "+number(value)+", "+number(first)+" to "+number(last)+" is possible")
}

// number writes what is read with one glance in full, and the rest shortly.
func number(value float64) string {
	if math.Abs(value) < 1e12 {
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

func (s *Spec) checkWhen(Fault) error {
	if s.Probability != 0 && s.Times != 0 {
		return wrong("times", "and probability are both given: times queues the fault, probability leaves it to chance")
	}
	return cmp.Or(
		checkRange("times", float64(s.Times), 1, maxTimes),
		checkRange("after", float64(s.After), 0, maxTimes),
		checkRange("probability", s.Probability, 0, 1),
	)
}

func (s *Spec) checkWhose(f Fault) error {
	switch {
	case s.FHIR != "" && s.FHIR != "R4" && s.FHIR != "R4B" && s.FHIR != "R5":
		return wrong("fhir", "is "+fault.Quote(s.FHIR)+", R4, R4B or R5 is due")
	case strings.Contains(s.Subscription, "/"):
		return wrong("subscription", "is "+fault.Quote(s.Subscription)+", the id alone is due")
	case s.Socket != 0 && f.Point == Operation:
		return wrong("socket", "means nothing to the fault "+f.Name+", which strikes before there is one")
	}
	return nil
}

// checkOptions refuses an option that the fault does not read.
func (s *Spec) checkOptions(f Fault) error {
	for _, o := range []struct {
		option Option
		given  bool
	}{
		{OptionOn, s.On != ""},
		{OptionCode, s.Code != 0},
		{OptionDelay, s.Seconds != 0},
		{OptionParameter, s.Parameter != ""},
		{OptionCount, s.Count != 0},
	} {
		if o.given && !slices.Contains(f.Options, o.option) {
			return wrong(string(o.option), "means nothing to the fault "+f.Name)
		}
	}
	return nil
}

// checkValues checks the options that the fault reads.
func (s *Spec) checkValues(f Fault) error {
	firstCode, lastCode := 1000., 4999. // what a close frame may be tried with, legal or not
	if f.Point == Upgrade {
		firstCode, lastCode = 200, 599
	}
	maxCount := float64(MaxEvents)
	if f.Point == Frame {
		maxCount = MaxCount
	}
	if err := cmp.Or(
		checkRange("code", float64(s.Code), firstCode, lastCode),
		checkRange("seconds", s.Seconds, 0, MaxDelay.Seconds()),
		checkRange("count", float64(s.Count), 1, maxCount),
	); err != nil {
		return err
	}
	return cmp.Or(
		checkWord("on", s.On, operations),
		checkWord("parameter", s.Parameter, f.Parameters()),
	)
}

// checkWord checks a word that may be absent.
func checkWord(member, word string, due []string) error {
	if word == "" || slices.Contains(due, word) {
		return nil
	}
	return wrong(member, "is "+fault.Quote(word)+", one of "+strings.Join(due, ", ")+" is due")
}

// fill gives the options that the fault reads their defaults, so that what is
// planned can be planned again as it is shown.
func (s *Spec) fill(f Fault) {
	if s.Times == 0 && s.Probability == 0 {
		s.Times = 1
	}
	s.Code = cmp.Or(s.Code, f.code)
	s.Seconds = cmp.Or(s.Seconds, float64(f.delay))
	s.Count = cmp.Or(s.Count, f.count)
	if slices.Contains(f.Options, OptionOn) {
		s.On = cmp.Or(s.On, tokenOperation)
	}
}
