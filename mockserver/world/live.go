package world

import (
	"iter"
	"log/slog"
	"time"
	"unique"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/roll"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// live is a Subscription that exists.
type live struct {
	id, owner string
	subject   *Subject // of deliveries, which outlast it
	url       string   // absolute
	status    subscription.Status
	kin       unique.Handle[kin]
	compiled  *subscription.Compiled
	log       eventLog
	bound     []*binding // in the order of attaching
	ids       idSeries

	// Where it stands in World.order and World.byOwner.
	among, amongOwn *roll.Place[*live]

	ending clock.Timer
	turn   uint64 // tells the ending that counts from those that came too late
}

// kin is what Subscriptions have in common that get the same notification of an
// event, but for what a notification.Fill has.
type kin struct {
	source  *subscription.Topic
	topic   string // as they name it
	content notification.Content
}

// counts reports whether events happen to the Subscription: also in error.
func (s *live) counts() bool {
	return s.status == subscription.Active || s.status == subscription.Error
}

// admit decides whether a Subscription is taken, before anything is written. It
// returns it compiled, and the resource with the status that it gets.
func (w *World) admit(in *incoming, old *live) (*subscription.Compiled, jsonscan.Value, error) {
	asked := in.subscription
	refuse := func(code fault.Code, element, why string) (*subscription.Compiled, jsonscan.Value, error) {
		return nil, in.root, invalid(code, "Subscription."+element, in.root.Get(element), why)
	}
	if asked.Status == subscription.Error {
		return refuse(fault.BusinessRule, "status", "only the server writes error: write requested to ask for delivery, or off")
	}
	var keep *subscription.Topic
	if old != nil {
		keep = old.compiled.Source
	}
	compiled, issues := subscription.Compile(asked, &w.topics, w.search, keep)
	if compiled == nil {
		return nil, in.root, &fault.Invalid{Issues: issues}
	}
	if asked.Status != subscription.Requested && asked.Status != subscription.Active {
		return compiled, in.root, nil
	}
	if !asked.End.IsZero() && !asked.End.After(w.cfg.Clock.Now()) {
		return refuse(fault.BusinessRule, "end", "the end is past already, it is "+w.now()+": the Subscription would never fire")
	}
	asked.Status = subscription.Active
	return compiled, withStatus(in.root, subscription.Active), nil
}

// settle makes what was written true: for a new Subscription, or for the one
// that there was before.
func (w *World) settle(v store.Version, compiled *subscription.Compiled, s *live) {
	if s == nil {
		s = &live{id: v.ID, subject: &Subject{Subscription: v.ID, Named: []string{v.ID}}, owner: v.Owner, url: w.cfg.Base + "/Subscription/" + v.ID, log: eventLog{max: w.cfg.MaxEvents}}
		s.ids = w.newSeries(v.ID, v.VersionID)
		s.subject.ref, _ = notification.NewReference(s.url) // cannot fail: base and id are good
		w.enter(s)
		if v.VersionID == 1 {
			w.created[s.owner] = append(w.created[s.owner], s.id)
		}
	}
	was := s.status
	s.status = compiled.Status
	w.index(s, compiled)
	w.armEnd(s)
	switch {
	case s.status != subscription.Active:
		w.unbindAll(s, fault.SubscriptionNotBindable)
	case was == subscription.Error:
		w.tell(s, Handshake)
	default:
		for _, b := range s.bound {
			w.armBeat(b) // the period may be another
		}
	}
	w.cfg.Log.Debug("subscription written", slog.String("subscription", s.id), slog.String("status", string(s.status)))
}

// index lets changes find the Subscription, as it is compiled now. Of those that
// a change concerns, the one that was written last hears of it last.
func (w *World) index(s *live, compiled *subscription.Compiled) {
	s.compiled = compiled
	s.kin = unique.Make(kin{compiled.Source, compiled.Topic, compiled.Content})
	w.byCriteria.Put(s, compiled)
}

// enter makes a new Subscription known.
func (w *World) enter(s *live) {
	w.live[s.id] = s
	own := w.byOwner[s.owner]
	if own == nil {
		own = &roll.List[*live]{}
		w.byOwner[s.owner] = own
	}
	s.among, s.amongOwn = w.order.Add(s), own.Add(s)
}

// ownedBy yields the Subscriptions of a caller, oldest first.
func (w *World) ownedBy(caller string) iter.Seq[*live] {
	if own := w.byOwner[caller]; own != nil {
		return own.All()
	}
	return func(func(*live) bool) {}
}

// drop forgets a Subscription that was deleted.
func (w *World) drop(s *live) {
	w.unbindAll(s, fault.UnknownSubscription)
	clock.Stop(&s.ending)
	s.turn++
	w.byCriteria.Remove(s)
	delete(w.live, s.id)
	w.past += uint64(s.log.total)
	w.order.Remove(s.among)
	own := w.byOwner[s.owner]
	if own.Remove(s.amongOwn); own.Len() == 0 {
		delete(w.byOwner, s.owner)
	}
}

// armEnd sets the timer that turns the Subscription off at its end.
func (w *World) armEnd(s *live) {
	clock.Stop(&s.ending)
	s.turn++
	if w.closed || s.compiled.End.IsZero() || !s.counts() {
		return
	}
	turn := s.turn
	s.ending = w.cfg.Clock.AfterFunc(s.compiled.End.Sub(w.cfg.Clock.Now()), func() { w.atEnd(s, turn) })
}

func (w *World) atEnd(s *live, turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || s.turn != turn {
		return
	}
	if w.cfg.Clock.Now().Before(s.compiled.End) {
		w.armEnd(s) // no timer is longer than 292 years
		return
	}
	w.setStatus(s, subscription.Off)
	w.unbindAll(s, fault.SubscriptionNotBindable)
	w.cfg.Log.Info("subscription ended", slog.String("subscription", s.id), slog.Time("end", s.compiled.End.UTC().Truncate(time.Millisecond)))
}

// setStatus writes a status of the server's own as a new version.
func (w *World) setStatus(s *live, status subscription.Status) {
	current, _ := w.resources.Current("Subscription", s.id)
	w.resources.Put("Subscription", s.id, s.owner, w.cfg.Clock.Now(), withStatus(parsed(current.Body), status))
	s.status = status
	s.compiled.Status = status
}
