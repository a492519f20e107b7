package review

import (
	"strconv"
	"time"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// kept is a fact as it is kept: there is one for each event on each socket, and few
// are ever asked for.
type kept struct {
	name         string
	n            int64
	time         time.Time
	fhir, caller string
	sub          string // where it is of one Subscription
	socket       uint64
	number       int64 // of an event
	numbered     bool
	focus        string
	more         *more
}

// more is what few facts have.
type more struct {
	subs       []string // where it is not of one Subscription
	attributes []string // names and values
}

// keep begins a fact.
func (r *Reviewer) keep(e *journal.Entry, name, caller string, subs []string) *kept {
	r.noted++
	f := r.facts.next()
	*f = kept{name: name, n: e.N, time: e.Time, fhir: e.FHIR, caller: caller, socket: e.Socket}
	switch {
	case len(subs) == 1 && subs[0] != "":
		f.sub = subs[0]
	case len(subs) > 0:
		f.more = &more{subs: subs}
	}
	return f
}

// note keeps a fact. Attributes come as names and values; empty ones are left out.
func (r *Reviewer) note(e *journal.Entry, name, caller string, subs []string, attributes ...string) {
	f := r.keep(e, name, caller, subs)
	if len(attributes) == 0 {
		return
	}
	if f.more == nil {
		f.more = new(more)
	}
	f.more.attributes = attributes
}

// noteEvent keeps a fact about one event of a notification.
func (r *Reviewer) noteEvent(e *journal.Entry, name, caller string, number int64, focus string) {
	f := r.keep(e, name, caller, e.Subscriptions)
	f.numbered, f.number, f.focus = true, number, focus
}

// fact is what is told of it.
func (k *kept) fact() Fact {
	f := Fact{Fact: k.name, Time: k.time, N: k.n, FHIR: k.fhir, Caller: k.caller, Socket: k.socket}
	if k.sub != "" {
		f.Subscriptions = []string{k.sub}
	}
	if k.numbered {
		f.say("number", strconv.FormatInt(k.number, 10))
		f.say("focus", k.focus)
	}
	if k.more != nil {
		if k.more.subs != nil {
			f.Subscriptions = k.more.subs
		}
		for i := 0; i+1 < len(k.more.attributes); i += 2 {
			f.say(k.more.attributes[i], k.more.attributes[i+1])
		}
	}
	return f
}

// say adds an attribute.
func (f *Fact) say(name, value string) {
	if value == "" {
		return
	}
	if f.Attributes == nil {
		f.Attributes = map[string]string{}
	}
	f.Attributes[name] = value
}
