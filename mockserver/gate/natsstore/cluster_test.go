package natsstore_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/gate/natsstore"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// cluster is three gates behind one name, with one NATS server and one FHIR server
// behind them. All but NATS have one virtual clock.
type cluster struct {
	t      *testing.T
	clock  *clock.Virtual
	nats   *natsServer
	mock   *mockserver.Server
	gates  []*gate.Gate
	killed map[int]bool
	stores []*natsstore.Store
}

func newCluster(t *testing.T) *cluster {
	c := &cluster{t: t, clock: clock.NewVirtual(time.Now().Truncate(time.Second)), nats: startNATS(t), killed: map[int]bool{}}
	c.mock = mockserver.Start(t, mockserver.Config{Clock: c.clock})
	key, err := jose.Generate(token.ES256)
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.Private()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		store := open(t, natsstore.Config{URL: c.nats.url(), Clock: c.clock})
		c.stores = append(c.stores, store)
		c.gates = append(c.gates, gate.Start(t, gate.Config{
			PublicURL: "http://gate.example", Key: private, Store: store, Replay: gate.Shared, Clock: c.clock,
			Upstream: gate.Upstream{Base: c.mock.BaseURL(fhir.R4), Headers: func(context.Context) (http.Header, error) {
				return http.Header{"Authorization": {"Bearer alice"}}, nil
			}},
		}))
	}
	return c
}

// post makes a request as alice, and reads the answer.
func (c *cluster) post(url, contentType, body string, answer any) {
	c.t.Helper()
	request, _ := http.NewRequest("POST", url, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer alice")
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		c.t.Fatalf("%s is answered by %s", url, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		c.t.Fatal(err)
	}
}

// subscribe creates a Subscription to Patients.
func (c *cluster) subscribe() string {
	c.t.Helper()
	const extension = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
	var created struct{ ID string }
	c.post(c.mock.BaseURL(fhir.R4)+"/Subscription", "application/fhir+json", `{"resourceType":"Subscription","status":"requested","reason":"test",
		"criteria":"`+subscription.BuiltinURL+`Patient","channel":{"type":"websocket","payload":"application/fhir+json",
		"_payload":{"extension":[{"url":"`+extension+`","valueCode":"empty"}]}}}`, &created)
	return created.ID
}

func (c *cluster) event() {
	c.t.Helper()
	c.post(c.mock.BaseURL(fhir.R4)+"/Patient", "application/fhir+json", `{"resourceType":"Patient"}`, new(any))
}

// token asks a gate for a token of a Subscription.
func (c *cluster) token(n int, id string) string {
	c.t.Helper()
	var answer struct {
		Parameter []struct{ Name, ValueString string }
	}
	c.post(c.gates[n].LocalURL()+"/fhir/R4/Subscription/"+id+"/$get-ws-binding-token", "application/fhir+json", `{"resourceType":"Parameters"}`, &answer)
	for _, p := range answer.Parameter {
		if p.Name == "token" {
			return p.ValueString
		}
	}
	c.t.Fatal("there is no token in the answer")
	return ""
}

// bind opens a websocket of a gate and sends a token.
func (c *cluster) bind(n int, token string) *testkit.Socket {
	c.t.Helper()
	s := c.dial(n)
	s.Send("bind-with-token " + token)
	return s
}

func (c *cluster) dial(n int) *testkit.Socket {
	c.t.Helper()
	return testkit.Dial(c.t, "ws"+strings.TrimPrefix(c.gates[n].LocalURL(), "http")+"/ws", nil)
}

// bound expects the handshake.
func (c *cluster) bound(n int, token string) *testkit.Socket {
	c.t.Helper()
	s := c.bind(n, token)
	c.wants(s, `"handshake"`)
	return s
}

func (c *cluster) wants(s *testkit.Socket, word string) {
	c.t.Helper()
	if frame := s.Next(); !strings.Contains(frame, word) {
		c.t.Fatalf("got %s, want one with %s", frame, word)
	}
}

// refused expects an OperationOutcome with a code, and the close of that name.
func (c *cluster) refused(s *testkit.Socket, status websocket.StatusCode, code string) {
	c.t.Helper()
	c.wants(s, `"code":"`+code+`"`)
	s.WantClosed(status, code)
}

// TestThreeGates is the story of a cluster, whose parts go one after the other.
func TestThreeGates(t *testing.T) {
	c := newCluster(t)
	id := c.subscribe()
	t.Cleanup(http.DefaultClient.CloseIdleConnections)

	used := c.token(0, id)
	if one := c.race(used); one != 1 {
		t.Fatalf("a token for single use was bound %d times", one)
	}
	sockets := []*testkit.Socket{c.bound(0, c.token(1, id)), c.bound(1, c.token(2, id)), c.bound(2, c.token(0, id))}

	// A gate is killed: its client comes back elsewhere, with another token.
	c.gates[0].Close()
	c.killed[0] = true
	sockets[0].WantClosed(websocket.StatusGoingAway, "going-away")
	c.refused(c.bind(1, used), websocket.StatusPolicyViolation, "already-used")
	c.refused(c.bind(2, used), websocket.StatusPolicyViolation, "already-used")
	sockets[0] = c.bound(1, c.token(2, id))

	// NATS is killed: nothing is bound, and what is goes on for as long as is said.
	unused := c.token(1, id)
	c.nats.kill()
	c.refused(c.bind(1, unused), websocket.StatusTryAgainLater, "store-unavailable")
	c.refused(c.bind(2, used), websocket.StatusTryAgainLater, "store-unavailable")
	c.clock.Advance(gate.DefaultStorePatience)
	c.event()
	for _, s := range sockets {
		c.wants(s, `"event-notification"`)
	}
	c.clock.Advance(gate.DefaultPollInterval)
	for _, s := range sockets {
		c.refused(s, websocket.StatusTryAgainLater, "store-unavailable")
	}

	// It is back, with what it knew.
	c.nats.start()
	c.stores[1].Back()
	c.stores[2].Back()
	c.refused(c.bind(2, used), websocket.StatusPolicyViolation, "already-used")
	if one := c.race(unused); one > 1 { // the bind that failed may have used it
		t.Fatalf("a token for single use was bound %d times", one)
	}
	c.bound(2, c.token(1, id))
}

// race binds one token at all gates that are left at once, and returns how often it
// was bound.
func (c *cluster) race(token string) (bound int) {
	c.t.Helper()
	var sockets []*testkit.Socket
	for i := range 30 {
		if n := i % len(c.gates); !c.killed[n] {
			sockets = append(sockets, c.dial(n))
		}
	}
	var wait sync.WaitGroup
	for _, s := range sockets {
		wait.Go(func() {
			if err := s.Write(c.t.Context(), websocket.MessageText, []byte("bind-with-token "+token)); err != nil {
				c.t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, s := range sockets {
		frame := s.Next()
		switch {
		case strings.Contains(frame, `"handshake"`):
			bound++
		case !strings.Contains(frame, `"code":"already-used"`):
			c.t.Errorf("got %s", frame)
		}
	}
	return bound
}

// TestRevocationReachesAllGates revokes at one gate what is bound at three.
func TestRevocationReachesAllGates(t *testing.T) {
	c := newCluster(t)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	id, other := c.subscribe(), c.subscribe()
	one := c.token(0, id)
	var sockets, others []*testkit.Socket
	for n := range c.gates {
		sockets = append(sockets, c.bound(n, c.token(n, id)))
		others = append(others, c.bound(n, c.token(n, other)))
	}
	revoke := func(n int, what string) (ended int) {
		var answer struct{ Ended int }
		c.post(c.gates[n].ManagementURL()+"/revoke", "application/json", what, &answer)
		return answer.Ended
	}
	// No time passes on the clock: the store tells.
	if ended := revoke(1, `{"subscription":"`+id+`"}`); ended != 1 {
		t.Errorf("at the gate itself %d bindings end, want 1", ended)
	}
	for n, s := range sockets {
		c.refused(s, websocket.StatusPolicyViolation, "revoked-token")
		c.refused(c.bind(n, one), websocket.StatusPolicyViolation, "revoked-token")
	}
	c.event()
	for _, s := range others {
		c.wants(s, `"event-notification"`)
	}
}
