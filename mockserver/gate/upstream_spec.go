package gate

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
func (s *specTickets) again(ctx context.Context, ids []string) (ticket, []Omitted, error) {
	return s.ask(ctx, ids)
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

// mostSifted is how many requests may be made to find out which of several
// Subscriptions cannot be bound.
const mostSifted = 64

// ask gets a token for ids. A server refuses a list for the sake of one (P§10): those
// that it can be had for are then found by halves.
func (s *specTickets) ask(ctx context.Context, ids []string) (ticket, []Omitted, error) {
	good := ids
	t, err := s.request(ctx, ids)
	if isAbsent(err) {
		if good, err = s.sift(ctx, ids); err == nil && len(good) > 0 {
			t, err = s.request(ctx, good)
			err = unsettled(err)
		}
	}
	if err != nil {
		return ticket{}, nil, err
	}
	return s.complete(t, ids, good)
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

// sift returns those of a list that was refused for which a token can be had: it asks
// for each half, and so on.
func (s *specTickets) sift(ctx context.Context, ids []string) (good []string, err error) {
	left := mostSifted
	var halves func(part []string) error
	halves = func(part []string) error {
		if len(part) < 2 {
			return nil
		}
		for _, half := range [][]string{part[:len(part)/2], part[len(part)/2:]} {
			if left--; left < 0 {
				return nil
			}
			_, err := s.request(ctx, half)
			switch {
			case err == nil:
				good = append(good, half...)
			case !isAbsent(err):
				return err
			default:
				if err := halves(half); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return good, halves(ids)
}

// complete puts the ids into the order that was asked for, and fills in what the
// answer leaves open: a server need not repeat them.
func (s *specTickets) complete(t ticket, asked, good []string) (ticket, []Omitted, error) {
	said := t.ids
	t.ids = nil
	var omitted []Omitted
	for _, id := range asked {
		if slices.Contains(good, id) && (len(said) == 0 || slices.Contains(said, id)) {
			t.ids = append(t.ids, id)
		} else {
			omitted = append(omitted, Omitted{id, fault.UnknownSubscription})
		}
	}
	if len(t.ids) == 0 {
		return ticket{}, nil, fault.New(fault.UnknownSubscription, "the FHIR server gives no token for any of these Subscriptions")
	}
	if s.cfg.websocketURL != "" {
		t.url = s.cfg.websocketURL
	}
	return t, omitted, nil
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
		return s.read(answer, ids, level)
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

// read reads an answer. A token that covers more than was asked for is not used: nobody
// reads what it would bring.
func (s *specTickets) read(answer []byte, ids []string, level opdef.Level) (ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	response, issues := s.reader.ResponseAt(answer, level)
	if !fault.Valid(issues) {
		return ticket{}, fault.New(fault.UpstreamRefused, "the FHIR server's answer to $get-ws-binding-token cannot be read: "+invalidating(issues))
	}
	for _, id := range response.Subscriptions {
		if !slices.Contains(ids, id) {
			return ticket{}, fault.New(fault.UpstreamRefused, "the FHIR server's token covers Subscription "+fault.Quote(id)+" as well, which was not asked for")
		}
	}
	if err := s.checkURL(response.WebsocketURL); err != nil {
		return ticket{}, err
	}
	return ticket{response.Token, response.WebsocketURL, response.Subscriptions, response.Expiration}, nil
}

// checkURL refuses a websocket-url that is none, or without TLS where the base has it.
// What was configured is not asked.
func (s *specTickets) checkURL(url string) error {
	schemes := []string{"wss", "ws"}
	if strings.HasPrefix(s.cfg.base, "https:") {
		schemes = schemes[:1]
	}
	if s.cfg.websocketURL != "" || isURL(url, schemes...) {
		return nil
	}
	return fault.New(fault.UpstreamRefused, "the FHIR server's websocket-url is not one of "+strings.Join(schemes, ", ")+": configure its websocket")
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
