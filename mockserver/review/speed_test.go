package review_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
)

// fanOut are sockets that all get every event, each for a Subscription of its own:
// what a load test makes, with the entries that package socket makes of it.
type fanOut struct {
	review  *review.Reviewer
	n       int64
	now     time.Time
	ids     [][]string // of the Subscription on each socket
	callers []string
	foci    [][]string
	entry   journal.Entry // the latest frame, written anew for each
	numbers [1]int64
	total   int64
	frames  int
	tokens  string // what the next ones are called
}

// newFanOut binds sockets, of as many callers.
func newFanOut(sockets, callers int) *fanOut {
	f := &fanOut{review: review.New(review.Config{}), now: noon, tokens: "jti-"}
	for i := range 512 {
		f.foci = append(f.foci, []string{"Patient/" + strconv.Itoa(i)})
	}
	for i := range sockets {
		f.ids = append(f.ids, []string{"subscription-" + strconv.Itoa(i)})
		f.callers = append(f.callers, "caller-"+strconv.Itoa(1_000_000+i%callers))
		f.bind(i)
	}
	f.entry = journal.Entry{
		Kind: journal.Sent, FHIR: "R4", Dialect: "spec", Type: "event-notification", Bytes: 1024, Text: "{}",
		Events: f.numbers[:], Total: &f.total,
	}
	return f
}

// bind is all that it takes to have a Subscription bound on a socket.
func (f *fanOut) bind(i int) {
	jti, expires := f.tokens+strconv.Itoa(i), f.now.Add(time.Hour)
	e := journal.Entry{FHIR: "R4", Verdict: journal.Good, Caller: f.callers[i], Subscriptions: f.ids[i]}
	token, open, bind, hand := e, e, e, e
	token.Kind, token.Method, token.Status, token.JTI, token.Expires = journal.Request, "POST", 200, jti, &expires
	token.Interaction, token.Resource, token.WebsocketURL = "$get-ws-binding-token", "Subscription/"+f.ids[i][0], home
	open.Kind, open.Status, open.WebsocketURL, open.Caller, open.Subscriptions = journal.Open, 101, home, "", nil
	bind.Kind, bind.Type, bind.JTI = journal.Received, "bind", jti
	hand.Kind, hand.Type, hand.Total = journal.Sent, "handshake", new(int64)
	for _, e := range []*journal.Entry{&token, &open, &bind, &hand} {
		f.now = f.now.Add(20 * time.Microsecond)
		f.n++
		e.N, e.Time, e.Real, e.Socket = f.n, f.now, f.now, uint64(i+1)
		if e.Kind == journal.Request {
			e.Arrived, e.Socket = e.Real, 0
		}
		f.review.Observe(e)
	}
}

// send is the next frame: the event goes to one socket after the other.
func (f *fanOut) send(k int) {
	i, number := k%len(f.ids), int64(k/len(f.ids)+1)
	f.now = f.now.Add(10 * time.Microsecond)
	f.n++
	f.numbers[0], f.total = number, number
	e := &f.entry
	e.N, e.Time, e.Real = f.n, f.now, f.now
	e.Socket, e.Caller, e.Subscriptions, e.Focus = uint64(i+1), f.callers[i], f.ids[i], f.foci[int(number)%len(f.foci)]
	f.review.Observe(e)
}

// all sends so many events to all.
func (f *fanOut) all(events int) {
	for range events * len(f.ids) {
		f.send(f.frames)
		f.frames++
	}
}

// The journal waits for the review of every frame.
func TestEventsTakeNoMemory(t *testing.T) {
	for _, callers := range []int{1, 40} {
		f := newFanOut(40, callers)
		f.all(600) // until every list is as long as it will be
		if n := testing.AllocsPerRun(100, func() { f.all(1) }); n != 0 {
			t.Errorf("with %d callers: %v allocations for 40 frames", callers, n)
		}
		if list := f.review.Findings(); len(list) != 0 {
			t.Errorf("with %d callers: %v", callers, list)
		}
	}
}

// As many sockets as a hub takes are remembered, with their Subscriptions and tokens,
// also where each has a caller of its own.
func TestTenThousandSockets(t *testing.T) {
	const sockets = 10_000
	f := newFanOut(sockets, sockets)
	gaps := f.review.Tally(func(fact *review.Fact) bool { return fact.Fact == review.SawGap && fact.Attributes["from"] == "2" })
	renewals := f.review.Tally(func(fact *review.Fact) bool { return fact.Fact == review.Renewed })
	f.all(1)
	f.frames += sockets // nobody gets the second event
	f.all(1)
	if n := gaps.Count(); n != sockets {
		t.Errorf("%d sockets saw the gap, want %d", n, sockets)
	}
	f.tokens = "another-"
	for i := range sockets {
		f.bind(i)
		if i%1_000 == 999 {
			renewals.Count() // before the facts are kept no more
		}
	}
	if n := renewals.Count(); n != sockets {
		t.Errorf("%d callers renewed, want %d", n, sockets)
	}
}

func TestTallyCountsEachFactOnce(t *testing.T) {
	f := newFanOut(2, 1)
	events := f.review.Tally(func(fact *review.Fact) bool { return fact.Fact == review.ReceivedEvent })
	want := func(n int) {
		t.Helper()
		if got := events.Count(); got != n {
			t.Errorf("%d events, want %d", got, n)
		}
	}
	want(0)
	f.all(3)
	want(6)
	want(6)
	f.all(7_500)
	want(15_006)
	f.all(7_500)
	want(30_006) // of which not all are kept
	f.all(15_000)
	want(50_006) // 20,000 are, of 30,000
	f.review.Reset()
	want(0)
	for i := range 2 {
		f.bind(i)
	}
	f.all(1)
	want(2)
}

func BenchmarkObserve(b *testing.B) {
	for _, c := range []struct {
		name             string
		sockets, callers int
	}{
		{"sockets=2000/callers=1", 2_000, 1},
		{"sockets=2000/callers=2000", 2_000, 2_000},
		{"sockets=10000/callers=1", 10_000, 1},
		{"sockets=10000/callers=10000", 10_000, 10_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := newFanOut(c.sockets, c.callers)
			f.all(150) // until every list is as long as it will be
			b.ReportAllocs()
			for b.Loop() {
				f.send(f.frames)
				f.frames++
			}
		})
	}
}
