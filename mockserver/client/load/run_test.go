package load_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client/load"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// TestReleasesAndContents: three Subscriptions on each of four sockets, in three
// groups, so that an event reaches four of twelve.
func TestReleasesAndContents(t *testing.T) {
	for _, r := range releases {
		for _, content := range load.Contents() {
			t.Run(r.String()+" "+content, func(t *testing.T) {
				t.Parallel()
				srv := mockserver.Start(t, mockserver.Config{})
				c := small(srv, r)
				c.Subscriptions, c.Groups, c.Content, c.Size = 3, 3, content, 1000
				got := run(t, srv, c)
				wantGood(t, got, 80)
				if got.Release != r.String() || got.Frames.Handshakes != 12 || got.Bound.Subscriptions != 12 || got.ResourceBytes != 1000 {
					t.Errorf("the report is %+v", got)
				}
				if by := map[bool]string{true: "count", false: "marker"}[content == load.Empty]; got.MatchedBy != by {
					t.Errorf("matched by %s, want %s", got.MatchedBy, by)
				}
			})
		}
	}
}

func TestDialects(t *testing.T) {
	for _, d := range []struct {
		name          string
		releases      []fhir.Release
		subscriptions int
	}{
		{load.Query, releases, 2},
		{load.Medplum, []fhir.Release{fhir.R4}, 2},
		{load.Legacy, releases, 1},
	} {
		for _, r := range d.releases {
			t.Run(d.name+" "+r.String(), func(t *testing.T) {
				t.Parallel()
				srv := mockserver.Start(t, mockserver.Config{Dialect: socket.Dialect(d.name)})
				c := small(srv, r)
				c.Dialect, c.Subscriptions, c.Groups = d.name, d.subscriptions, 2
				if d.name == load.Legacy && r != fhir.R4 {
					c.Websocket = srv.WebsocketURL(r)
				}
				wantGood(t, run(t, srv, c), int64(40*d.subscriptions))
			})
		}
	}
}

// TestPost: a server names the Patients, so that frames with ids only carry no
// marker, and those with resources do.
func TestPost(t *testing.T) {
	for content, by := range map[string]string{load.IDOnly: "count", load.FullResource: "marker"} {
		srv := mockserver.Start(t, mockserver.Config{})
		c := small(srv, fhir.R4)
		c.Post, c.Content = true, content
		got := run(t, srv, c)
		wantGood(t, got, 80)
		if got.MatchedBy != by {
			t.Errorf("%s is matched by %s, want %s", content, got.MatchedBy, by)
		}
	}
}

func TestManyInFlight(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{})
	c := small(srv, fhir.R5)
	c.Parallel, c.Events, c.Rate = 16, 400, 100_000
	wantGood(t, run(t, srv, c), 1600)
}

// TestMisbehaviourIsCounted has one socket of four suffer once.
func TestMisbehaviourIsCounted(t *testing.T) {
	type counts struct{ lost, duplicate, reordered, numbersOff int64 }
	for name, want := range map[string]counts{
		faults.Gap:       {lost: 1, numbersOff: 1},
		faults.Duplicate: {duplicate: 1, numbersOff: 1},
		faults.Reordered: {reordered: 1, numbersOff: 2},
	} {
		wait := testkit.Patience
		if want.lost > 0 {
			wait = briefly
		}
		for _, r := range releases {
			for _, content := range load.Contents() {
				if r != fhir.R4 && content != load.IDOnly {
					continue // it is the numbers that releases write in different ways
				}
				t.Run(name+" "+r.String()+" "+content, func(t *testing.T) {
					t.Parallel()
					srv := mockserver.Start(t, mockserver.Config{})
					srv.Faults.Next(faults.Spec{Fault: name, After: 10})
					c := small(srv, r)
					c.Content, c.Wait = content, wait
					got := run(t, srv, c)
					d := got.Deliveries
					if g := (counts{d.Lost, d.Duplicate, d.Reordered, d.NumbersOff}); g != want || got.Good() || d.Due != 80 || d.Received != 80-want.lost {
						t.Errorf("counted %+v, want %+v: %+v", g, want, got)
					}
				})
			}
		}
	}
}

// TestFramesThatCannotBeRead: a notification that is cut off, or says of no Subscription
// that it is its, is none, although its marker can be found.
func TestFramesThatCannotBeRead(t *testing.T) {
	for _, fault := range []string{faults.MalformedJSON, faults.MissingStatus} {
		for _, content := range []string{load.IDOnly, load.FullResource} {
			srv := mockserver.Start(t, mockserver.Config{Seed: 1})
			srv.Faults.Next(faults.Spec{Fault: fault, After: 10, Times: 8})
			c := small(srv, fhir.R5)
			c.Content, c.Wait = content, briefly
			got := run(t, srv, c)
			if d := got.Deliveries; d.Lost != 8 || d.Received != 72 || d.Misdirected != 0 || got.Frames.Other != 8 || got.Good() {
				t.Errorf("%s, %s: %+v, %+v", fault, content, d, got.Frames)
			}
		}
	}
}

// Without numbers a loss is one too few, and a duplicate one too many.
func TestMisbehaviourIsCountedWithoutNumbers(t *testing.T) {
	for name, want := range map[string][2]int64{faults.Gap: {1, 0}, faults.Duplicate: {0, 1}} {
		srv := mockserver.Start(t, mockserver.Config{Dialect: socket.Legacy})
		srv.Faults.Next(faults.Spec{Fault: name, After: 10})
		c := small(srv, fhir.R4)
		c.Dialect, c.Wait = load.Legacy, briefly
		got := run(t, srv, c).Deliveries
		if got.Lost != want[0] || got.Duplicate != want[1] || got.Received != 80-want[0] {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Medplum's frames have no numbers; the times of the requests tell the order.
func TestReorderingIsToldWithoutNumbers(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{Dialect: socket.Medplum})
	srv.Faults.Next(faults.Spec{Fault: faults.Reordered, After: 10})
	c := small(srv, fhir.R4)
	c.Dialect = load.Medplum
	if got := run(t, srv, c).Deliveries; got.Reordered != 1 || got.Lost+got.Duplicate != 0 || got.Received != 80 {
		t.Errorf("counted %+v", got)
	}
}

func TestLegalOddities(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{})
	srv.Faults.Next(faults.Spec{Fault: faults.SeveralEvents, After: 5, Count: 2})
	c := small(srv, fhir.R4B)
	got := run(t, srv, c)
	if d := got.Deliveries; d.Lost+d.Duplicate+d.Reordered+d.Misdirected != 0 || d.Received != 80 {
		t.Errorf("several events in a notification: %+v", got)
	}
}

func TestSocketsThatEndEarly(t *testing.T) {
	for name, want := range map[string]load.Close{
		faults.Drop:           {Code: 1006, Reason: "the connection ended", Count: 1},
		faults.CloseAfterHand: {Code: 4001, Reason: "", Count: 1},
	} {
		srv := mockserver.Start(t, mockserver.Config{})
		spec := faults.Spec{Fault: name, After: 3}
		if want.Code == 4001 {
			spec.Code = 4001
		}
		srv.Faults.Next(spec)
		c := small(srv, fhir.R4)
		c.Wait = briefly
		got := run(t, srv, c)
		if len(got.Closes) != 1 || got.Closes[0].Code != want.Code || got.Closes[0].Count != 1 || got.Good() {
			t.Errorf("%s: closes are %+v, failures %+v, want %+v", name, got.Closes, got.Failures, want)
		}
	}
}

func TestRefusalsAreCounted(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{})
	srv.Faults.Next(faults.Spec{Fault: faults.Forbidden, After: 2})
	got := run(t, srv, small(srv, fhir.R4))
	want := load.Failure{Call: "get-ws-binding-token", Status: 403, Code: "forbidden", Count: 1}
	if len(got.Failures) != 1 || got.Failures[0] != want || got.Bound.Sockets != 3 || got.Deliveries.Due != 60 || got.Deliveries.Lost != 0 || got.Good() {
		t.Errorf("the report is %+v, want the failure %+v", got, want)
	}
}

// What is wrong with the first socket is an error: it is wrong with all.
func TestTheFirstSocketIsRefused(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{})
	for _, test := range []struct {
		change func(*load.Config)
		says   string
	}{
		{func(c *load.Config) { c.Topic = "http://example.org/none" }, "create-subscription was answered 422"},
		{func(c *load.Config) { c.Dialect = load.Legacy }, "/websocket was answered 404"},
		{func(c *load.Config) { c.Base = srv.URL() }, "metadata was answered 404"},
	} {
		c := small(srv, fhir.R4)
		test.change(&c)
		if _, err := load.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("the error is %v, want %s", err, test.says)
		}
	}
	wantNone(t, srv.BaseURL(fhir.R4))
}

// A server may send its clients elsewhere, but not a load to another machine.
func TestAWebsocketElsewhereIsRefused(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{PublicURL: "http://fhir.example.org"})
	c := small(srv, fhir.R4)
	c.Base = srv.LocalURL() + "/fhir/R4"
	if _, err := load.Run(t.Context(), c); fault.CodeOf(err) != fault.Forbidden || !strings.Contains(err.Error(), "fhir.example.org") {
		t.Errorf("the error is %v", err)
	}
}

func TestACallerIsNeeded(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{RequireAuth: true})
	c := small(srv, fhir.R4)
	if _, err := load.Run(t.Context(), c); !errors.Is(err, fault.LoginRequired) {
		t.Errorf("the error is %v", err)
	}
	c.Bearer = "me"
	report, err := load.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	wantGood(t, report, 80)
}

func TestForeignEventsAreNotOurs(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{})
	kept := small(srv, fhir.R4)
	kept.Keep, kept.Sockets, kept.Events = true, 1, 1
	run(t, srv, kept)
	base := srv.BaseURL(fhir.R4)
	if s, p := count(t, base, "Subscription"), count(t, base, "Patient"); s != 1 || p != 1 {
		t.Errorf("kept were %d Subscriptions and %d Patients", s, p)
	}
	c := small(srv, fhir.R4)
	c.Seed, c.Keep = 8, true
	c.Progress = func(p load.Progress) {
		if p.Phase == load.Loading || p.Phase == load.Waiting {
			postPatient(t, base)
		}
	}
	c.Rate = 40 // some progress is told meanwhile
	got := run(t, srv, c)
	if got.Frames.Foreign == 0 || !got.Good() || got.Deliveries.Received != 80 {
		t.Errorf("the report is %+v", got)
	}
}

func TestInterrupted(t *testing.T) {
	srv := mockserver.Start(t, mockserver.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := small(srv, fhir.R4)
	c.Rate = 1
	c.Progress = func(p load.Progress) {
		if p.Phase == load.Loading {
			cancel()
		}
	}
	got, err := load.Run(ctx, c)
	if err != nil || !got.Interrupted || got.Good() || got.Requests.Sent >= 20 {
		t.Errorf("the report is %+v, %v", got, err)
	}
	wantNone(t, c.Base)
	if _, err := load.Run(ctx, c); err == nil {
		t.Error("a load without a context had no error")
	}
}

// TestRenewal shares a clock with the server: tokens live for 100 seconds, and there
// is an event before and after the first would have expired.
func TestRenewal(t *testing.T) {
	for _, dialect := range []socket.Dialect{socket.Spec, socket.Medplum, socket.Query} {
		t.Run(string(dialect), func(t *testing.T) { testRenewal(t, dialect) })
	}
	t.Run("another URL", func(t *testing.T) {
		testRenewal(t, socket.Spec, faults.Spec{Fault: faults.ChangedURL, After: 2, Times: 2})
	})
}

func testRenewal(t *testing.T, dialect socket.Dialect, plan ...faults.Spec) {
	c := clock.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	srv := mockserver.Start(t, mockserver.Config{Clock: c, SharedClock: true, Dialect: dialect, Lifetime: 100 * time.Second})
	srv.Faults.Next(plan...)
	config := small(srv, fhir.R4)
	config.Clock, config.Dialect, config.Sockets, config.Events, config.Rate = c, string(dialect), 2, 3, 0.02
	config.Wait = time.Hour
	var got load.Report
	done := make(chan error, 1)
	go func() {
		var err error
		got, err = load.Run(t.Context(), config)
		done <- err
	}()
	until := func(n int, q journal.Query) {
		t.Helper()
		late := time.After(testkit.Patience)
		for len(srv.Journal.Entries(q)) < n {
			select {
			case <-late:
				t.Fatalf("the journal has fewer than %d of %+v", n, q)
			default:
				srv.Advance(0)
			}
		}
	}
	events := journal.Query{Type: "event-notification"}
	until(2, events)
	srv.Advance(50 * time.Second)
	until(4, events)
	srv.Advance(36 * time.Second)
	until(4, journal.Query{Type: "bind"})
	if dialect == socket.Query || len(plan) > 0 {
		until(2, journal.Query{Kind: journal.Close}) // before the tokens of the old ones expire
	}
	srv.Advance(14 * time.Second)
	until(6, events)
	for {
		select {
		case err := <-done:
			if err != nil || !got.Good() || got.Deliveries.Received != 6 || got.Renewals < 2 {
				t.Errorf("the report is %+v, %v", got, err)
			}
			if len(plan) > 0 && srv.Faults.State().Struck[plan[0].Fault] != plan[0].Times {
				t.Errorf("struck: %v", srv.Faults.State().Struck)
			}
			return
		case <-time.After(time.Millisecond): // or the tokens would expire before it can renew them
			srv.Advance(20 * time.Millisecond)
		}
	}
}
