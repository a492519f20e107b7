package load

import (
	"slices"
	"strings"
	"testing"
)

const r4 = `{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Parameters","parameter":[
	{"name":"subscription","valueReference":{"reference":"http://x/fhir/R4/Subscription/s-2"}},
	{"name":"topic","valueCanonical":"http://wsbind.example/SubscriptionTopic/Patient"},{"name":"type","valueCode":"event-notification"},
	{"name":"notification-event","part":[{"name":"event-number","valueString":"11"},{"name":"focus","valueReference":{"reference":"http://x/Patient/wlrun-7"}}]},
	{"name":"notification-event","part":[{"name":"event-number","valueString":"12"},{"name":"focus","valueReference":{"reference":"http://x/Patient/wlrun-123"}}]}]}},
	{"fullUrl":"http://x/Patient/wlrun-7","resource":{"id":"wlrun-7"}}]}`

const r5 = `{ "type" : "subscription-notification", "entry" : [ { "resource" : { "type" : "event-notification",
	"notificationEvent" : [ { "eventNumber" : "3", "focus" : { "reference" : "Patient/wlrun-0" } }, { "eventNumber" : 4 } ],
	"subscription" : { "reference" : "Subscription/s1" } } } ] }`

func TestFramesAreRead(t *testing.T) {
	subs := []*tally{{id: "s1"}, {id: "s-2"}}
	for _, test := range []struct {
		text           string
		marks, numbers []int
		at             int
		kind           kind
	}{
		{r4, []int{7, 123}, []int{11, 12}, 1, event},
		{r5, []int{0}, []int{3, 4}, 0, event},
		{`{"type":"handshake","reference":"Subscription/s"}`, nil, nil, -1, handshake},
		{`{"type":"heartbeat","a":"Subscription/other","b":"Subscription/s-2/$status"}`, nil, nil, 1, heartbeat},
		{`{"eventNumber":"0","text":"wlrun-x wlrun-"}`, nil, nil, -1, other},
		{`{"type":"pong"}`, nil, nil, -1, pong},
		{`"eventNumber"`, nil, nil, -1, other},
		{`Subscription/`, nil, nil, -1, other},
		{``, nil, nil, -1, other},
	} {
		frame := []byte(test.text)
		for start := range subs {
			if got := subscriptionOf(frame, subs, start); got != test.at {
				t.Errorf("%.40s is about Subscription %d, want %d", frame, got, test.at)
			}
		}
		if got := markers(nil, frame, []byte("wlrun-")); !slices.Equal(got, test.marks) {
			t.Errorf("%.40s has the markers %v, want %v", frame, got, test.marks)
		}
		if got := numbers(nil, frame); !slices.Equal(got, test.numbers) {
			t.Errorf("%.40s has the numbers %v, want %v", frame, got, test.numbers)
		}
		if got := kindOf(frame); got != test.kind {
			t.Errorf("%.40s is of kind %d, want %d", frame, got, test.kind)
		}
	}
}

func TestFramesAreWhole(t *testing.T) {
	for text, want := range map[string]bool{
		r4: true, r5: true, r5 + "\r\n": true, `{"a":"{{"}`: true, `{"a":"}"}`: true,
		r4[:len(r4)-1]: false, r5[:len(r5)/2]: false, `{"a":{"b":1}`: false, `{"a":1}}`: false, "": false,
	} {
		if got := whole([]byte(text)); got != want {
			t.Errorf("%.40s … %s is whole: %v", text, text[max(0, len(text)-10):], got)
		}
	}
}

func TestStrangersTextIsShortened(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"b"}`: `{"a":"b"}`, "\x1b[31mred\n": `\x1b[31mred\n`, "é": `\u00e9`, strings.Repeat("x", 300): strings.Repeat("x", 200) + "…",
	} {
		if got := shorten(text); got != want {
			t.Errorf("%q is told as %s, want %s", text, got, want)
		}
	}
}

func TestGroupsShareTheEvents(t *testing.T) {
	for n := range 20 {
		for groups := 1; groups < 8; groups++ {
			counted := make([]int, groups)
			for k := range n {
				counted[k%groups]++
			}
			for g, want := range counted {
				if got := inGroup(n, g, groups); got != want {
					t.Errorf("of %d events %d are of group %d of %d, want %d", n, got, g, groups, want)
				}
			}
		}
	}
}
