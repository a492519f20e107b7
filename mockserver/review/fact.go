package review

import "time"

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
	all, found, lost := r.facts.values(0), r.findingFacts(), int(r.noted)-r.facts.count
	r.mu.Unlock()
	facts = make([]Fact, 0, len(all)+len(found))
	for i := range all {
		facts = append(facts, all[i].fact())
	}
	return append(facts, found...), lost
}

// findingFacts makes facts of the findings.
func (r *Reviewer) findingFacts() []Fact {
	var list []Fact
	for _, f := range r.verdicts().list() {
		fact := Fact{
			Fact: GotFinding, Time: r.last.tenant, FHIR: f.FHIR, Caller: f.Caller, Socket: f.Socket,
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

// Len returns how many facts are kept, without the findings of the moment.
func (r *Reviewer) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.facts.count
}
