package gate

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
)

// mostStatuses is how many Subscriptions one request may name: each is read.
const mostStatuses = 1_000

// statuses serves $status from the gate's counters. Whose Subscriptions they are, the
// FHIR server says.
func (e *endpoint) statuses(r *http.Request, id string, call fhirhttp.Call) ([]byte, error) {
	in, err := e.status.Check(call)
	if err != nil {
		return nil, err
	}
	ids, wanted := token.Distinct(in.Strings("id")), in.Strings("status")
	if id != "" {
		ids = []string{id}
	}
	if len(ids) > mostStatuses {
		return nil, fault.At(fault.TooManyParameters, "Parameters.parameter.where(name='id')",
			`parameter "id": `+strconv.Itoa(len(ids))+" values, at most "+strconv.Itoa(mostStatuses)+" allowed")
	}
	g := e.gate
	found, err := g.findStatuses(r, ids, id != "")
	if err != nil {
		return nil, err
	}
	set := notification.StatusSet{
		Release: g.cfg.Upstream.Release, ID: newID(), Timestamp: g.cfg.Clock.Now().UTC().Format(time.RFC3339Nano), Self: g.self(r),
	}
	for i := range found {
		if len(wanted) > 0 && !slices.Contains(wanted, found[i].Status) {
			continue
		}
		status, err := g.statusOf(r.Context(), &found[i])
		if err != nil {
			return nil, err
		}
		set.Statuses = append(set.Statuses, status)
	}
	return notification.AppendStatuses(nil, set)
}

// findStatuses reads Subscriptions as the caller. At the type level those that are not
// there are left out.
func (g *Gate) findStatuses(r *http.Request, ids []string, instance bool) ([]bridge.Subscription, error) {
	if len(ids) == 0 {
		return g.search(r)
	}
	read := make([]bridge.Subscription, len(ids))
	positions := map[string]int{}
	for i, id := range ids {
		positions[id] = i
	}
	errs := concurrently(r.Context(), ids, func(ctx context.Context, id string) (err error) {
		read[positions[id]], err = g.readAs(ctx, r, id)
		return err
	})
	var found []bridge.Subscription
	for i, err := range errs {
		switch {
		case err == nil:
			found = append(found, read[i])
		case instance || fault.CodeOf(err) != fault.NotFound:
			return nil, err
		}
	}
	return found, nil
}

func (g *Gate) statusOf(ctx context.Context, s *bridge.Subscription) (notification.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	total, err := g.store.Count(ctx, "events."+s.ID)
	if err != nil {
		g.cfg.Observe(Event{Name: StoreFailed, Code: fault.StoreUnavailable, Detail: "events cannot be counted: " + err.Error(), Subscriptions: []string{s.ID}})
		return notification.Status{}, storeUnavailable(err)
	}
	return notification.Status{
		ID: newID(), Type: notification.QueryStatus, Subscription: g.publicBase + "/Subscription/" + s.ID,
		State: s.Status, Topic: s.Topic, EventsSinceStart: total,
	}, nil
}

// self returns the URL of a request as clients see it, whatever Host said.
func (g *Gate) self(r *http.Request) string {
	self := g.publicBase + strings.TrimPrefix(r.URL.EscapedPath(), g.basePath)
	if r.URL.RawQuery != "" {
		self += "?" + r.URL.RawQuery
	}
	return self
}
