package review

import (
	"slices"
	"time"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// The names of facts.
const (
	AskedForToken     = "asked-for-token"
	AskedForStatus    = "asked-for-status"
	AskedForEvents    = "asked-for-events"
	Created           = "created-subscription"
	Updated           = "updated-subscription"
	Deleted           = "deleted-subscription"
	Reactivated       = "reactivated"
	Connected         = "connected"
	FailedToConnect   = "failed-to-connect"
	Bound             = "bound"
	FailedToBind      = "failed-to-bind"
	Renewed           = "renewed"
	LostBinding       = "lost-binding"
	ReceivedHandshake = "received-handshake"
	ReceivedHeartbeat = "received-heartbeat"
	ReceivedEvent     = "received-event"
	GotDuplicate      = "got-duplicate"
	SawGap            = "saw-gap"
	FilledGap         = "filled-gap"
	UsedDeadID        = "used-dead-id"
	SentUnknown       = "sent-unknown-frame"
	Closed            = "closed"
	// GotFinding is made of findings when facts are asked for.
	GotFinding = "got-finding"
)

// Fact is something that a client did, or that happened to it.
type Fact struct {
	Fact string    `json:"fact"`
	Time time.Time `json:"time"`  // by the tenant's clock
	N    int64     `json:"entry"` // of the journal

	FHIR          string   `json:"fhir,omitempty"`
	Caller        string   `json:"caller,omitempty"`
	Subscriptions []string `json:"subscriptions,omitempty"`
	Socket        uint64   `json:"socket,omitempty"`
	// Attributes are more of it, such as beforeExpiry of renewed.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Facts returns what is kept of what happened, oldest first, and how many facts
// before that are kept no more. The findings of the moment stand at the end.
func (r *Reviewer) Facts() (facts []Fact, lost int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(slices.Clone(r.facts), r.findingFacts()...), r.lost
}

// findingFacts makes facts of the findings.
func (r *Reviewer) findingFacts() []Fact {
	var list []Fact
	for _, f := range r.verdicts().list() {
		fact := Fact{
			Fact: GotFinding, Time: r.last.Time, FHIR: f.FHIR, Caller: f.Caller, Socket: f.Socket,
			Attributes: map[string]string{"code": f.Code, "severity": f.Severity, "message": f.Message},
		}
		if f.Subscription != "" {
			fact.Subscriptions = []string{f.Subscription}
		}
		if len(f.Evidence) > 0 {
			fact.N = f.Evidence[len(f.Evidence)-1]
		}
		list = append(list, fact)
	}
	return list
}

// note keeps a fact. Attributes come as names and values; empty ones are left out.
func (r *Reviewer) note(e *journal.Entry, name, caller string, subs []string, attributes ...string) {
	f := Fact{Fact: name, Time: e.Time, N: e.N, FHIR: e.FHIR, Caller: caller, Subscriptions: subs, Socket: e.Socket}
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			if f.Attributes == nil {
				f.Attributes = map[string]string{}
			}
			f.Attributes[attributes[i]] = attributes[i+1]
		}
	}
	if len(r.facts) >= 2*maxFacts { // in large steps, so that it costs little
		r.lost += maxFacts
		r.facts = append(r.facts[:0:0], r.facts[maxFacts:]...)
	}
	r.facts = append(r.facts, f)
}

// Count returns how many of the facts that are kept are chosen.
func (r *Reviewer) Count(chosen func(*Fact) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for i := range r.facts {
		if chosen(&r.facts[i]) {
			n++
		}
	}
	return n
}
