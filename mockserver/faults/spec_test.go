package faults

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
)

func TestWhatASpecMayNotSay(t *testing.T) {
	for _, test := range []struct {
		spec       Spec
		expression string
		says       string
	}{
		{Spec{}, "fault", "fault is missing"},
		{Spec{Fault: "gapp"}, "fault", `"gapp" is no fault, gap is; wsbind faults lists them`},
		{Spec{Fault: "mango"}, "fault", `"mango" is no fault; wsbind faults lists them`},
		{Spec{Fault: Gap, Times: -1}, "times", "times is -1, 1 to 1000000 is possible"},
		{Spec{Fault: Gap, Times: 1_000_001}, "times", "1000001"},
		{Spec{Fault: Gap, After: -1}, "after", "after is -1, 0 to 1000000 is possible"},
		{Spec{Fault: Gap, Probability: 1.5}, "probability", "probability is 1.5, 0 to 1 is possible"},
		{Spec{Fault: Gap, Probability: -0.1}, "probability", "-0.1"},
		{Spec{Fault: Gap, Probability: math.NaN()}, "probability", "NaN"},
		{Spec{Fault: Gap, Probability: 0.5, Times: 2}, "times", "both given"},
		{Spec{Fault: Gap, FHIR: "R6"}, "fhir", `fhir is "R6", R4, R4B or R5 is due`},
		{Spec{Fault: Gap, Subscription: "Subscription/s1"}, "subscription", "the id alone is due"},
		{Spec{Fault: Forbidden, Socket: 1}, "socket", "before there is one"},
		{Spec{Fault: Gap, Code: 1001}, "code", "code means nothing to the fault gap"},
		{Spec{Fault: Gap, Seconds: 1}, "seconds", "seconds means nothing to the fault gap"},
		{Spec{Fault: Gap, Parameter: "token"}, "parameter", "means nothing"},
		{Spec{Fault: Gap, On: "*"}, "on", "means nothing"},
		{Spec{Fault: Gap, Count: 1}, "count", "means nothing"},
		{Spec{Fault: Gap, Count: 1, Code: 1001, Seconds: 1}, "code", "means nothing"}, // the first, each time
		{Spec{Fault: CloseAfterHand, Code: 999}, "code", "code is 999, 1000 to 4999 is possible"},
		{Spec{Fault: CloseAfterHand, Code: 5000}, "code", "5000"},
		{Spec{Fault: RefusedUpgrade, Code: 1001}, "code", "code is 1001, 200 to 599 is possible"},
		{Spec{Fault: Delay, Seconds: -1}, "seconds", "seconds is -1, 0 to 3600 is possible"},
		{Spec{Fault: Delay, Seconds: 1e30}, "seconds", "1e+30"}, // more than a Duration can be
		{Spec{Fault: Delay, Seconds: math.Inf(1)}, "seconds", "+Inf"},
		{Spec{Fault: Delay, Seconds: math.NaN()}, "seconds", "NaN"},
		{Spec{Fault: Burst, Count: 10_001}, "count", "count is 10001, 1 to 10000 is possible"},
		{Spec{Fault: OversizedFrame, Count: 1 << 30}, "count", "1 to 67108864 is possible"},
		{Spec{Fault: MissingParameter, Parameter: "tokens"}, "parameter", `"tokens", one of token, expiration, websocket-url is due`},
		{Spec{Fault: DoubledParameter, Parameter: "subscription"}, "parameter", "is due"}, // which may repeat
		{Spec{Fault: Forbidden, On: "$event"}, "on", `on is "$event", one of $get-ws-binding-token, $status, $events, $resend, * is due`},
	} {
		_, _, err := test.spec.complete()
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.Code != fault.MalformedRequest || e.Expression != test.expression || !strings.Contains(e.Detail, test.says) {
			t.Errorf("%+v: %#v", test.spec, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, test := range []struct{ spec, want Spec }{
		{Spec{Fault: Gap}, Spec{Fault: Gap, Times: 1}},
		{Spec{Fault: Gap, Probability: 0.5}, Spec{Fault: Gap, Probability: 0.5}},
		{Spec{Fault: RefusedUpgrade}, Spec{Fault: RefusedUpgrade, Times: 1, Code: 503}},
		{Spec{Fault: RefusedUpgrade, Code: 404, Times: 2}, Spec{Fault: RefusedUpgrade, Times: 2, Code: 404}},
		{Spec{Fault: Unavailable}, Spec{Fault: Unavailable, Times: 1, On: tokenOperation, Seconds: 1}},
		{Spec{Fault: Burst}, Spec{Fault: Burst, Times: 1, Count: 50}},
		{Spec{Fault: WrongValueType, Parameter: "subscription"}, Spec{Fault: WrongValueType, Times: 1, Parameter: "subscription"}},
		{Spec{Fault: InsecureURL}, Spec{Fault: InsecureURL, Times: 1}},
	} {
		if got, _, err := test.spec.complete(); err != nil || got != test.want {
			t.Errorf("%+v becomes %+v, %v", test.spec, got, err)
		}
	}
}

// What is planned is shown in JSON, and what is shown can be planned.
func TestRoundTrip(t *testing.T) {
	for _, f := range catalogue {
		p := newPlan(t, Polite)
		planned, err := p.Add(Spec{Fault: f.Name, Caller: "alice", Subscription: "s1", FHIR: "R4B", After: 2})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(planned[0])
		if err != nil {
			t.Fatal(err)
		}
		var again Spec
		if err := json.Unmarshal(text, &again); err != nil || again != planned[0].Spec {
			t.Errorf("%s is read as %+v, %v", text, again, err)
		}
		if twice, err := p.Add(again); err != nil || twice[0].Spec != again {
			t.Errorf("%s is planned as %+v, %v", text, twice, err)
		}
	}
}

func TestSpecAsJSON(t *testing.T) {
	s := Spec{Fault: Delay, Times: 2, After: 1, Caller: "c", Subscription: "s", FHIR: "R4", Socket: 5, Seconds: 1.5}
	const want = `{"id":1,"fault":"delay","times":2,"after":1,"caller":"c","subscription":"s","fhir":"R4","socket":5,"seconds":1.5,"left":2,"struck":0}`
	planned, err := newPlan(t, Polite).Add(s)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(planned[0]); string(text) != want || err != nil {
		t.Errorf("%s, %v", text, err)
	}
	if s.Delay().Milliseconds() != 1500 {
		t.Errorf("the delay is %v", s.Delay())
	}
}

// Each option is a member of Spec, by the name that it has in JSON.
func TestOptionsAreMembers(t *testing.T) {
	members := map[Option]bool{}
	for i := range reflect.TypeFor[Spec]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Spec]().Field(i).Tag.Get("json"), ",")
		members[Option(name)] = true
	}
	for _, o := range []Option{OptionCode, OptionDelay, OptionParameter, OptionOn, OptionCount} {
		if !members[o] || o.Means() == "" {
			t.Errorf("%s is no member of Spec, or means nothing", o)
		}
	}
}
