package record

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// bindingOperation is the operation that this is all about.
const bindingOperation = "$get-ws-binding-token"

// watch looks at an exchange if it is about Subscriptions. Of every other nothing
// is looked at.
func (r *Recorder) watch(x *exchange) {
	path, err := url.PathUnescape(x.below)
	if err != nil {
		return
	}
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if segments[0] != "Subscription" {
		return
	}
	last := segments[len(segments)-1]
	id := ""
	if len(segments) > 1 && !strings.HasPrefix(segments[1], "$") && !strings.HasPrefix(segments[1], "_") {
		id = segments[1]
	}
	switch {
	case x.method == http.MethodOptions:
	case last == bindingOperation:
		r.watchOperation(x, id)
	case strings.HasPrefix(last, "$"):
		r.watchOther(x, last)
	case len(segments) <= 2:
		r.watchSubscription(x, id)
	}
}

// watchOther takes a call of $status, $events or $resend that was refused.
func (r *Recorder) watchOther(x *exchange, operation string) {
	if x.method != http.MethodHead && (operation == "$status" || operation == "$events" || operation == "$resend") {
		r.tape.add(moment{kind: askedOther, word: operation, code: x.status, wait: retryAfter(x.answer, r.cfg.Clock.Now())})
	}
}

// watchSubscription learns from a Subscription that is created, updated or read.
func (r *Recorder) watchSubscription(x *exchange, id string) {
	if x.status != http.StatusOK && x.status != http.StatusCreated {
		return
	}
	var doc jsonscan.Document
	for _, text := range [][]byte{x.request, x.body} { // the answer is worth more, and may be empty
		if doc.Parse(text, jsonscan.Limits{MaxBytes: maxBytes}) == nil {
			if _, ok := r.known.read(r.release, doc.Root()); ok {
				id = doc.Root().Get("id").Text()
			}
		}
	}
	if id == "" && x.method == http.MethodPost {
		id = locationID(x.answer.Get("Location"))
	}
	name := r.known.subscription(id)
	if name == "" {
		return
	}
	bearer := hasBearer(x.header)
	switch {
	case x.method == http.MethodPost || x.method == http.MethodPut && x.status == http.StatusCreated:
		r.known.update(name, func(s *subscribed) { s.created, s.bearer = true, s.bearer || bearer })
		r.tape.add(moment{kind: created, subs: []string{name}})
	case x.method == http.MethodPut:
		r.tape.add(moment{kind: updated, subs: []string{name}})
	}
}

// locationID reads the id out of [base]/Subscription/ID/_history/1.
func locationID(location string) string {
	_, rest, ok := strings.Cut(location, "/Subscription/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

func hasBearer(h http.Header) bool {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && token != ""
}

// watchOperation takes an answer of $get-ws-binding-token, and puts the recorder's
// own websocket URL into it.
func (r *Recorder) watchOperation(x *exchange, id string) {
	if x.method == http.MethodHead {
		return
	}
	m := moment{kind: asked, code: x.status, took: x.took, wait: retryAfter(x.answer, r.cfg.Clock.Now())}
	ids := requestedIDs(x, id)
	if x.status == http.StatusOK {
		a := readAnswer(x.body, r.cfg.Clock.Now())
		if len(a.subscriptions) > 0 {
			ids = a.subscriptions
		}
		m.life, m.fault, m.word = a.life, a.fault, a.parameter
		if own, ok := r.own(a.url); ok {
			x.body = a.withURL(own)
		}
		if r.upstream.Scheme == "https" && strings.HasPrefix(a.url, "ws:") {
			r.cfg.Log.Warn("the server's websocket-url is not protected, and its base is: the token is sent in the clear")
		}
		r.known.issue(a.token, r.known.pseudonyms(ids))
		if x.method == http.MethodGet && r.release == fhir.R5 {
			r.known.mu.Lock()
			r.known.lenientGet = true
			r.known.mu.Unlock()
		}
	}
	for _, id := range ids {
		name := r.known.subscription(id)
		if hasBearer(x.header) {
			r.known.update(name, func(s *subscribed) { s.bearer = true })
		}
		if x.status == http.StatusOK {
			r.learn(id, x.header)
		}
	}
	m.subs = r.known.pseudonyms(ids)
	r.tape.add(m)
}

// requestedIDs lists the Subscriptions that a request names.
func requestedIDs(x *exchange, id string) (ids []string) {
	if id != "" {
		return []string{id}
	}
	if query, err := url.ParseQuery(x.query); err == nil {
		ids = query["id"]
	}
	var doc jsonscan.Document
	if doc.Parse(x.request, jsonscan.Limits{MaxBytes: maxBytes}) != nil {
		return ids
	}
	for p := range doc.Root().Get("parameter").Elements() {
		if p.Get("name").Is("id") {
			ids = append(ids, p.Get("valueId").Text())
		}
	}
	return ids
}

// retryAfter reads the header's two forms, seconds and a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, time.Hour)
	}
	if date, err := http.ParseTime(text); err == nil {
		return min(max(date.Sub(now), 0), time.Hour)
	}
	return 0
}
