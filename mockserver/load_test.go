package mockserver_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// load is the shape of TestLoad. Each socket has three Subscriptions, each
// Subscription hears of one group of Patients, and each event is a new Patient
// of one group.
type load struct {
	sockets, groups, events int
}

// perSubscription is how many events each Subscription gets.
func (l load) perSubscription() int { return l.events / l.groups }

// fullLoad has TestLoad cause all its events: make load.
var fullLoad = flag.Bool("load", false, "cause 10,000 events in TestLoad, not 2,000")

// TestLoad: a thousand sockets with three Subscriptions each and thousands of
// events, of which every one reaches thirty Subscriptions. Nothing is lost,
// doubled or reordered in 60,000 frames, or 300,000. The connections are real ones
// on the loopback interface, two file descriptors per socket: Go raises the soft
// limit to the hard one by itself.
func TestLoad(t *testing.T) {
	l := load{sockets: 1000, groups: 100, events: 2000}
	if *fullLoad {
		l.events = 10_000
	}
	if underRace {
		l = load{sockets: 100, groups: 10, events: 500}
	}
	s := start(t, func(c *mockserver.Config) { c.Logger = slog.New(slog.DiscardHandler) })
	begin := time.Now()
	listeners := l.listen(s)
	ready := time.Now()
	l.cause(s)
	caused := time.Now()
	frames := 0
	for _, c := range listeners {
		select {
		case <-c.done:
		case err := <-c.over:
			t.Fatal(err)
		case <-time.After(2 * testkit.Patience):
			t.Fatal("some events did not come")
		}
		frames += 3 * l.perSubscription()
	}
	t.Logf("%d sockets bound in %v, %d events made in %v, %d frames read %v later", l.sockets,
		ready.Sub(begin).Round(time.Millisecond), l.events, caused.Sub(ready).Round(time.Millisecond),
		frames, time.Since(caused).Round(time.Millisecond))
	s.drained()
	for _, c := range listeners {
		c.end(t)
	}
}

// listen creates the Subscriptions and binds the sockets.
func (l load) listen(s *server) []*listener {
	list := make([]*listener, l.sockets)
	inParallel(l.sockets, func(n int) {
		var ids []string
		for k := range 3 {
			ids = append(ids, s.post(fhir.R4, toGroup((3*n+k)%l.groups)))
		}
		b := s.token(fhir.R4, ids)
		ws, _, err := websocket.Dial(context.Background(), b.url, nil)
		if err != nil {
			s.t.Error(err)
			return
		}
		list[n] = &listener{ws: ws, ids: ids, seen: make([]int, 3), due: l.perSubscription(),
			done: make(chan struct{}), over: make(chan error, 1)}
		if err := ws.Write(context.Background(), websocket.MessageText, []byte("bind-with-token "+b.token)); err != nil {
			s.t.Error(err)
		}
		for _, id := range ids {
			if _, frame, err := ws.Read(context.Background()); err != nil || !bytes.Contains(frame, []byte("/"+id)) {
				s.t.Errorf("a handshake of %s was due: %s, %v", id, frame, err)
			}
		}
		go list[n].read()
	})
	if s.t.Failed() {
		s.t.FailNow()
	}
	return list
}

// toGroup is a Subscription to the Patients of a group.
func toGroup(n int) string {
	return strings.Replace(subscribeTo(fhir.R4, "Patient", ""),
		`"criteria":"`+subscription.BuiltinURL+`Patient"`,
		`"criteria":"`+subscription.BuiltinURL+`Patient","_criteria":{"extension":[{
			"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria",
			"valueString":"Patient?identifier=group|`+strconv.Itoa(n)+`"}]}`, 1)
}

// cause makes the events, several at a time.
func (l load) cause(s *server) {
	inParallel(l.events, func(n int) {
		patient := fmt.Sprintf(`{"resourceType":"Patient","identifier":[{"system":"group","value":"%d"}]}`, n%l.groups)
		if a, err := s.try("POST", s.BaseURL(fhir.R4)+"/Patient", patient); err != nil || a.status != 201 {
			s.t.Errorf("create was answered by %d, %v", a.status, err)
		}
	})
}

// inParallel calls f with 0 to n-1 on a few goroutines.
func inParallel(n int, f func(int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}

// listener is one socket. It expects the events of each of its Subscriptions
// in the order of their numbers.
type listener struct {
	ws   *websocket.Conn
	ids  []string
	seen []int // by Subscription, the number of its last event
	due  int
	done chan struct{} // closed when all events are there
	over chan error    // why reading ended
}

func (c *listener) read() {
	for left := 3 * c.due; ; left-- {
		if left == 0 {
			close(c.done)
		}
		_, frame, err := c.ws.Read(context.Background())
		if err != nil {
			c.over <- err
			return
		}
		if err := c.take(string(frame)); err != nil {
			c.over <- err
			return
		}
	}
}

// take notes an event. Every Bundle here has one.
func (c *listener) take(frame string) error {
	for i, id := range c.ids {
		if !strings.Contains(frame, "/Subscription/"+id+`"`) {
			continue
		}
		c.seen[i]++
		if !strings.Contains(frame, `"event-number","valueString":"`+strconv.Itoa(c.seen[i])+`"`) {
			return fmt.Errorf("event %d of %s was due: %s", c.seen[i], id, frame)
		}
		return nil
	}
	return fmt.Errorf("a frame for nobody: %s", frame)
}

// end closes the socket. Nothing more than was due may have come.
func (c *listener) end(t *testing.T) {
	c.ws.Close(websocket.StatusNormalClosure, "")
	if err := <-c.over; websocket.CloseStatus(err) != websocket.StatusNormalClosure && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	for i, n := range c.seen {
		if n != c.due {
			t.Errorf("%s: %d events, want %d", c.ids[i], n, c.due)
		}
	}
}
