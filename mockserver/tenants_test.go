package mockserver_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// tenant returns the fixture of a tenant.
func (s *server) tenant(t *testing.T, name string) *server {
	t.Helper()
	opened, err := s.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return &server{Server: &mockserver.Server{Tenant: opened}, t: t, http: s.http, logs: s.logs}
}

// putSubscription creates a Subscription with an id that others have too.
func (s *server) putSubscription(r fhir.Release, id string) {
	s.t.Helper()
	resource := strings.Replace(subscribeTo(r, "Patient", "60"), `{`, `{"id":"`+id+`",`, 1)
	s.call("PUT", s.BaseURL(r)+"/Subscription/"+id, resource).want(s.t, 201, "")
}

// TestTwoHundredTenants has tenants act at the same time, all on Subscriptions of
// the same ids, each with its own events, faults, clock and journal.
func TestTwoHundredTenants(t *testing.T) {
	const tenants = 200
	s := start(t, nil)
	idle := heap()
	began := time.Now()
	bindings := make([]binding, tenants)
	t.Run("all", func(t *testing.T) {
		for n := range tenants {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				bindings[n] = liveAsTenant(t, s.tenant(t, fmt.Sprintf("tenant-%d", n)), n)
			})
		}
	})
	took := time.Since(began)
	t.Logf("%d tenants took %v and hold %d kB each", tenants, took, (heap()-idle)/tenants/1024)
	if !s.Now().Equal(noon) || s.Journal.Len() != 0 {
		t.Errorf("the default tenant is at %v with %d entries", s.Now(), s.Journal.Len())
	}
	a := s.tenant(t, "tenant-1")
	c := a.connect(fhir.R4, bindings[1].url)
	c.Send("bind-with-token " + bindings[2].token) // of the same ids, on the same server
	c.want("outcome wrong-issuer")
	var wait sync.WaitGroup
	for n := range tenants {
		wait.Go(func() { s.Remove(fmt.Sprintf("tenant-%d", n)) })
	}
	wait.Wait()
	if left := heap() - idle; left > tenants*64<<10 {
		t.Errorf("%d kB are left of tenants that were removed", left/1024)
	}
}

// liveAsTenant does what the number of a tenant says, and checks that nothing of
// anybody else's is seen.
func liveAsTenant(t *testing.T, s *server, n int) binding {
	r := fhir.R4
	s.putSubscription(r, "one")
	s.putSubscription(r, "two")
	b := s.token(r, []string{"one", "two"})
	c := s.connect(r, b.url)
	c.bind(b)
	c.want("handshake one 0", "handshake two 0")
	events := int64(n%3 + 1)
	if n%2 == 1 {
		s.plan(faults.Spec{Fault: faults.Duplicate, Subscription: "two"})
	}
	for e := range events {
		s.event(r)
		c.want("event-notification one "+itoa(e+1), "event-notification two "+itoa(e+1))
		if n%2 == 1 && e == 0 {
			c.want("event-notification two 1")
		}
	}
	s.Advance(time.Duration(n) * time.Second)
	if n >= 60 && n < 120 {
		c.want("heartbeat one "+itoa(events), "heartbeat two "+itoa(events))
	}
	if want := noon.Add(time.Duration(n) * time.Second); !s.Now().Equal(want) {
		t.Errorf("the clock shows %v, want %v", s.Now(), want)
	}
	s.wantEventsTo(r, "one", events)
	if got := int64(len(s.Journal.Entries(journal.Query{Kind: journal.Request, Interaction: "create"}))); got != events {
		t.Errorf("the journal has %d creations, want %d", got, events)
	}
	if struck := s.Faults.State().Struck[faults.Duplicate]; struck != n%2 {
		t.Errorf("the fault struck %d times", struck)
	}
	return b
}

// heap is how many bytes are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestTenantsMemory says what a tenant costs that has done next to nothing.
func TestTenantsMemory(t *testing.T) {
	const tenants = 50
	s := start(t, nil)
	s.tenant(t, "first").subscribe(fhir.R4)
	before := heap()
	for n := range tenants {
		s.tenant(t, fmt.Sprint(n)).subscribe(fhir.R4)
	}
	each := (heap() - before) / tenants
	t.Logf("a tenant with one base and one Subscription holds %d kB", each/1024)
	if each > 1<<20 {
		t.Errorf("a tenant holds %d kB", each/1024)
	}
}

// TestNobodyWaitsForATenantThatIsGone: neither who follows its journal nor whose
// answer is delayed by a clock that will never move again.
func TestNobodyWaitsForATenantThatIsGone(t *testing.T) {
	s := start(t, nil)
	for _, end := range []struct{ method, body string }{{"PUT", `{}`}, {"DELETE", ""}} {
		tenant := s.tenant(t, "short-lived")
		request, _ := http.NewRequestWithContext(t.Context(), "GET", s.ManagementURL()+"/t/short-lived/journal", nil)
		request.Header.Set("Accept", "text/event-stream")
		stream, err := s.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Body.Close()
		tenant.subscribe(fhir.R4)
		if err := tenant.Faults.Next(faults.Spec{Fault: faults.SlowAnswer, Seconds: 3600}); err != nil {
			t.Fatal(err)
		}
		answered := make(chan error)
		go func() {
			_, err := tenant.try("POST", tenant.BaseURL(fhir.R4)+"/Subscription/$get-ws-binding-token", "")
			answered <- err
		}()
		s.until("the fault strikes", func() bool { return tenant.Faults.State().Struck[faults.SlowAnswer] == 1 })
		if status := s.call(end.method, s.ManagementURL()+"/tenants/short-lived", end.body, "Content-Type: application/json").status; status >= 300 {
			t.Fatalf("%s was answered by %d", end.method, status)
		}
		if err := <-answered; err != nil {
			t.Errorf("after %s: %v", end.method, err)
		}
		if end.method == "DELETE" {
			if _, err := io.ReadAll(stream.Body); err != nil { // which has an end
				t.Error(err)
			}
		}
	}
}
