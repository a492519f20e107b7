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
}

// newFanOut binds sockets, of as many callers.
func newFanOut(sockets, callers int) *fanOut {
	f := &fanOut{review: review.New(review.Config{}), now: noon}
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

// bind is all that it takes to have a socket bound.
func (f *fanOut) bind(i int) {
	jti, expires := "jti-"+strconv.Itoa(i), f.now.Add(time.Hour)
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
			k := 0
			for ; k < 150*c.sockets; k++ { // until every list is as long as it will be
				f.send(k)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				f.send(k)
				k++
			}
		})
	}
}
