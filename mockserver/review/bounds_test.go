package review_test

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
)

// chaos is an entry that means as little as chance wants.
func chaos(r *rand.Rand, n int64, now time.Time) journal.Entry {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	id := "s" + strconv.Itoa(r.IntN(50_000))
	expires := now.Add(time.Duration(r.IntN(600)-100) * time.Second)
	total := r.Int64N(1000)
	e := journal.Entry{
		N: n, Time: now, Real: now, FHIR: pick("R4", "R4B", "R5"), Caller: "caller-" + strconv.Itoa(r.IntN(20_000)),
		Kind:   journal.Kind(pick("request", "request", "open", "received", "received", "sent", "sent", "sent", "withheld", "unbound", "close")),
		Socket: uint64(r.IntN(30_000)), Subscriptions: []string{id}, JTI: "t" + strconv.Itoa(r.IntN(100_000)), Expires: &expires,
		WebsocketURL: "ws://h/ws/" + strconv.Itoa(r.IntN(20_000)), Method: pick("GET", "POST", "HEAD"),
		Status: []int{101, 200, 201, 401, 403, 404, 410, 429, 503}[r.IntN(9)], RetryAfter: r.IntN(100),
		Interaction: pick("$get-ws-binding-token", "$events", "$status", "$resend", "read", "create", "update", "delete", "search-type", "capabilities"),
		Resource:    pick("Subscription/"+id, "Patient/"+id, "Subscription", ""),
		Type:        pick("bind", "bind-colon", "bind-json", "unbind", "ping", "unknown", "handshake", "heartbeat", "event-notification", "query-status", "outcome", "pong"),
		Events:      []int64{r.Int64N(1000) - 1, r.Int64N(1000)}, Focus: []string{"Patient/1", "Patient/" + id}, Total: &total,
		By: pick("client", "server", "nobody"), Code: 1000 + r.IntN(12), Reason: pick("", "bind-timeout", "binary-frame", "expired-token"),
		Verdict: pick("ok", "ok", "ok", "expired-token", "revoked-token", "already-used", "unknown-subscription", "binary-frame", "not-found"),
		Dialect: pick("", "spec", "medplum", "legacy", "query"),
	}
	if r.IntN(4) == 0 {
		e.Faults = []string{faults.Catalogue()[r.IntN(len(faults.Catalogue()))].Name}
	}
	return e
}

// What is remembered stays small, and Observe quick, whatever comes.
func TestAMillionEntries(t *testing.T) {
	count := int64(1_000_000)
	if testing.Short() {
		count = 100_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	reviewer := review.New(review.Config{})
	now := noon
	for n := range count {
		now = now.Add(time.Duration(r.IntN(2000)) * time.Microsecond)
		e := chaos(r, n+1, now)
		reviewer.Observe(&e)
	}
	facts, lost := reviewer.Facts()
	findings := reviewer.Findings()
	if len(facts) > 45_000 || lost == 0 && !testing.Short() {
		t.Errorf("%d facts are kept, %d are not", len(facts), lost)
	}
	if len(findings) == 0 || len(findings) > 1_000 {
		t.Errorf("%d findings", len(findings))
	}
	for _, f := range findings {
		if len(f.Evidence) > 8 {
			t.Fatalf("%d pieces of evidence", len(f.Evidence))
		}
	}
	facts, findings = nil, nil
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	reviewer.Reset()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if size := int64(before.HeapAlloc) - int64(after.HeapAlloc); size > 128<<20 {
		t.Errorf("%d MiB were remembered", size>>20)
	} else {
		t.Logf("%d MiB were remembered", size>>20)
	}
}

// This has something to find under -race only.
func TestConcurrentUse(t *testing.T) {
	j := journal.New(journal.Config{})
	reviewer := review.New(review.Config{})
	j.Observe(reviewer.Observe)
	var all sync.WaitGroup
	for seed := range uint64(4) {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, 0))
			for n := range int64(500) {
				j.Add(chaos(r, n, time.Now()))
			}
		})
		all.Go(func() {
			for range 20 {
				reviewer.Findings()
				reviewer.Facts()
				reviewer.SetShared(seed%2 == 0)
				if _, err := reviewer.AssertText("bound, got no finding"); err != nil {
					t.Error(err)
				}
			}
			reviewer.Reset()
		})
	}
	all.Wait()
}
