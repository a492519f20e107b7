package gate

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// shelf is a server's Patients, each changed a second after the one before.
type shelf struct {
	server *fakeServer
	ids    []string // in the order of their changes
}

func (h *shelf) put(ids ...string) { h.server.set(func() { h.ids = append(h.ids, ids...) }) }

// serve answers a search, in pages of two. It is called with the server's lock free.
func (h *shelf) serve(w http.ResponseWriter, r *http.Request) {
	h.server.mu.Lock()
	defer h.server.mu.Unlock()
	q := r.URL.Query()
	if q.Get("active") != "true" || r.Header.Get("Cache-Control") != "no-cache" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var found []string
	for i, id := range h.ids {
		at := noon.Add(time.Duration(i) * time.Second).Format("2006-01-02T15:04:05.000Z")
		if at < strings.TrimPrefix(q.Get("_lastUpdated"), "ge") {
			continue
		}
		one := fmt.Sprintf(`{"fullUrl":"urn:x","resource":{"resourceType":"Patient","id":%q,"meta":{"versionId":"%d","lastUpdated":%q},"active":true}}`, id, i, at)
		if q.Get("_sort") == "-_lastUpdated" {
			found = append([]string{one}, found...)
		} else {
			found = append(found, one)
		}
	}
	from, _ := strconv.Atoi(q.Get("from"))
	page := found[min(from, len(found)):min(from+2, len(found))]
	next := ""
	if from+2 < len(found) {
		q.Set("from", fmt.Sprint(from+2))
		next = `,"link":[{"relation":"next","url":"` + h.server.http.URL + "/fhir/Patient?" + q.Encode() + `"}]`
	}
	page = append(page, `{"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}}`)
	fmt.Fprintf(w, `{"resourceType":"Bundle","type":"searchset"%s,"entry":[%s]}`, next, strings.Join(page, ","))
}

func fetchingServer(t *testing.T, content string) (*fakeServer, *shelf, *behindGate, upstream) {
	s := newFakeServer(t)
	h := &shelf{server: s}
	s.answers["/fhir/Patient"] = h.serve
	s.subscriptions["1"] = subscriptionText("1", "active", content, "Patient?active=true", 0)
	b := newBehind(t, fhir.R4, s.http.URL+"/fhir")
	b.cfg.websocketURL, b.cfg.fetch = s.ws(), true
	return s, h, b, b.start(newLegacy)
}

func TestFetch(t *testing.T) {
	s, h, b, u := fetchingServer(t, "full-resource")
	h.put("old", "older", "oldest")
	c := b.client(u)
	done := c.binding("1")
	p := s.accept("1")
	c.binds(<-done, "1")
	c.want("handshake 1 0")
	h.put("a")
	p.send("ping 1")
	c.want("event-notification 1 1 Patient/a with body")
	h.put("b", "c", "d", "old", "e") // on several pages, and one that was known in another version
	p.send("ping 1")
	c.want("event-notification 1 2 Patient/b with body", "event-notification 1 3 Patient/c with body", "event-notification 1 4 Patient/d with body",
		"event-notification 1 5 Patient/old with body", "event-notification 1 6 Patient/e with body")
	b.emptyHanded(p)
	p.cut()
	c.want("lost upstream-unavailable")
	h.put("meanwhile")
	b.clock.until(t, firstPause/2)
	b.clock.Advance(firstPause / 2)
	p = s.accept("1")
	c.want("handshake 1 6", "event-notification 1 7 Patient/meanwhile with body")
	s.set(func() {
		s.answers["/fhir/Patient"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	})
	p.send("ping 1")
	c.want("lost upstream-unavailable")
	p.ended()
}

// emptyHanded pings until a search is told to have found nothing: those that come
// while one is under way are answered by what that finds.
func (b *behindGate) emptyHanded(p *peer) {
	b.t.Helper()
	for start := time.Now(); time.Since(start) < testkit.Patience; runtime.Gosched() {
		p.send("ping 1")
		for len(b.told) > 0 {
			if e := <-b.told; e.Name == FetchEmpty && slices.Equal(e.Subscriptions, []string{"1"}) {
				return
			}
		}
	}
	b.t.Fatal("the operator was not told of a ping for nothing")
}

func TestFetchTellsNoMoreThanTheContentLevel(t *testing.T) {
	for content, due := range map[string]string{"empty": "event-notification 1 1", "id-only": "event-notification 1 1 Patient/a"} {
		s, h, b, u := fetchingServer(t, content)
		c := b.client(u)
		done := c.binding("1")
		p := s.accept("1")
		c.binds(<-done, "1")
		c.want("handshake 1 0")
		h.put("a")
		p.send("ping 1")
		c.want(due)
	}
}

func TestFetchHalvesPages(t *testing.T) {
	s := newFakeServer(t)
	patients := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"resource":{"resourceType":"Patient","id":"p%d","meta":{"versionId":"1","lastUpdated":"2026-03-01T12:00:00Z"}}}`, i))
		}
		return `{"resourceType":"Bundle","type":"searchset","entry":[` + strings.Join(list, ",") + `]}`
	}
	s.answers["/fhir/Patient"] = func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("_count"))
		fmt.Fprint(w, patients(n))
	}
	b := newBehind(t, fhir.R4, s.http.URL+"/fhir")
	b.cfg.maxBytes = len(patients(30))
	c := newChanges(&b.cfg, &bridge.Subscription{ID: "1", Criteria: "Patient"})
	if err := c.begin(t.Context()); err != nil || c.size != 25 || len(c.seen) != 25 {
		t.Errorf("pages of %d, %d seen (%v), want 25", c.size, len(c.seen), err)
	}
	b.cfg.maxBytes = 10
	if err := c.begin(t.Context()); fault.CodeOf(err) != fault.UpstreamRefused || c.size != 1 {
		t.Errorf("a resource that is too large: %v, in a page of %d", err, c.size)
	}
}

func TestFetchIsRefused(t *testing.T) {
	s, _, b, u := fetchingServer(t, "full-resource")
	s.set(func() {
		s.subscriptions["topic"] = subscriptionText("topic", "active", "full-resource", topic, 0)
		s.answers["/fhir/Observation"] = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"resourceType":"Patient"}`) }
		s.subscriptions["odd"] = subscriptionText("odd", "active", "full-resource", "Observation", 0)
	})
	c := b.client(u)
	c.refused(fault.SubscriptionNotBindable, <-c.binding("topic"))
	c.refused(fault.UpstreamRefused, <-c.binding("odd"))
}

func TestNextPagesAreBelowTheBase(t *testing.T) {
	c := upstreamConfig{base: "https://fhir.example/r4"}
	for address, due := range map[string]string{
		"https://fhir.example/r4?page=2": "?page=2", "https://fhir.example/r4/Patient?page=2": "/Patient?page=2",
		"https://fhir.example/r4x?page=2": "", "https://evil.example/r4?page=2": "", "?page=2": "", "": "",
	} {
		if got := c.below(address); got != due {
			t.Errorf("%s is %q below the base, want %q", address, got, due)
		}
	}
}

func TestFetchableCriteria(t *testing.T) {
	for criteria, due := range map[string]bool{
		"Patient": true, "Patient?active=true": true, "Patient?": true, "": false, "http://example.org/topic": false,
		"patient": false, "Patient/1": false, "Patient?a b": false, "../secret": false, "Patient#x": false,
	} {
		if got := isFetchable(criteria); got != due {
			t.Errorf("%q: %v, want %v", criteria, got, due)
		}
	}
}
