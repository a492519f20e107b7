package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// builtin begins the canonicals of the server's own topics.
const builtin = "http://wsbind.example/SubscriptionTopic/"

// group is one Patient, whose updates are the events, and the Subscriptions that hear
// of it. The number of its resources is fixed, and so is that of their ids, for the
// server keeps a hundred versions of whatever had an id.
type group struct {
	number  int
	release string
	lines   []*line

	// quiet is held for reading while an event is made, and for writing while a
	// Subscription of the group changes: what is due is never in doubt.
	quiet sync.RWMutex
	turn  atomic.Int64
}

// line is a Subscription.
type line struct {
	id       string
	group    *group
	fleeting bool         // it is deleted and made anew, again and again
	made     atomic.Int64 // events that were made while it was active, since it was
	epoch    atomic.Int64 // counts what is begun and ended with it: a client may be refused in an odd one
}

func (l *line) key() string { return l.group.release + "/" + l.id }

// resource is the Subscription with a status.
func (l *line) resource(status string) string {
	filter := fmt.Sprintf("group|%d", l.group.number)
	if l.group.release == "R5" {
		return `{"resourceType":"Subscription","id":"` + l.id + `","status":"` + status + `","topic":"` + builtin + `Patient","heartbeatPeriod":4,
			"filterBy":[{"filterParameter":"identifier","value":"` + filter + `"}],
			"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},
			"contentType":"application/fhir+json","content":"full-resource"}`
	}
	const extension = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
	return `{"resourceType":"Subscription","id":"` + l.id + `","status":"` + status + `","reason":"soak","criteria":"` + builtin + `Patient",
		"meta":{"profile":["` + extension + `subscription"]},
		"_criteria":{"extension":[{"url":"` + extension + `filter-criteria","valueString":"Patient?identifier=` + filter + `"}]},
		"channel":{"extension":[{"url":"` + extension + `heartbeat-period","valueUnsignedInt":4}],
		"type":"websocket","payload":"application/fhir+json",
		"_payload":{"extension":[{"url":"` + extension + `payload-content","valueCode":"id-only"}]}}}`
}

// put writes the Subscription, which makes or updates it.
func (l *line) put(ctx context.Context, s *server, status string) error {
	text, err := s.fhir(ctx, http.MethodPut, l.group.release, "/Subscription/"+l.id, l.resource(status))
	if want := map[string]string{"requested": "active", "off": "off"}[status]; err == nil && !strings.Contains(string(text), `"status":"`+want+`"`) {
		return fmt.Errorf("the Subscription %s was written as %s, and is not %s: %s", l.id, status, want, text)
	}
	return err
}

func (l *line) remove(ctx context.Context, s *server) error {
	_, err := s.fhir(ctx, http.MethodDelete, l.group.release, "/Subscription/"+l.id, "")
	return err
}

// change updates the Patient: one event of each active line.
func (g *group) change(ctx context.Context, s *server) error {
	patient := fmt.Sprintf(`{"resourceType":"Patient","id":"p-%d","identifier":[{"system":"group","value":"%d"}],"name":[{"text":"change %08d"}]}`,
		g.number, g.number, g.turn.Add(1))
	_, err := s.fhir(ctx, http.MethodPut, g.release, fmt.Sprintf("/Patient/p-%d", g.number), patient)
	return err
}

// event makes an event of every line of a group.
func (g *group) event(ctx context.Context, s *server) error {
	g.quiet.RLock()
	defer g.quiet.RUnlock()
	if err := g.change(ctx, s); err != nil {
		return err
	}
	for _, l := range g.lines {
		l.made.Add(1)
	}
	return nil
}
