package mockserver_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// TestFaultsSpareOthers strikes one caller by every fault of the catalogue.
// Another one, on the same server and for the same changes, gets byte for byte
// what comes without any fault; and the one who was struck is served as ever
// afterwards.
func TestFaultsSpareOthers(t *testing.T) {
	_, polite := beside(t, "")
	for _, f := range faults.Catalogue() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			a, frames := beside(t, f.Name)
			wantFrames(t, frames, polite...)
			a.s.until("in the journal", func() bool { return len(a.s.Journal.Entries(journal.Query{Fault: f.Name})) > 0 })
			if n := a.s.Faults.State().Struck[f.Name]; n != 1 {
				t.Errorf("struck %d times, want once", n)
			}
			a.recover()
		})
	}
}

// alice is a caller who is struck by faults, and takes them as they come.
type alice struct {
	s  *server
	id string // of her Subscription
}

// beside has alice and bob listen to the same changes, with a fault planned for
// alice, and returns what bob got.
func beside(t *testing.T, name string) (*alice, []string) {
	s := faulty(t, nil)
	a := &alice{s: s, id: s.post(fhir.R4, subscribeTo(fhir.R4, "Patient", "10"), bearer)}
	bobs := s.post(fhir.R4, subscribeTo(fhir.R4, "Patient", "10"), bearerOfBob)
	bob := s.listen(fhir.R4, bobs, bearerOfBob)
	if name != "" {
		s.plan(faults.Spec{Fault: name, Caller: "a-secret-of-alice"})
	}
	a.bind(a.token())
	for range 3 {
		s.event(fhir.R4)
	}
	s.clock.Advance(15 * time.Second)
	s.event(fhir.R4)
	return a, bob.rest()
}

// token gets a binding token in the end. The same time passes whatever happens.
func (a *alice) token() binding {
	a.s.t.Helper()
	var good binding
	for range 2 {
		answers := make(chan answer, 1)
		go func() {
			got, err := a.s.try("POST", a.s.operationURL(fhir.R4, "get-ws-binding-token", a.id), "", bearer)
			if err != nil {
				a.s.t.Error(err)
			}
			answers <- got
		}()
		a.s.until("answered or held", func() bool {
			return len(answers) > 0 || a.s.Faults.State().Struck[faults.SlowAnswer] > 0
		})
		a.s.clock.Advance(2 * time.Second)
		if got := <-answers; good.token == "" && got.status == http.StatusOK && strings.Contains(got.body, "eyJ") {
			good = a.s.readBinding(got.body)
		}
	}
	return good
}

// bind connects and binds, or tries to, and pings.
func (a *alice) bind(b binding) {
	a.s.t.Helper()
	url := b.url
	if !strings.HasPrefix(url, "ws://") { // the fault is elsewhere
		url = a.s.WebsocketURL(fhir.R4)
	}
	var conn *raw
	for head := ""; !strings.HasPrefix(head, "HTTP/1.1 101 "); {
		conn, head = a.s.rawRequest(url, bearer)
	}
	go io.Copy(io.Discard, conn) // until the end of the test, or of the connection
	conn.bind(b)
	a.s.until("bound", func() bool { return len(a.received()) > 0 })
	conn.send(pingFrame, "")
}

func (a *alice) received() []journal.Entry {
	return a.s.Journal.Entries(journal.Query{Kind: journal.Received, Socket: 2})
}

// recover proves that alice is served again.
func (a *alice) recover() {
	a.s.t.Helper()
	a.s.Faults.Clear()
	resource := strings.Replace(subscribeTo(fhir.R4, "Patient", ""), `{`, `{"id":"`+a.id+`",`, 1)
	a.s.call("PUT", a.s.BaseURL(fhir.R4)+"/Subscription/"+a.id, resource, bearer).want(a.s.t, 200, "")
	a.s.wantGoodAgain(fhir.R4, a.id, int64(len(a.s.eventsOf(fhir.R4, a.id, bearer))), bearer)
}
