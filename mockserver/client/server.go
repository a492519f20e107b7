package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// server makes the REST calls.
type server struct {
	config   Config
	contract *contract
}

// prepare learns the release, once.
func (s *server) prepare(ctx context.Context) error {
	if s.contract != nil {
		return nil
	}
	release := s.config.Release
	if release == 0 {
		body, err := s.exchange(ctx, http.MethodGet, "/metadata", nil, "the CapabilityStatement")
		if err != nil {
			return err
		}
		var doc jsonscan.Document
		if err := doc.Parse(body, jsonscan.Limits{MaxBytes: maxBytes}); err != nil {
			return refused(fault.MalformedRequest, "the CapabilityStatement is not JSON: "+err.Error())
		}
		version := doc.Root().Get("fhirVersion").Text()
		known := false
		if release, known = fhir.ParseRelease(version); !known {
			return final(fault.MalformedRequest, "the server speaks FHIR "+strconv.Quote(version)+", not R4, R4B or R5: is this the FHIR base?")
		}
	}
	contract, err := newContract(release)
	if err != nil {
		return err
	}
	s.contract = contract
	return nil
}

// token calls $get-ws-binding-token.
func (s *server) token(ctx context.Context) (grant, error) {
	path, body := "/Subscription/$get-ws-binding-token", []byte(`{"resourceType":"Parameters"}`)
	switch ids := s.config.Subscriptions; {
	case len(ids) == 1:
		path = "/Subscription/" + ids[0] + "/$get-ws-binding-token"
	case len(ids) > 1:
		body = []byte(`{"resourceType":"Parameters","parameter":[`)
		for i, id := range ids {
			if i > 0 {
				body = append(body, ',')
			}
			body = append(body, `{"name":"id","valueId":`...)
			body = append(jsonscan.AppendString(body, id), '}')
		}
		body = append(body, "]}"...)
	}
	answer, err := s.exchange(ctx, http.MethodPost, path, body, "$get-ws-binding-token")
	if err != nil {
		return grant{}, err
	}
	return s.contract.grant(answer, s.config.Base, s.config.Clock.Now())
}

// events calls $events for a range of one Subscription.
func (s *server) events(ctx context.Context, subscription string, r Range) ([]byte, error) {
	query := url.Values{
		"eventsSinceNumber": {strconv.FormatInt(r.From, 10)},
		"eventsUntilNumber": {strconv.FormatInt(r.To, 10)},
	}
	return s.exchange(ctx, http.MethodGet, "/Subscription/"+subscription+"/$events?"+query.Encode(), nil, "$events")
}

// exchange makes one request and returns the body of a successful answer. call
// names it in errors.
func (s *server) exchange(ctx context.Context, method, path string, body []byte, call string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.config.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, final(fault.MalformedRequest, err.Error())
	}
	request.Header.Set("Accept", "application/fhir+json")
	if body != nil {
		request.Header.Set("Content-Type", "application/fhir+json")
	}
	if s.config.Bearer != "" {
		request.Header.Set("Authorization", "Bearer "+s.config.Bearer)
	}
	answer, err := s.config.HTTP.Do(request)
	if err != nil {
		return nil, transient(fault.Unavailable, call+" failed", withoutURL(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBytes+1))
	switch {
	case err != nil:
		return nil, transient(fault.Unavailable, "the answer to "+call+" broke off", err)
	case len(text) > maxBytes:
		return nil, refused(fault.TooLarge, "the answer to "+call+" has more than "+strconv.Itoa(maxBytes)+" bytes")
	case answer.StatusCode != http.StatusOK:
		return nil, statusFailure(call, answer, text, s.config.Clock.Now())
	}
	return text, nil
}

// withoutURL takes the request's line off an error of net/http: the call is
// named already.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
