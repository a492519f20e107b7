package mockserver

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// command notes what was done to the server from behind.
func (t *Tenant) command(what, detail, release string, subscriptions ...string) {
	t.Journal.Add(journal.Entry{Kind: journal.Command, Type: what, Detail: detail, FHIR: release, Subscriptions: subscriptions})
}

// emit makes events.
func (t *Tenant) emit(r *http.Request, _ string) (any, error) {
	var c struct {
		FHIR  string `json:"fhir"`
		Count *int   `json:"count"` // in place of the Emission's, to tell 0 from none
		world.Emission
	}
	if err := readCommand(r, &c); err != nil {
		return nil, err
	}
	if c.Count != nil {
		if c.Emission.Count = *c.Count; *c.Count < 1 {
			return nil, fault.At(fault.MalformedRequest, "count", "count is "+strconv.Itoa(*c.Count)+", 1 to "+strconv.Itoa(world.MaxEmit)+" is possible")
		}
	}
	all, err := t.Emit(c.FHIR, c.Emission)
	if err != nil {
		return nil, err
	}
	return map[string]any{"emitted": all}, nil
}

// Emitted says which events a Subscription got.
type Emitted struct {
	FHIR string `json:"fhir"`
	world.Emitted
}

// Emit makes events that no change has caused, in one release (R4, R4B or R5) or,
// with "", in all that have the Subscription or topic.
func (t *Tenant) Emit(release string, e world.Emission) ([]Emitted, error) {
	if (e.Subscription == "") == (e.Topic == "") {
		return nil, fault.New(fault.MalformedRequest, "exactly one of subscription (an id) and topic (a canonical) is due")
	}
	bases, err := t.chosen(release, e.Subscription)
	if err != nil {
		return nil, err
	}
	all := []Emitted{}
	var failed error
	for _, b := range bases {
		list, err := b.world.Emit(e)
		if err != nil && failed == nil {
			failed = err // a topic that only some of them know is no error
		}
		for _, one := range list {
			all = append(all, Emitted{b.release.String(), one})
			t.command("events", "events "+strconv.FormatUint(one.First, 10)+" to "+strconv.FormatUint(one.Last, 10)+" were made", b.release.String(), one.Subscription)
		}
	}
	if failed != nil && len(all) == 0 {
		return nil, failed
	}
	return all, nil
}

func (t *Tenant) putInError(r *http.Request, id string) (any, error) {
	return t.answerStatus(r, id, (*Tenant).SetError)
}

func (t *Tenant) reactivate(r *http.Request, id string) (any, error) {
	return t.answerStatus(r, id, (*Tenant).Reactivate)
}

// answerStatus changes the status of a Subscription and answers with what it is
// now.
func (t *Tenant) answerStatus(r *http.Request, id string, set func(t *Tenant, release, id string) error) (any, error) {
	var c struct {
		FHIR string `json:"fhir"`
	}
	if err := readCommand(r, &c); err != nil {
		return nil, err
	}
	bases, err := t.chosen(c.FHIR, id)
	if err != nil {
		return nil, err
	}
	release := bases[0].release.String()
	if err := set(t, release, id); err != nil {
		return nil, err
	}
	state, _ := bases[0].subscription(id)
	return map[string]any{"fhir": release, "subscription": state}, nil
}

// SetError puts an active Subscription in error, as a server does that cannot
// deliver: see world.World.SetError.
func (t *Tenant) SetError(release, id string) error {
	return t.setStatus("error", release, id, (*world.World).SetError)
}

// Reactivate ends the error of a Subscription.
func (t *Tenant) Reactivate(release, id string) error {
	return t.setStatus("reactivate", release, id, (*world.World).Reactivate)
}

func (t *Tenant) setStatus(what, release, id string, set func(*world.World, string) error) error {
	bases, err := t.chosen(release, id)
	if err != nil {
		return err
	}
	t.command(what, "", bases[0].release.String(), id)
	return set(bases[0].world, id)
}

// revoke ends bindings and the tokens behind them.
func (t *Tenant) revoke(r *http.Request, _ string) (any, error) {
	var c struct {
		FHIR         string `json:"fhir"`
		JTI          string `json:"jti"`
		Subscription string `json:"subscription"`
		Subject      string `json:"subject"`
	}
	if err := readCommand(r, &c); err != nil {
		return nil, err
	}
	ended, err := t.Revoke(c.FHIR, socket.Revocation{JTI: c.JTI, Subscription: c.Subscription, Subject: c.Subject})
	return map[string]any{"ended": ended}, err
}

// Revoke ends bindings and the tokens behind them, in one release or, with "", in
// all that know of it. A subject is the sub of a token, or the bearer token that
// its caller shows. It returns how many bindings have ended.
func (t *Tenant) Revoke(release string, what socket.Revocation) (int, error) {
	given := 0
	for _, v := range []string{what.JTI, what.Subscription, what.Subject} {
		if v != "" {
			given++
		}
	}
	if given != 1 {
		return 0, fault.New(fault.MalformedRequest, strconv.Itoa(given)+" of jti, subscription and subject are given, exactly one is due")
	}
	bases, err := t.chosen(release, what.Subscription)
	if err != nil {
		return 0, err
	}
	if what.Subject != "" {
		what.Subject = callerByName(what.Subject)
	}
	t.Journal.Add(journal.Entry{
		Kind: journal.Command, Type: "revoke", FHIR: release, JTI: what.JTI, Caller: what.Subject,
		Subscriptions: strings.Fields(what.Subscription),
	})
	ended := 0
	for _, b := range bases {
		ended += b.hub.Revoke(what)
	}
	return ended, nil
}

// chosen returns the bases that a command is about: the named one, or those
// that have the Subscription, which must be one, or all.
func (t *Tenant) chosen(release, subscription string) ([]*base, error) {
	if release != "" {
		known, ok := fhir.ParseRelease(release)
		b, err := t.base(known)
		if !ok || err != nil {
			return nil, fault.At(fault.MalformedRequest, "fhir", "fhir is "+fault.Quote(release)+", R4, R4B or R5 is due")
		}
		return []*base{b}, nil
	}
	if subscription == "" {
		return t.all()
	}
	var having []*base
	var names []string
	for _, b := range t.existing() {
		if _, ok := b.subscription(subscription); ok {
			having, names = append(having, b), append(names, b.release.String())
		}
	}
	switch len(having) {
	case 0:
		return nil, fault.New(fault.NotFound, "there is no Subscription "+fault.Quote(subscription)+" here: GET /state lists those that there are")
	case 1:
		return having, nil
	}
	return nil, fault.New(fault.MalformedRequest, "Subscription "+subscription+" exists in "+strings.Join(names, " and ")+`: say which with "fhir"`)
}

// subscription returns the state of a Subscription.
func (b *base) subscription(id string) (world.SubscriptionState, bool) {
	for _, s := range b.world.State().Subscriptions {
		if s.ID == id {
			return s, true
		}
	}
	return world.SubscriptionState{}, false
}
