package faults

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// MaxDelay bounds Spec.Delay, and MaxCount Spec.Count.
const (
	MaxDelay = time.Hour
	MaxCount = 64 << 20
)

// Spec says which fault strikes and when. Only Fault must be set.
type Spec struct {
	// Fault is a name of the catalogue.
	Fault string `json:"fault"`

	// Times is how often it strikes when it is queued. Default: once.
	Times int `json:"times,omitempty"`
	// After lets so many occasions pass first.
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
	// Parameter is the one of the answer that is broken. Default: drawn.
	Parameter string `json:"parameter,omitempty"`
	// Count is how many events a burst has, or how many bytes a frame.
	Count int `json:"count,omitempty"`
}

// Delay returns Seconds as a duration.
func (s *Spec) Delay() time.Duration { return time.Duration(s.Seconds * float64(time.Second)) }

// tokenOperation is what faults of the operation layer strike by default.
const tokenOperation = "$get-ws-binding-token"

// complete checks a Spec and fills in what is not given. The expression of an
// error is the member at fault.
func (s Spec) complete() (Spec, Fault, error) {
	f, known := Lookup(s.Fault)
	if !known {
		return s, f, fault.At(fault.MalformedRequest, "fault", fault.Quote(s.Fault)+" is no fault"+nearest(s.Fault)+"; wsbind faults lists them")
	}
	bad := func(member, why string) (Spec, Fault, error) {
		return s, f, fault.At(fault.MalformedRequest, member, member+" "+why)
	}
	switch {
	case s.Times < 0 || s.Times > 1e6:
		return bad("times", "is "+strconv.Itoa(s.Times)+", 1 to 1000000 is possible")
	case s.After < 0 || s.After > 1e6:
		return bad("after", "is "+strconv.Itoa(s.After)+", 0 to 1000000 is possible")
	case s.Probability < 0 || s.Probability > 1:
		return bad("probability", "is "+strconv.FormatFloat(s.Probability, 'g', -1, 64)+", above 0 and up to 1 is possible")
	case s.Probability > 0 && s.Times > 0:
		return bad("times", "and probability are both given: times queues the fault, probability leaves it to chance")
	case s.Seconds < 0 || s.Delay() > MaxDelay:
		return bad("seconds", "is "+strconv.FormatFloat(s.Seconds, 'g', -1, 64)+", 0 to "+strconv.Itoa(int(MaxDelay/time.Second))+" is possible")
	case s.Count < 0 || s.Count > MaxCount:
		return bad("count", "is "+strconv.Itoa(s.Count)+", 1 to "+strconv.Itoa(MaxCount)+" is possible")
	case s.FHIR != "" && s.FHIR != "R4" && s.FHIR != "R4B" && s.FHIR != "R5":
		return bad("fhir", "is "+fault.Quote(s.FHIR)+", R4, R4B or R5 is due")
	case s.Parameter != "" && !slices.Contains(parameters, s.Parameter):
		return bad("parameter", "is "+fault.Quote(s.Parameter)+", one of "+strings.Join(parameters, ", ")+" is due")
	}
	for option, given := range map[Option]bool{
		OptionCode: s.Code != 0, OptionDelay: s.Seconds != 0, OptionParameter: s.Parameter != "",
		OptionOn: s.On != "", OptionCount: s.Count != 0,
	} {
		if given && !slices.Contains(f.Options, option) {
			return bad(option.member(), "means nothing to the fault "+f.Name)
		}
	}
	if err := s.checkCode(f); err != nil {
		return s, f, err
	}
	s.fill(f)
	return s, f, nil
}

// member is the JSON member that gives the option.
func (o Option) member() string {
	if o == OptionDelay {
		return "seconds"
	}
	return string(o)
}

// parameters are those of the operation's answer.
var parameters = []string{"token", "expiration", "subscription", "websocket-url"}

func (s *Spec) checkCode(f Fault) error {
	first, last := 1000, 4999 // the codes that a close frame may be tried with, legal or not
	if f.Point == Upgrade {
		first, last = 200, 599
	}
	if s.Code != 0 && (s.Code < first || s.Code > last) {
		return fault.At(fault.MalformedRequest, "code", "code is "+strconv.Itoa(s.Code)+", "+strconv.Itoa(first)+" to "+strconv.Itoa(last)+" is possible")
	}
	return nil
}

func (s *Spec) fill(f Fault) {
	if s.Times == 0 && s.Probability == 0 {
		s.Times = 1
	}
	if s.Code == 0 {
		s.Code = f.code
	}
	if s.Seconds == 0 {
		s.Seconds = float64(f.delay)
	}
	if s.Count == 0 {
		s.Count = f.count
	}
	if s.On == "" && f.Point == Operation {
		s.On = tokenOperation
	}
}

// nearest suggests a fault whose name resembles what was typed.
func nearest(name string) string {
	for _, f := range catalogue {
		if len(name) > 2 && (strings.Contains(f.Name, name) || strings.Contains(name, f.Name)) {
			return ", " + f.Name + " is"
		}
	}
	return ""
}
