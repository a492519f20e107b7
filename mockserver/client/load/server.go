package load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// server makes the REST calls.
type server struct {
	config  Config
	http    *http.Client
	release fhir.Release

	mu     sync.Mutex // guards reader, which reads one answer at a time
	reader *binding.Reader
}

func newServer(c Config) *server {
	transport := &http.Transport{
		TLSClientConfig:     c.TLS,
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: c.Parallel,
		MaxConnsPerHost:     c.Parallel + renewers,
		ForceAttemptHTTP2:   true,
	}
	return &server{config: c, http: &http.Client{Transport: transport}, release: c.Release}
}

// callError is an answer that is no success, or none.
type callError struct {
	call   string
	status int    // 0 where there was no answer
	code   string // of the OperationOutcome, or what went wrong instead
	detail string
	err    error // why there was no answer
}

func (e *callError) Unwrap() error { return e.err }

func (e *callError) Error() string {
	if e.status == 0 {
		return e.call + " was not answered: " + e.code
	}
	text := e.call + " was answered " + strconv.Itoa(e.status)
	if e.detail != "" {
		text += " (" + e.detail + ")"
	}
	return text
}

// Is gives two answers the codes that callers act upon.
func (e *callError) Is(target error) bool {
	switch e.status {
	case http.StatusUnauthorized:
		return target == fault.LoginRequired
	case http.StatusNotFound, http.StatusGone:
		return target == fault.NotFound
	}
	return false
}

// The calls, as failures name them.
const (
	callMetadata  = "metadata"
	callSubscribe = "create-subscription"
	callToken     = "get-ws-binding-token"
	callConnect   = "connect"
	callBind      = "bind"
	callEvent     = "create-event"
	callRenew     = "renew"
	callDelete    = "delete"
)

// exchange makes one request. The body of a success is returned where it is
// wanted, and read to its end in any case, for the connection to be used again.
func (s *server) exchange(ctx context.Context, call, method, path string, body []byte, wanted bool) ([]byte, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.config.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, &callError{call: call, code: err.Error()}
	}
	request.Header.Set("Accept", contentType)
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	if s.config.Bearer != "" {
		request.Header.Set("Authorization", "Bearer "+s.config.Bearer)
	}
	answer, err := s.http.Do(request)
	if err != nil {
		return nil, nil, &callError{call: call, code: reason(err), err: err}
	}
	defer answer.Body.Close()
	good := answer.StatusCode >= 200 && answer.StatusCode < 300
	var text []byte
	if wanted || !good {
		text, err = io.ReadAll(io.LimitReader(answer.Body, maxBytes))
	} else {
		_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxBytes))
	}
	switch {
	case err != nil:
		return nil, nil, &callError{call: call, code: reason(err)}
	case !good:
		code, detail := outcome(text)
		return nil, nil, &callError{call: call, status: answer.StatusCode, code: code, detail: detail}
	}
	return text, answer.Header, nil
}

// reason says in a few words why there was no answer, the same words for the same
// reason: failures are counted by them.
func reason(err error) string {
	var number syscall.Errno
	var u *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection ended"
	case errors.As(err, &number):
		return number.Error()
	case errors.As(err, &u):
		return shorten(u.Err.Error())
	}
	return shorten(err.Error())
}

// outcome returns what the first issue of an OperationOutcome says: its code, ours
// where it has one, and its sentence.
func outcome(text []byte) (code, detail string) {
	var doc jsonscan.Document
	if doc.Parse(text, jsonscan.Limits{MaxBytes: maxBytes}) != nil || !doc.Root().Get("resourceType").Is("OperationOutcome") {
		return "", ""
	}
	issue := doc.Root().Get("issue").At(0)
	code = issue.Get("details").Get("coding").At(0).Get("code").Text()
	if code == "" {
		code = issue.Get("code").Text()
	}
	detail = issue.Get("diagnostics").Text()
	if detail == "" {
		detail = issue.Get("details").Get("text").Text()
	}
	return shorten(code), shorten(detail)
}

// prepare learns the release.
func (s *server) prepare(ctx context.Context) error {
	if s.release == 0 {
		text, _, err := s.exchange(ctx, callMetadata, http.MethodGet, "/metadata", nil, true)
		if err != nil {
			return err
		}
		version, err := member(text, "fhirVersion")
		if err != nil {
			return err
		}
		known := false
		if s.release, known = fhir.ParseRelease(version); !known {
			return refuse("the server speaks FHIR " + strconv.Quote(version) + ", not R4, R4B or R5: is this the FHIR base?")
		}
	}
	if s.config.Dialect == Medplum && s.release != fhir.R4 {
		return refuse("the dialect medplum is one of R4, and the server speaks " + s.release.String())
	}
	var err error
	s.reader, err = binding.NewReader(s.release, nil)
	return err
}

// member returns a text at the top of a resource.
func member(resource []byte, name string) (string, error) {
	var doc jsonscan.Document
	if err := doc.Parse(resource, jsonscan.Limits{MaxBytes: maxBytes}); err != nil {
		return "", refuse("the server's answer is not JSON: " + err.Error())
	}
	return doc.Root().Get(name).Text(), nil
}

// create makes a resource and returns its id: from the answer, or where it has no
// body, from the Location.
func (s *server) create(ctx context.Context, call, typ string, body []byte) (string, error) {
	text, header, err := s.exchange(ctx, call, http.MethodPost, "/"+typ, body, true)
	if err != nil {
		return "", err
	}
	id := ""
	if len(text) > 0 {
		if id, err = member(text, "id"); err != nil {
			return "", err
		}
	}
	if id == "" {
		location, _, _ := strings.Cut(header.Get("Location"), "/_history/")
		id = location[strings.LastIndexByte(location, '/')+1:]
	}
	if fhir.CheckText(0, "id", id).Code != "" {
		return "", &callError{call: call, code: "the answer names no id"}
	}
	return id, nil
}

// token calls $get-ws-binding-token for some Subscriptions.
func (s *server) token(ctx context.Context, subs []*tally) (binding.Response, error) {
	const operation = "/$get-ws-binding-token"
	method, path, body := http.MethodPost, "/Subscription"+operation, []byte(`{"resourceType":"Parameters"}`)
	switch {
	case s.config.Dialect == Medplum:
		method, path, body = http.MethodGet, "/Subscription/"+subs[0].id+operation, nil
	case len(subs) == 1:
		path = "/Subscription/" + subs[0].id + operation
	default:
		body = tokenRequest(subs)
	}
	text, _, err := s.exchange(ctx, callToken, method, path, body, true)
	if err != nil {
		return binding.Response{}, err
	}
	s.mu.Lock()
	answer, issues := s.reader.Response(text)
	s.mu.Unlock()
	for _, i := range issues {
		if i.Severity.Invalidates() {
			return answer, &callError{call: callToken, code: string(i.Code), status: http.StatusOK, detail: shorten(i.Diagnostics)}
		}
	}
	if !answer.Expiration.After(s.config.Clock.Now()) {
		return answer, &callError{call: callToken, code: string(fault.ExpiredToken), status: http.StatusOK,
			detail: "the token expired at " + answer.Expiration.Format(time.RFC3339) + ": one of the two clocks is wrong"}
	}
	return answer, s.config.checkSocketURL(answer.WebsocketURL)
}

// remove deletes a resource.
func (s *server) remove(ctx context.Context, typ, id string) error {
	_, _, err := s.exchange(ctx, callDelete, http.MethodDelete, "/"+typ+"/"+id, nil, false)
	return err
}
