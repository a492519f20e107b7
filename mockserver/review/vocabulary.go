package review

import "strings"

// word is a fact as it is said in a sentence.
type word struct {
	fact string
	// phrases say it, the first one preferably, without articles and in the
	// singular.
	phrases    []string
	attributes []string
	// fixed attributes are implied by the phrase.
	fixed map[string]string
	// related are the facts to look at where there is none of this one.
	related []string
}

var vocabulary = []word{
	{fact: AskedForToken, phrases: []string{"asked for token", "asked for binding token"}, attributes: []string{"status", "answered"}},
	{fact: Connected, phrases: []string{"connected", "opened websocket", "opened socket"}, related: []string{FailedToConnect, AskedForToken}},
	{fact: FailedToConnect, phrases: []string{"failed to connect"}, attributes: []string{"status", "code"}, related: []string{Connected}},
	{fact: Bound, phrases: []string{"bound"}, attributes: []string{"jti"}, related: []string{FailedToBind, Connected, AskedForToken}},
	{fact: FailedToBind, phrases: []string{"failed to bind"}, attributes: []string{"code"}, related: []string{Bound}},
	{fact: Renewed, phrases: []string{"renewed", "renewed token", "renewed binding"}, attributes: []string{"beforeExpiry"}, related: []string{AskedForToken, Bound, LostBinding}},
	{fact: LostBinding, phrases: []string{"lost binding"}, attributes: []string{"reason"}, related: []string{Bound, Closed}},
	{fact: Closed, phrases: []string{"closed", "closed websocket", "closed socket", "disconnected"}, attributes: []string{"by", "code", "reason"}, related: []string{Connected}},
	{fact: ReceivedHandshake, phrases: []string{"received handshake", "got handshake"}, related: []string{Bound, FailedToBind}},
	{fact: ReceivedHeartbeat, phrases: []string{"received heartbeat", "got heartbeat"}, related: []string{ReceivedHandshake}},
	{fact: ReceivedEvent, phrases: []string{"received event", "got event"}, attributes: []string{"number", "focus"}, related: []string{ReceivedHandshake, Bound}},
	{fact: GotDuplicate, phrases: []string{"got duplicate", "received duplicate"}, attributes: []string{"number"}, related: []string{ReceivedEvent}},
	{fact: SawGap, phrases: []string{"saw gap"}, attributes: []string{"from", "to", "by"}, related: []string{ReceivedEvent}},
	{fact: FilledGap, phrases: []string{"filled gap"}, attributes: []string{"with", "from", "to"}, related: []string{SawGap, AskedForEvents}},
	{fact: AskedForEvents, phrases: []string{"asked for event", "asked for $events", "called $events"}, attributes: []string{"status", "events"}, related: []string{SawGap}},
	{fact: AskedForStatus, phrases: []string{"asked for status", "asked for $status", "called $status"}, attributes: []string{"status"}},
	{fact: Created, phrases: []string{"created subscription"}, attributes: []string{"status"}},
	{fact: Updated, phrases: []string{"updated subscription"}, attributes: []string{"status"}},
	{fact: Deleted, phrases: []string{"deleted subscription"}, attributes: []string{"status"}},
	{fact: Reactivated, phrases: []string{"reactivated", "reactivated subscription"}, related: []string{Updated}},
	{fact: UsedDeadToken, phrases: []string{"used dead token"}, attributes: []string{"code"}, related: []string{FailedToBind}},
	{fact: UsedDeadID, phrases: []string{"used dead id"}},
	{fact: SentUnknown, phrases: []string{"sent unknown frame"}},
	{fact: GotFinding, phrases: []string{"got finding", "drew finding"}, attributes: []string{"code", "severity"}},
	{fact: GotFinding, phrases: []string{"got error", "drew error"}, attributes: []string{"code"}, fixed: map[string]string{"severity": anError}},
	{fact: GotFinding, phrases: []string{"got warning", "drew warning"}, attributes: []string{"code"}, fixed: map[string]string{"severity": aWarning}},
	{fact: GotFinding, phrases: []string{"got information"}, attributes: []string{"code"}, fixed: map[string]string{"severity": information}},
}

// common are the attributes that every fact has.
var common = []string{"caller", "subscription", "fhir", "socket"}

// asides are phrases that give an attribute, and its value.
var asides = []struct{ phrase, attribute, value string }{
	{"before expiry", "beforeExpiry", "true"},
	{"before expiration", "beforeExpiry", "true"},
	{"in time", "beforeExpiry", "true"},
	{"after expiry", "beforeExpiry", "false"},
	{"after expiration", "beforeExpiry", "false"},
	{"too late", "beforeExpiry", "false"},
	{"with $events", "with", "$events"},
	{"by $events", "with", "$events"},
	{"by late arrival", "with", "late arrival"},
	{"by server", "by", "server"},
	{"by client", "by", "client"},
	{"by nobody", "by", "nobody"},
}

// wordFor returns the first word of a fact, or nil.
func wordFor(fact string) *word {
	for i := range vocabulary {
		if vocabulary[i].fact == fact {
			return &vocabulary[i]
		}
	}
	return nil
}

// Sayable lists the phrases that assertions are made of, for people: what can be
// asserted, and behind it what each may be limited by.
func Sayable() []string {
	var list []string
	for _, w := range vocabulary {
		list = append(list, w.phrases[0]+withAttributes(w.attributes))
	}
	return list
}

func withAttributes(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " (with " + strings.Join(names, ", ") + ")"
}
