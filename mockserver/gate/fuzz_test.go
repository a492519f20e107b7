package gate

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// countedUpstream counts what would reach the FHIR server.
type countedUpstream struct{ reached atomic.Int64 }

func (u *countedUpstream) open(listener) channel { u.reached.Add(1); return u }
func (u *countedUpstream) close()                {}
func (u *countedUpstream) unbind([]string)       {}
func (u *countedUpstream) bind(context.Context, Grant) ([]string, []Omitted, error) {
	return nil, nil, errors.New("a bug")
}

// FuzzFirstFrameNeverReachesUpstream: a frame that shows no token of the gate's key is
// answered by an outcome and a close of the published list, and nothing else happens.
func FuzzFirstFrameNeverReachesUpstream(f *testing.F) {
	key, err := jose.Generate(token.ES256)
	if err != nil {
		f.Fatal(err)
	}
	private, _ := key.Private()
	up := &countedUpstream{}
	server := httptest.NewServer(nil)
	defer server.Close()
	g, err := New(Config{
		PublicURL: server.URL, Key: private, Upstream: Upstream{Base: "http://127.0.0.1:1/fhir"}, Logger: slog.New(slog.DiscardHandler),
		Replay: Stateless, // a good token comes more than once
	})
	if err != nil {
		f.Fatal(err)
	}
	defer g.Close()
	g.upstream = up
	server.Config.Handler = g
	good, err := (&jose.Issuer{Keys: jose.NewSet(key)}).Issue(token.Claims{
		Issuer: g.BaseURL(), Audience: []string{g.WebsocketURL()}, Expires: time.Now().Add(time.Hour), ID: "x", Subscriptions: []string{"s1"},
	})
	if err != nil {
		f.Fatal(err)
	}
	seed(f, good)
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := up.reached.Load()
		code, reason := firstFrame(t, g.WebsocketURL(), frame)
		if compact, err := binding.ParseBind(frame); err == nil && compact == good {
			if code != 1011 || reason != "internal" || up.reached.Load() != before+1 {
				t.Errorf("a good token: closed with %d %s", code, reason)
			}
			return
		}
		if up.reached.Load() != before {
			t.Errorf("%q reached the FHIR server", frame)
		}
		if expected := map[string]websocket.StatusCode{"expected-bind": 1008, "invalid-token": 1008, "expired-token": 1008, "frame-too-large": 1009, "invalid-utf8": 1007}; expected[reason] != code {
			t.Errorf("%q: closed with %d %q", frame, code, reason)
		}
	})
}

// seed adds frames: with a good token, with it spoilt, and what has surprised others.
func seed(f *testing.F, good string) {
	for _, frame := range []string{
		"bind-with-token " + good, "bind-with-token: " + good + "\r\n", "bind-with-token " + good + "x", "bind-with-token " + good[:len(good)-4],
		"bind-with-token " + strings.ToUpper(good), "bind-with-token " + good + " " + good, " bind-with-token " + good, "Bind-With-Token " + good, good,
		"", "{}", `{"type":"bind-with-token","payload":{"token":"` + good + `"}}`, "bind s1", "ping", "\x00", "\xff\xfe",
	} {
		f.Add([]byte(frame))
	}
	cases, err := vectors.Tokens()
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(cases); i += 10 {
		f.Add([]byte("bind-with-token " + cases[i].Token))
	}
}

// firstFrame sends a frame and returns the close. What comes before must be outcomes.
func firstFrame(t *testing.T, url string, frame []byte) (websocket.StatusCode, string) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.Write(ctx, websocket.MessageText, frame) // which a refusal may outrun
	for {
		_, text, err := conn.Read(ctx)
		var closed websocket.CloseError
		switch {
		case err == nil && strings.Contains(string(text), `"OperationOutcome"`) && utf8.Valid(text):
		case err == nil:
			t.Fatalf("%q is answered by %q", frame, text)
		case errors.As(err, &closed):
			return closed.Code, closed.Reason
		default:
			t.Fatalf("%q: %v", frame, err)
		}
	}
}
