package client

import (
	"context"
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// handle takes one text frame: counts it, fills the gap before it, and yields
// it.
func (s *session) handle(ctx context.Context, text []byte) error {
	n := Notification{Text: text, Issues: s.server.contract.checkNotification(text)}
	var doc jsonscan.Document
	if doc.Parse(text, jsonscan.Limits{MaxBytes: maxBytes}) != nil {
		return s.deliver(n) // the issues say what is wrong with it
	}
	status, ok := readStatus(doc.Root())
	if !ok {
		s.complaint(doc.Root(), &n)
		return s.deliver(n)
	}
	if s.bound.IsZero() {
		s.bound = s.config.Clock.Now()
	}
	n.Kind, n.Subscription, n.Events = status.kind, status.subscription, status.events
	if !s.grant.covers(status.subscription) {
		n.Issues = append(n.Issues, fault.Issue{Severity: fault.Err, Code: fault.UnknownSubscription,
			Diagnostics: "the notification is of Subscription " + strconv.Quote(shorten(status.subscription)) + ", which the token does not cover"})
		return s.deliver(n)
	}
	return s.count(ctx, n, status)
}

// count drops a duplicate, and yields news after what should have come first.
func (s *session) count(ctx context.Context, n Notification, status status) error {
	e := s.ledger.read(status)
	if len(status.events) > 0 && len(e.news) == 0 && status.unnumbered == 0 {
		s.config.Log.Debug("a duplicate was dropped", "subscription", n.Subscription, "events", status.events)
		return nil
	}
	for _, gap := range e.gaps {
		missed, err := s.catchUp(ctx, n.Subscription, gap)
		if err != nil {
			return err
		}
		n.Missed = append(n.Missed, missed...)
	}
	s.ledger.note(n.Subscription, e)
	n.Events = e.news
	return s.deliver(n)
}

func (s *session) deliver(n Notification) error {
	if !s.give(n) {
		return errStopped
	}
	return nil
}

// complaint reads an OperationOutcome frame. When a binding ends and others
// keep the socket, it is the only sign: a new token is asked for at once.
func (s *session) complaint(root jsonscan.Value, n *Notification) {
	code, text := outcome(root)
	if code == "" {
		return
	}
	s.config.Log.Warn("the server complains", "code", string(code), "reason", text)
	n.Kind = Complaint
	n.Issues = []fault.Issue{{Severity: fault.Err, Code: code, Diagnostics: text}}
	if bindingEnded(code) && !s.bound.IsZero() {
		s.renew.set(s.held())
	}
}

// bindingEnded reports whether a code says that a token is not good any more,
// in our words or in FHIR's.
func bindingEnded(code fault.Code) bool {
	return code == fault.ExpiredToken || code == fault.RevokedToken || code == "expired"
}

// catchUp yields the events of a gap, as far as $events gives them, and returns
// those that are missed.
func (s *session) catchUp(ctx context.Context, subscription string, gap Range) (missed []Range, err error) {
	if gap.To-gap.From >= maxCatchUp {
		cut := gap.To - maxCatchUp
		missed = append(missed, Range{gap.From, cut})
		gap.From = cut + 1
	}
	for asked := 0; gap.From <= gap.To; asked++ {
		page := Range{gap.From, min(gap.To, gap.From+maxPage-1)}
		if asked >= maxPages {
			return append(missed, gap), nil
		}
		n, err := s.page(ctx, subscription, page)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			s.config.Log.Warn("events are missed", "subscription", subscription, "from", gap.From, "to", gap.To, "reason", err.Error())
			return append(missed, gap), nil
		}
		if len(n.Events) == 0 {
			missed, gap.From = append(missed, page), page.To+1
			continue
		}
		missed, gap.From = append(missed, holes(page.From, n.Events)...), n.Events[len(n.Events)-1]+1
		s.ledger.note(subscription, entry{counts: true, last: gap.From - 1})
		if err := s.deliver(n); err != nil {
			return nil, err
		}
	}
	return missed, nil
}

// page asks $events, once more if the first answer may have been bad luck.
func (s *session) page(ctx context.Context, subscription string, page Range) (Notification, error) {
	text, err := s.server.events(ctx, subscription, page)
	if err != nil && !asFailure(err).final {
		if !s.sleep(ctx, min(max(firstWait, asFailure(err).after), longestWait)) {
			return Notification{}, ctx.Err()
		}
		text, err = s.server.events(ctx, subscription, page)
	}
	if err != nil {
		return Notification{}, err
	}
	var doc jsonscan.Document
	if err := doc.Parse(text, jsonscan.Limits{MaxBytes: maxBytes}); err != nil {
		return Notification{}, err
	}
	status, _ := readStatus(doc.Root())
	events := slices.DeleteFunc(status.events, func(n int64) bool { return n < page.From || n > page.To })
	slices.Sort(events)
	return Notification{
		Kind: QueryEvent, Subscription: subscription, Events: slices.Compact(events),
		Text: text, Issues: s.server.contract.checkNotification(text),
	}, nil
}

// holes lists what is missing from a growing list of numbers that should begin
// at from.
func holes(from int64, numbers []int64) (missing []Range) {
	for _, n := range numbers {
		if n > from {
			missing = append(missing, Range{from, n - 1})
		}
		from = n + 1
	}
	return missing
}
