package gate

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
)

// newSpec returns a FHIR server in the dialect Spec: the gate takes tokens of the
// server's own, with its own credential, and renews them.
func newSpec(cfg upstreamConfig) (upstream, error) {
	reader, err := binding.NewReader(cfg.release, nil)
	if err != nil {
		return nil, err
	}
	s := &specTickets{cfg: &cfg, reader: reader}
	return &guideUpstream{cfg: &cfg, tickets: func() tickets { return s }}, nil
}

// specTickets asks the FHIR server's $get-ws-binding-token.
type specTickets struct {
	cfg *upstreamConfig

	mu     sync.Mutex // the reader serves one at a time
	reader *binding.Reader
}

// bind implements tickets.
func (s *specTickets) bind(ctx context.Context, g Grant) (ticket, []Omitted, error) {
	return s.ask(ctx, g.IDs)
}

// again implements tickets.
func (s *specTickets) again(ctx context.Context, ids []string) ([]ticket, []Omitted, error) {
	t, omitted, err := s.ask(ctx, ids)
	return []ticket{t}, omitted, err
}

// renews implements tickets.
func (s *specTickets) renews() bool { return true }

// refused implements tickets. The token was the server's own, so that the client's is
// not to blame for what is wrong with it.
func (s *specTickets) refused(code fault.Code, detail string) error {
	switch {
	case code == fault.UnknownSubscription:
		return fault.New(code, "the FHIR server has none of the token's Subscriptions any more")
	case code.CloseStatus() == 1001 || code.CloseStatus() == 1013:
		return fault.New(fault.UpstreamUnavailable, "the FHIR server does not bind now ("+string(code)+"): "+detail)
	}
	return fault.New(fault.UpstreamRefused, "the FHIR server refuses its own token ("+fault.Quote(string(code))+"): "+detail)
}

// ask gets a token for ids. One bad id makes the server refuse the whole request, so
// that each is then asked for by itself to find out which.
func (s *specTickets) ask(ctx context.Context, ids []string) (ticket, []Omitted, error) {
	t, err := s.request(ctx, ids)
	if err == nil {
		return s.complete(t, ids), s.left(t, ids), nil
	}
	if !isAbsent(err) {
		return ticket{}, nil, err
	}
	good, omitted := ids[:0:0], []Omitted(nil)
	if len(ids) > 1 {
		if good, omitted, err = s.sort(ctx, ids); err != nil {
			return ticket{}, nil, err
		}
	}
	if len(good) == 0 {
		return ticket{}, nil, fault.New(fault.UnknownSubscription, "the FHIR server has none of the token's Subscriptions any more")
	}
	if t, err = s.request(ctx, good); err != nil {
		return ticket{}, nil, unsettled(err)
	}
	return s.complete(t, good), append(omitted, s.left(t, good)...), nil
}

// isAbsent reports whether the server refuses a request for what it names.
func isAbsent(err error) bool { return fault.CodeOf(err) == fault.UnknownSubscription }

// unsettled is the error of a request whose every id was good a moment ago.
func unsettled(err error) error {
	if isAbsent(err) {
		return fault.New(fault.UpstreamUnavailable, "the FHIR server's Subscriptions change while they are bound")
	}
	return err
}

// sort asks for each id by itself, a few at a time.
func (s *specTickets) sort(ctx context.Context, ids []string) (good []string, omitted []Omitted, err error) {
	errs := concurrently(ctx, ids, func(ctx context.Context, id string) error {
		_, err := s.request(ctx, []string{id})
		return err
	})
	for i, id := range ids {
		switch {
		case errs[i] == nil:
			good = append(good, id)
		case isAbsent(errs[i]):
			omitted = append(omitted, Omitted{id, fault.UnknownSubscription})
		default:
			return nil, nil, errs[i]
		}
	}
	return good, omitted, nil
}

// complete puts the ids into the order that was asked for, and fills in what the
// answer leaves open: a server need not repeat them.
func (s *specTickets) complete(t ticket, ids []string) ticket {
	if len(t.ids) > 0 {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(t.ids, id) })
	}
	t.ids = ids
	if s.cfg.websocketURL != "" {
		t.url = s.cfg.websocketURL
	}
	return t
}

// left lists the ids that the answer leaves out.
func (s *specTickets) left(t ticket, ids []string) (omitted []Omitted) {
	for _, id := range ids {
		if len(t.ids) > 0 && !slices.Contains(t.ids, id) {
			omitted = append(omitted, Omitted{id, fault.UnknownSubscription})
		}
	}
	return omitted
}

// request calls the operation. The error is [fault.UnknownSubscription] where the
// server refuses what was asked for, and otherwise about the server.
func (s *specTickets) request(ctx context.Context, ids []string) (ticket, error) {
	path, body, level := requestFor(ids)
	status, answer, err := s.cfg.exchange(ctx, http.MethodPost, path, body)
	switch {
	case err != nil:
		return ticket{}, err
	case status == http.StatusOK:
		return s.read(answer, level)
	case status == http.StatusNotFound || status == http.StatusGone || status == http.StatusUnprocessableEntity:
		return ticket{}, fault.New(fault.UnknownSubscription, "the FHIR server answers "+strconv.Itoa(status)+" to $get-ws-binding-token")
	}
	return ticket{}, refuses(status)
}

// requestFor writes a request: at the instance level for one id.
func requestFor(ids []string) (path string, body []byte, level opdef.Level) {
	const operation = "/$get-ws-binding-token"
	if len(ids) == 1 {
		return "/Subscription/" + ids[0] + operation, []byte(`{"resourceType":"Parameters"}`), opdef.InstanceLevel
	}
	body = []byte(`{"resourceType":"Parameters","parameter":[`)
	for i, id := range ids {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(jsonscan.AppendString(append(body, `{"name":"id","valueId":`...), id), '}')
	}
	return "/Subscription" + operation, append(body, "]}"...), opdef.TypeLevel
}

// read reads an answer.
func (s *specTickets) read(answer []byte, level opdef.Level) (ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	response, issues := s.reader.ResponseAt(answer, level)
	if !fault.Valid(issues) {
		return ticket{}, fault.New(fault.UpstreamRefused, "the FHIR server's answer to $get-ws-binding-token cannot be read: "+invalidating(issues))
	}
	if s.cfg.websocketURL == "" && !isURL(response.WebsocketURL, "ws", "wss") {
		return ticket{}, fault.New(fault.UpstreamRefused, "the FHIR server's websocket-url is none: configure its websocket")
	}
	return ticket{response.Token, response.WebsocketURL, response.Subscriptions, response.Expiration}, nil
}

// invalidating names the first issue that makes a document invalid, and no value of it.
func invalidating(issues []fault.Issue) string {
	for _, i := range issues {
		if i.Severity.Invalidates() {
			return string(i.Code) + " at " + i.Expression
		}
	}
	return ""
}
