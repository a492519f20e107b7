package gate

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
)

// as returns the headers with which the FHIR server is asked on behalf of a caller:
// their own credential, and nothing else of theirs.
func as(r *http.Request) http.Header {
	h := http.Header{}
	if a := r.Header.Values("Authorization"); len(a) > 0 {
		h["Authorization"] = a
	}
	return h
}

// resolve returns which Subscriptions the caller may bind. The FHIR server decides:
// each is read with the caller's own credential.
func (g *Gate) resolve(r *http.Request, ids []string, all, instance bool) ([]string, error) {
	if all {
		return g.resolveAll(r)
	}
	errs := concurrently(r.Context(), ids, func(ctx context.Context, id string) error {
		s, err := g.readAs(ctx, r, id)
		if err == nil {
			err = g.bindable(&s)
		}
		return err
	})
	for i, err := range errs {
		if err == nil {
			continue
		}
		if code := fault.CodeOf(err); !instance && code.HTTPStatus() >= 404 && code.HTTPStatus() < 500 {
			err = fault.At(code, "Parameters.parameter.where(name='id')["+strconv.Itoa(i)+"]", fault.DetailOf(err))
		}
		return nil, err
	}
	return ids, nil
}

// stranger is what the FHIR server says to a caller that it does not know.
type stranger struct {
	error
	challenge []string // its WWW-Authenticate
}

func (s stranger) Unwrap() error { return s.error }

// askAs asks as the caller. That the server wants to know who it is, or forbids it, is
// passed on.
func (g *Gate) askAs(ctx context.Context, r *http.Request, path string) (reply, error) {
	a, err := g.server.ask(ctx, as(r), http.MethodGet, path, nil)
	switch {
	case err != nil:
		return a, err
	case a.status == http.StatusUnauthorized:
		return a, stranger{fault.New(fault.LoginRequired, "the FHIR server does not know the caller: send Authorization"), a.header.Values("WWW-Authenticate")}
	case a.status == http.StatusForbidden:
		return a, fault.New(fault.Forbidden, "the FHIR server forbids the caller to read this")
	}
	return a, nil
}

// readAs reads a Subscription as the caller. One that is unknown, foreign or deleted is
// [fault.NotFound].
func (g *Gate) readAs(ctx context.Context, r *http.Request, id string) (bridge.Subscription, error) {
	if !token.IsID(id) || id == "." || id == ".." { // the dots would lead elsewhere
		return bridge.Subscription{}, fault.New(fault.NotFound, "there is no Subscription "+fault.Quote(id))
	}
	a, err := g.askAs(ctx, r, "/Subscription/"+id)
	switch {
	case err != nil:
		return bridge.Subscription{}, err
	case a.status == http.StatusNotFound || a.status == http.StatusGone:
		return bridge.Subscription{}, fault.New(fault.NotFound, "there is no Subscription "+fault.Quote(id))
	case a.status != http.StatusOK:
		return bridge.Subscription{}, fault.New(fault.UpstreamRefused, "the FHIR server answers "+strconv.Itoa(a.status)+" to the read of a Subscription")
	}
	s, err := bridge.ReadSubscription(g.cfg.Upstream.Release, a.body)
	if err != nil {
		return s, fault.New(fault.UpstreamRefused, "a Subscription cannot be read: "+fault.DetailOf(err))
	}
	if s.ID != id {
		return s, fault.New(fault.UpstreamRefused, "the FHIR server answers with another Subscription than was asked for")
	}
	return s, nil
}

// bindable refuses a Subscription that cannot be bound to a websocket through this
// gate.
func (g *Gate) bindable(s *bridge.Subscription) error {
	name := "Subscription/" + s.ID
	switch u := &g.cfg.Upstream; {
	case s.Channel != "websocket":
		return fault.New(fault.SubscriptionNotBindable, name+" has the channel "+fault.Quote(s.Channel)+", only websocket can be bound")
	case s.Status != "active" && s.Status != "requested":
		return fault.New(fault.SubscriptionNotBindable, name+" is "+fault.Quote(s.Status)+", only requested and active ones can be bound")
	case u.Dialect != Legacy || s.Content == notification.Empty:
	case !u.Fetch:
		return fault.New(fault.UnsupportedContent, name+" asks for "+s.Content.String()+", but the FHIR server tells only that something has happened: ask for empty")
	case s.Criteria == "":
		return fault.New(fault.UnsupportedContent, name+" asks for "+s.Content.String()+", which is read by its criteria, and it has none")
	}
	return nil
}

// most pages of a search are followed.
const mostPages = 20

// resolveAll returns all that the caller can find and may bind.
func (g *Gate) resolveAll(r *http.Request) (ids []string, err error) {
	found, err := g.search(r)
	if err != nil {
		return nil, err
	}
	for _, s := range found {
		if g.bindable(&s) == nil && !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil, fault.New(fault.NoSubscriptions, "there is no active websocket Subscription of yours that the token could cover: create one, or name one")
	}
	return ids, nil
}

// search finds the Subscriptions of the caller, page by page.
func (g *Gate) search(r *http.Request) (found []bridge.Subscription, err error) {
	query := "status=" + url.QueryEscape("requested,active") + "&_count=200"
	for range mostPages {
		a, err := g.askAs(r.Context(), r, "/Subscription?"+query)
		switch {
		case err != nil:
			return nil, err
		case a.status != http.StatusOK:
			return nil, fault.New(fault.UpstreamRefused, "the FHIR server answers "+strconv.Itoa(a.status)+" to a search of Subscriptions")
		}
		page, next, err := g.page(a.body)
		if err != nil {
			return nil, err
		}
		if found = append(found, page...); next == "" {
			return found, nil
		}
		query = next
		if len(found) > token.MaxSubscriptions {
			break
		}
	}
	return nil, fault.New(fault.TooManyParameters, "you have more Subscriptions than fit in one token, at most "+strconv.Itoa(token.MaxSubscriptions)+": name those to bind")
}

// page reads one page of a search, and the query of the next.
func (g *Gate) page(body []byte) (found []bridge.Subscription, next string, err error) {
	p, err := readPage(body, "Subscription")
	if err != nil {
		return nil, "", fault.New(fault.UpstreamRefused, "the FHIR server's answer to a search cannot be read: "+fault.DetailOf(err))
	}
	for _, f := range p.found {
		if s, err := bridge.ReadSubscription(g.cfg.Upstream.Release, f.text); err == nil {
			found = append(found, s) // any other cannot be bound, and nobody has named it
		}
	}
	if p.next != "" {
		next, err = g.nextQuery(p.next)
	}
	return found, next, err
}

// nextQuery returns the query of a link to the next page. It must be of the same
// search: the caller's credential goes nowhere else.
func (g *Gate) nextQuery(link string) (string, error) {
	path, query, _ := strings.Cut(link, "?")
	if query == "" || !strings.HasSuffix(path, "/Subscription") && path != g.server.base {
		return "", fault.New(fault.UpstreamRefused, "the FHIR server's next page is no search of Subscriptions: name those to bind")
	}
	return query, nil
}
