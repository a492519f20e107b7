package mockserver_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// TestAResetLetsSlowAnswersGo: the clock that they wait for is moved no more.
func TestAResetLetsSlowAnswersGo(t *testing.T) {
	s := start(t, nil)
	for name, end := range map[string]func(){
		"reset":   func() { s.manage("/t/reset/reset", "{}").want(t, 200, "") },
		"removed": func() { s.Remove("removed") },
	} {
		own := s.tenant(t, name)
		id := own.subscribe(fhir.R4)
		own.plan(faults.Spec{Fault: faults.SlowAnswer, Seconds: 90})
		answered := make(chan error)
		go func() {
			_, err := own.try("POST", own.operationURL(fhir.R4, "get-ws-binding-token", id), "")
			answered <- err
		}()
		s.until("struck", func() bool { return own.Faults.State().Struck[faults.SlowAnswer] == 1 })
		end()
		if err := <-answered; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAStreamEndsWithItsTenant: nothing comes any more, also when another tenant
// gets the name.
func TestAStreamEndsWithItsTenant(t *testing.T) {
	s := start(t, nil)
	request, _ := http.NewRequest("GET", s.ManagementURL()+"/t/short/journal", nil)
	request.Header.Set("Accept", "text/event-stream")
	response, err := s.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	if !lines.Scan() {
		t.Fatal("the stream has no beginning")
	}
	s.Remove("short")
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
}

// TestWhoConnectsAgainDuringAReset: what such a client does is all of the time
// before the reset, or all of the time after it. One peer that does not answer the
// close keeps the reset busy until then.
func TestWhoConnectsAgainDuringAReset(t *testing.T) {
	s := start(t, nil)
	b := s.token(fhir.R4, []string{s.subscribe(fhir.R4)})
	silent, _, err := websocket.Dial(context.Background(), b.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := s.connect(fhir.R4, b.url)
	var done sync.WaitGroup
	done.Go(s.Reset)
	c.WantClosed(1001, "going-away")
	id := s.subscribe(fhir.R4)
	silent.CloseNow()
	done.Wait()
	created := s.Journal.Entries(journal.Query{Interaction: "create", Subscription: id})
	if there := s.call("GET", s.BaseURL(fhir.R4)+"/Subscription/"+id, "").status == 200; there != (len(created) == 1) {
		t.Errorf("the Subscription is there: %v; the journal has its creation: %v", there, created)
	}
}

// TestResetsAtOnce has something to find only under -race, beyond the last state.
func TestResetsAtOnce(t *testing.T) {
	s := start(t, nil)
	var all sync.WaitGroup
	for range 4 {
		all.Go(s.Reset)
		all.Go(func() {
			if _, err := s.try("GET", s.BaseURL(fhir.R4)+"/metadata", ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.connect(fhir.R4, s.WebsocketURL(fhir.R4)).CloseNow()
}

// TestATenantOfAClosedServer takes no sockets, whose end nobody would wait for.
func TestATenantOfAClosedServer(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	s, err := mockserver.New(mockserver.Config{PublicURL: "http://" + web.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	web.Config.Handler = s.Handler()
	web.Start()
	defer web.Close()
	s.Close()
	late, err := s.Open("late")
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []*mockserver.Tenant{late, s.Tenant} {
		for _, r := range []fhir.Release{fhir.R4, fhir.R5} {
			ws, response, err := websocket.Dial(context.Background(), tenant.WebsocketURL(r), nil)
			if err == nil {
				ws.CloseNow()
				t.Fatalf("tenant %q took a socket", tenant.Name())
			}
			if response.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("tenant %q answered %d", tenant.Name(), response.StatusCode)
			}
		}
	}
}
