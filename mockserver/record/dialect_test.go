package record_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// speaker is a client of a dialect that has no event numbers. It tells of each
// frame by its type and its Subscription.
type speaker struct {
	t      *testing.T
	base   string
	id     string
	origin string
	seen   []string
	socket *testkit.Socket
}

// connect binds the Subscription on a new socket.
func (s *speaker) connect(dialect socket.Dialect) {
	s.t.Helper()
	origin := "ws" + strings.TrimPrefix(s.origin, "http")
	if dialect == socket.Legacy {
		s.socket = testkit.Dial(s.t, origin+"/websocket", nil)
		s.socket.Send("bind " + s.id)
		return
	}
	s.socket = testkit.Dial(s.t, origin+"/ws/subscriptions-r4", nil)
	s.socket.Send(`{"type":"ping"}`)
	s.socket.Send(`{"type":"bind-with-token","payload":{"token":"` + s.token() + `"}}`)
}

// token calls the operation as Medplum's clients do.
func (s *speaker) token() string {
	s.t.Helper()
	token, _ := s.grant()
	return token
}

// grant calls the operation and returns the token and the websocket-url.
func (s *speaker) grant() (token, url string) {
	s.t.Helper()
	_, body := do(s.t, "POST", s.base+"/Subscription/"+s.id+"/$get-ws-binding-token", "", nil)
	var parameters struct {
		Parameter []struct{ Name, ValueString, ValueURL string }
	}
	if err := json.Unmarshal([]byte(body), &parameters); err != nil {
		s.t.Fatal(err)
	}
	for _, p := range parameters.Parameter {
		switch p.Name {
		case "token":
			token = p.ValueString
		case "websocket-url":
			url = p.ValueURL
		}
	}
	if token == "" {
		s.t.Fatalf("no token in %s", body)
	}
	return token, url
}

var statusOf = regexp.MustCompile(`"type":"([a-z-]+)","subscription":\{"reference":"Subscription/([^"]+)"`)

// hear reads so many frames.
func (s *speaker) hear(n int) {
	s.t.Helper()
	for range n {
		text := s.socket.Next()
		if m := statusOf.FindStringSubmatch(text); m != nil {
			text = m[1] + " " + m[2]
		}
		s.seen = append(s.seen, strings.ReplaceAll(text, s.id, "s1"))
	}
}

// TestReplayWithoutNumbers records the two dialects that have none.
func TestReplayWithoutNumbers(t *testing.T) {
	for _, dialect := range []socket.Dialect{socket.Medplum, socket.Legacy} {
		t.Run(string(dialect), func(t *testing.T) {
			hello := map[socket.Dialect]int{socket.Medplum: 2, socket.Legacy: 1}[dialect] // a pong before the handshake
			c := start(t, fhir.R4, mockserver.Config{Dialect: dialect})
			c.subscribe("real-1")
			s := &speaker{t: t, base: c.r.BaseURL(), origin: strings.TrimSuffix(c.r.BaseURL(), "/fhir/R4"), id: "real-1"}
			s.connect(dialect)
			s.hear(hello)
			c.emit("real-1", 2)
			s.hear(2)
			c.Faults.Next(faults.Spec{Fault: faults.Drop})
			c.emit("real-1", 1)
			s.socket.WantClosed(0, "")
			s.connect(dialect)
			s.hear(hello)
			c.emit("real-1", 1)
			s.hear(1)

			recorded := c.scenario()
			if recorded.Dialect != string(dialect) {
				t.Errorf("the dialect is %q", recorded.Dialect)
			}
			srv, _ := play(t, recorded)
			p := &speaker{t: t, base: srv.BaseURL(fhir.R4), origin: srv.URL(), id: "s1"}
			p.connect(dialect)
			p.hear(hello + 2)
			p.socket.WantClosed(0, "")
			p.connect(dialect)
			p.hear(hello + 1)
			if !slices.Equal(p.seen, s.seen) {
				t.Errorf("recorded %q\nreplayed %q", s.seen, p.seen)
			}
		})
	}
}

// TestOwnWebsocketURL proves that the client stays with the recorder, and that what
// it sends arrives as it was: Origin, subprotocol and query.
func TestOwnWebsocketURL(t *testing.T) {
	c := start(t, fhir.R5, mockserver.Config{Dialect: socket.Query})
	c.subscribe("real-1")
	_, own := (&speaker{t: t, base: c.r.BaseURL(), id: "real-1"}).grant()
	if !strings.HasPrefix(own, "ws"+strings.TrimPrefix(strings.TrimSuffix(c.r.BaseURL(), "/fhir/R5"), "http")+"/socket/") || !strings.Contains(own, "?token=") {
		t.Fatalf("the websocket-url is not the recorder's: %s", own)
	}
	s := testkit.Dial(t, own, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://page.example"}}})
	if frame := s.Next(); !strings.Contains(frame, "handshake") {
		t.Errorf("got %s", frame)
	}
	bad := strings.Replace(own, "token=", "token=x", 1)
	if _, refused, err := websocket.Dial(t.Context(), bad, nil); err == nil || refused.StatusCode != http.StatusUnauthorized {
		t.Errorf("a bad token was answered by %v", refused)
	}
}
