package record

import (
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// told is what the first entry of a Bundle says. It goes by the shape that is
// found: what is wrong with it is for core/notification to say, and what can be
// understood all the same is understood by clients.
type told struct {
	kind         string
	subscription string // a reference
	state        string
	counter      int64
	numbers      []int64 // of events, those that are numbers above 0
	focus        string  // of the first event
}

// readTold reads a status, and reports false where there is none.
func readTold(root jsonscan.Value) (t told, ok bool) {
	t.counter = notification.Unknown
	resource := root.Get("entry").At(0).Get("resource")
	switch {
	case resource.Get("resourceType").Is("SubscriptionStatus"):
		t.members(resource)
	case resource.Get("resourceType").Is("Parameters"):
		t.parameters(resource)
	}
	slices.Sort(t.numbers)
	t.numbers = slices.Compact(t.numbers)
	return t, t.kind != "" && t.subscription != ""
}

// members reads a SubscriptionStatus: R4B, R5, and Medplum's in R4.
func (t *told) members(resource jsonscan.Value) {
	t.kind, t.state = resource.Get("type").Text(), resource.Get("status").Text()
	t.subscription = resource.Get("subscription").Get("reference").Text()
	t.count(resource.Get("eventsSinceSubscriptionStart"))
	for e := range resource.Get("notificationEvent").Elements() {
		t.event(e.Get("eventNumber"), e.Get("focus"))
	}
}

// parameters reads the Parameters that stand for one in R4.
func (t *told) parameters(resource jsonscan.Value) {
	for p := range resource.Get("parameter").Elements() {
		switch p.Get("name").Text() {
		case "type":
			t.kind = p.Get("valueCode").Text()
		case "status":
			t.state = p.Get("valueCode").Text()
		case "subscription":
			t.subscription = p.Get("valueReference").Get("reference").Text()
		case "events-since-subscription-start":
			t.count(p.Get("valueString"))
		case "notification-event":
			var number, focus jsonscan.Value
			for part := range p.Get("part").Elements() {
				switch part.Get("name").Text() {
				case "event-number":
					number = part.Get("valueString")
				case "focus":
					focus = part.Get("valueReference")
				}
			}
			t.event(number, focus)
		}
	}
}

func (t *told) count(v jsonscan.Value) {
	if n, ok := number(v); ok {
		t.counter = n
	}
}

func (t *told) event(v, focus jsonscan.Value) {
	if n, ok := number(v); ok && n > 0 { // Medplum's are all 0
		t.numbers = append(t.numbers, n)
	}
	if t.focus == "" {
		t.focus = focus.Get("reference").Text()
	}
}

// number reads a counter, which is a string and in careless servers a number.
func number(v jsonscan.Value) (n int64, ok bool) {
	text := v.Text()
	if v.Kind() == jsonscan.Number {
		text = string(v.Raw())
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

// interaction says what happened to a resource of a Bundle: create, delete, or ""
// for an update, which is what is meant without.
func interaction(root jsonscan.Value, focus string) string {
	for e := range root.Get("entry").Elements() {
		if focus == "" || !e.Get("fullUrl").Is(focus) {
			continue
		}
		switch request := e.Get("request"); {
		case request.Get("method").Is("POST"):
			return "create"
		case request.Get("method").Is("DELETE"):
			return "delete"
		}
	}
	return ""
}
