package load_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client/load"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// small is a load that takes a moment. One request is under way at a time, so that
// the order of events is known.
func small(srv *mockserver.Server, r fhir.Release) load.Config {
	return load.Config{Base: srv.BaseURL(r), Sockets: 4, Events: 20, Rate: 1000, Parallel: 1, Wait: testkit.Patience, Seed: 7}
}

// briefly is how long a load waits for what will not come.
const briefly = 2 * time.Second

// run makes a load, which must be possible, and looks whether it has cleaned up.
func run(t *testing.T, srv *mockserver.Server, c load.Config) load.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*testkit.Patience)
	defer cancel()
	report, err := load.Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Keep {
		wantNone(t, c.Base)
	}
	return report
}

// wantNone looks for what a load has left behind.
func wantNone(t *testing.T, base string) {
	t.Helper()
	for _, typ := range []string{"Subscription", "Patient"} {
		if n := count(t, base, typ); n != 0 {
			t.Errorf("%d resources of the type %s were left behind", n, typ)
		}
	}
}

// count asks how many resources of a type there are.
func count(t *testing.T, base, typ string) (n int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testkit.Patience}
	answer, err := client.Get(base + "/" + typ + "?_summary=count")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, total, _ := strings.Cut(strings.ReplaceAll(string(text), " ", ""), `"total":`)
	if _, err := fmt.Sscanf(total, "%d", &n); err != nil {
		t.Fatalf("%s has no total", text)
	}
	return n
}

// postPatient makes a Patient that is of no load.
func postPatient(t *testing.T, base string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: testkit.Patience}
	answer, err := client.Post(base+"/Patient", "application/fhir+json", strings.NewReader(`{"resourceType":"Patient"}`))
	if err != nil {
		t.Error(err)
		return
	}
	answer.Body.Close()
}

// wantGood fails unless everything came, once and in order: so many deliveries.
func wantGood(t *testing.T, r load.Report, deliveries int64) {
	t.Helper()
	if d := r.Deliveries; !r.Good() || d.Due != deliveries || d.Received != deliveries {
		t.Errorf("%d deliveries are due, the report is %+v", deliveries, r)
	}
	if p := r.Deliveries.LatencyMs; p.Max <= 0 || p.P50 > p.P90 || p.P90 > p.P99 || p.P99 > p.P999 || p.P999 > p.Max {
		t.Errorf("percentiles are %+v", p)
	}
}
