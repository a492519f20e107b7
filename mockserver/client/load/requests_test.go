package load_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
)

// TestRefusedEventsWereLateAsWell: a server makes the first event, takes its time to
// refuse the second, and refuses the others, which had to wait. That is told.
func TestRefusedEventsWereLateAsWell(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{})
	base, _ := url.Parse(srv.LocalURL())
	proxy := httputil.NewSingleHostReverseProxy(base)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	proxy.Transport = transport
	const events, slow = 5, 300 * time.Millisecond
	var asked atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/Patient/") {
			switch asked.Add(1) {
			case 1:
				proxy.ServeHTTP(w, r)
				return
			case 2:
				<-time.After(slow) // there is no other way to be a slow server
			}
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	c := small(srv, fhir.R4)
	c.Base, c.Events, c.Wait = front.URL+"/fhir/R4", events, briefly
	got := run(t, srv, c)
	if r := got.Requests; r.Sent != events || r.Answered != 1 || r.LateMs.P50 < 250 || got.Deliveries.Received != 4 {
		t.Errorf("the requests are %+v, the deliveries %+v", r, got.Deliveries)
	}
	if len(got.Failures) != 1 || got.Failures[0].Status != 500 || got.Failures[0].Count != events-1 || got.Good() {
		t.Errorf("the failures are %+v", got.Failures)
	}
}
