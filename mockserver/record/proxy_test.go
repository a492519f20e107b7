package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/record"
)

// before runs a recorder before a handler whose FHIR base is /fhir.
func before(t *testing.T, handler http.HandlerFunc) (*record.Recorder, string) {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/fhir/metadata" { // which is what the recorder itself asks for
			handler(w, q)
		}
	}))
	t.Cleanup(upstream.Close)
	r, err := record.Start(t.Context(), record.Config{Upstream: upstream.URL + "/fhir/", Release: fhir.R4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, upstream.URL + "/fhir"
}

// do makes a request as it is, and reads the answer.
func do(t *testing.T, method, url, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		q.Header[name] = values
	}
	q.Host = header.Get("Host")
	q.Header.Del("Host")
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	answer, err := transport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

func TestRequestsArePassedOn(t *testing.T) {
	var seen *http.Request
	var body []byte
	r, upstream := before(t, func(w http.ResponseWriter, q *http.Request) {
		seen = q
		body, _ = io.ReadAll(q.Body)
		w.Header().Set("ETag", `W/"1"`)
		w.WriteHeader(http.StatusTeapot)
	})
	answer, _ := do(t, "PATCH", r.BaseURL()+"/Patient/a%2Fb?x=1&x=2", `{"a":"`+r.BaseURL()+`/Patient/1"}`, http.Header{
		"Authorization": {"Bearer b"}, "If-Match": {`W/"3"`}, "Connection": {"X-Hop"}, "X-Hop": {"1"}, "Accept-Encoding": {"gzip"}, "Keep-Alive": {"1"},
	})
	if answer.StatusCode != http.StatusTeapot || answer.Header.Get("ETag") != `W/"1"` {
		t.Errorf("answered by %s %v", answer.Status, answer.Header)
	}
	if seen.Method != "PATCH" || seen.RequestURI != "/fhir/Patient/a%2Fb?x=1&x=2" || string(body) != `{"a":"`+upstream+`/Patient/1"}` {
		t.Errorf("passed on %s %s %s", seen.Method, seen.RequestURI, body)
	}
	if seen.Header.Get("Authorization") != "Bearer b" || seen.Header.Get("If-Match") != `W/"3"` {
		t.Errorf("headers are missing: %v", seen.Header)
	}
	for _, name := range []string{"X-Hop", "Keep-Alive", "Accept-Encoding"} {
		if seen.Header.Get(name) != "" {
			t.Errorf("%s was passed on", name)
		}
	}
}

func TestAnswersAreRewritten(t *testing.T) {
	var self string
	r, upstream := before(t, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Location", self+"/Patient/1/_history/1")
		w.Header().Set("Link", "<"+self+"?page=2>; rel=next")
		w.WriteHeader(http.StatusFound) // which nobody follows here
		fmt.Fprintf(w, "%s %s/Patient %s-test %s2 %s.example %s:81 %s. %s", self, self, self, self, self, self, self, strings.ReplaceAll(self, "/", `\/`)+`\/Patient`)
	})
	self = upstream
	answer, body := do(t, "GET", r.BaseURL(), "", nil)
	own := r.BaseURL()
	if want := fmt.Sprintf("%s %s/Patient %s-test %s2 %s.example %s:81 %s. %s", own, own, upstream, upstream, upstream, upstream, own, strings.ReplaceAll(own, "/", `\/`)+`\/Patient`); body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != own+"/Patient/1/_history/1" || answer.Header.Get("Link") != "<"+own+"?page=2>; rel=next" {
		t.Errorf("%s %v", answer.Status, answer.Header)
	}
}

func TestBounds(t *testing.T) {
	big := bytes.Repeat([]byte(" "), 16<<20+1)
	r, _ := before(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/fhir/big" {
			w.Write(big)
		}
	})
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"/small", string(big), http.StatusRequestEntityTooLarge},
		{"/big", "", http.StatusBadGateway},
		{"/small", "", http.StatusOK},
	} {
		if answer, body := do(t, "POST", r.BaseURL()+c.path, c.body, nil); answer.StatusCode != c.status || len(body) > 1000 {
			t.Errorf("%s with %d bytes was answered by %s with %d bytes", c.path, len(c.body), answer.Status, len(body))
		}
	}
}

// TestOnlyTheBase proves that nothing else of the server is reached, and not under
// another name.
func TestOnlyTheBase(t *testing.T) {
	r, _ := before(t, func(http.ResponseWriter, *http.Request) {})
	origin := strings.TrimSuffix(r.BaseURL(), "/fhir")
	for _, c := range []struct {
		url, host string
		status    int
	}{
		{r.BaseURL() + "/Patient", "", http.StatusOK},
		{origin + "/fhir", "localhost:1", http.StatusOK},
		{origin + "/fhir2/Patient", "", http.StatusNotFound},
		{origin + "/admin", "", http.StatusNotFound},
		{r.BaseURL() + "/Patient", "rebound.example", http.StatusMisdirectedRequest},
	} {
		if answer, body := do(t, "GET", c.url, "", http.Header{"Host": {c.host}}); answer.StatusCode != c.status {
			t.Errorf("%s of %q was answered by %s %s", c.url, c.host, answer.Status, body)
		}
	}
}

// TestStartRefuses says what cannot be recorded, and why.
func TestStartRefuses(t *testing.T) {
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/stu3/metadata":
			io.WriteString(w, `{"resourceType":"CapabilityStatement","fhirVersion":"3.0.2"}`)
		case "/html/metadata":
			io.WriteString(w, "<html>")
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer odd.Close()
	for _, c := range []struct {
		upstream string
		code     fault.Code
		says     string
	}{
		{"ftp://host", fault.MalformedRequest, "the FHIR base"},
		{"http://user:secret@host/fhir", fault.MalformedRequest, "without user"},
		{odd.URL + "/stu3", fault.MalformedRequest, `"3.0.2"`},
		{odd.URL + "/html", fault.MalformedRequest, "not JSON"},
		{odd.URL + "/closed", fault.Unavailable, "401"},
	} {
		r, err := record.Start(t.Context(), record.Config{Upstream: c.upstream})
		if err == nil {
			r.Close()
		}
		if !errors.Is(err, c.code) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", c.upstream, err)
		}
	}
	r, err := record.Start(t.Context(), record.Config{Upstream: odd.URL + "/closed", Release: fhir.R5})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := r.YAML("Bad Name"); !errors.Is(err, fault.MalformedRequest) {
		t.Errorf("the name is taken: %v", err)
	}
	if text, err := r.YAML("empty"); err != nil || !strings.Contains(string(text), "name: empty") {
		t.Errorf("nothing makes no scenario: %v\n%s", err, text)
	}
}

// TestFramesPassUnchanged proves it of text and binary frames, of the subprotocol,
// and of how a connection ends, whoever ends it.
func TestFramesPassUnchanged(t *testing.T) {
	ended := make(chan websocket.CloseError, 1)
	origin := make(chan string, 1)
	r, _ := before(t, func(w http.ResponseWriter, q *http.Request) {
		origin <- q.Header.Get("Origin")
		conn, err := websocket.Accept(w, q, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: []string{"b"}})
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		conn.SetReadLimit(-1)
		for {
			kind, frame, err := conn.Read(context.Background())
			if err != nil {
				var end websocket.CloseError
				errors.As(err, &end)
				ended <- end
				return
			}
			conn.Write(context.Background(), kind, frame)
			if string(frame) == "go" {
				conn.Close(4242, "gone")
				return
			}
		}
	})
	url := "ws" + strings.TrimPrefix(strings.TrimSuffix(r.BaseURL(), "/fhir"), "http") + "/websocket"
	for _, end := range []string{"server", "client"} {
		conn, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{"a", "b"}, HTTPHeader: http.Header{"Origin": {"https://page.example"}}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		if got := <-origin; got != "https://page.example" || conn.Subprotocol() != "b" {
			t.Errorf("Origin %q, subprotocol %q", got, conn.Subprotocol())
		}
		conn.SetReadLimit(-1)
		for _, frame := range []string{"", "a b", strings.Repeat("x", 1<<20)} {
			for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
				if err := conn.Write(t.Context(), kind, []byte(frame)); err != nil {
					t.Fatal(err)
				}
				if gotKind, got, err := conn.Read(t.Context()); err != nil || gotKind != kind || string(got) != frame {
					t.Fatalf("sent %v of %d bytes, got %v of %d: %v", kind, len(frame), gotKind, len(got), err)
				}
			}
		}
		if end == "client" {
			conn.Close(4243, "enough")
			if got := <-ended; got.Code != 4243 || got.Reason != "enough" {
				t.Errorf("the server was told %v", got)
			}
			continue
		}
		conn.Write(t.Context(), websocket.MessageText, []byte("go"))
		conn.Read(t.Context())
		if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != 4242 || !strings.Contains(err.Error(), "gone") {
			t.Errorf("the client was told %v", err)
		}
	}
}

// TestTLS records a server over TLS whose certificate nobody knows.
func TestTLS(t *testing.T) {
	certificate, err := mockserver.SelfSigned("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	srv := mockserver.Start(t, mockserver.Config{TLS: certificate})
	if _, err := record.Start(t.Context(), record.Config{Upstream: srv.BaseURL(fhir.R4)}); !errors.Is(err, fault.Unavailable) {
		t.Fatalf("the certificate was taken: %v", err)
	}
	c := &recording{t: t, Server: srv, fhir: fhir.R4}
	r, err := record.Start(t.Context(), record.Config{Upstream: srv.BaseURL(fhir.R4), Insecure: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	send(t, "PUT", r.BaseURL()+"/Subscription/real-1", c.subscriptionTo("real-1", ""))
	p := &speaker{t: t, base: r.BaseURL(), id: "real-1"}
	token, url := p.grant()
	socket := testkit.Dial(t, url, nil)
	socket.Send("bind-with-token " + token)
	if frame := socket.Next(); !strings.Contains(frame, "handshake") {
		t.Errorf("got %s", frame)
	}
	r.Close()
	socket.WantClosed(websocket.StatusGoingAway, "")
}

// TestCredentialsStayWithTheServer: what a client shows the recorder is for the host
// of the base. A websocket elsewhere, or one in the clear, is opened without: the
// client, to whom all this is one host, cannot see to it.
func TestCredentialsStayWithTheServer(t *testing.T) {
	for _, c := range []struct {
		host string
		kept bool
	}{{"127.0.0.1", true}, {"localhost", false}} {
		seen := make(chan http.Header, 1)
		other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) { seen <- q.Header }))
		t.Cleanup(other.Close)
		url := "ws" + strings.Replace(strings.TrimPrefix(other.URL, "http"), "127.0.0.1", c.host, 1) + "/ws"
		r, _ := before(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},{"name":"expiration","valueDateTime":"2099-01-01T00:00:00Z"},{"name":"websocket-url","valueUrl":%q}]}`, url)
		})
		_, body := do(t, "POST", r.BaseURL()+"/Subscription/$get-ws-binding-token", "", nil)
		_, own, _ := strings.Cut(body, `"valueUrl":"ws`)
		own, _, _ = strings.Cut(own, `"`)
		do(t, "GET", "http"+own, "", http.Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-WebSocket-Version": {"13"}, "Sec-WebSocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
			"Authorization": {"Bearer b"}, "Cookie": {"c=1"}, "X-Else": {"x"},
		})
		got := <-seen
		if kept := got.Get("Authorization") != "" && got.Get("Cookie") != ""; kept != c.kept || !c.kept && (got.Get("Authorization") != "" || got.Get("Cookie") != "") {
			t.Errorf("%s got %v", c.host, got)
		}
		if got.Get("X-Else") != "x" {
			t.Errorf("%s got no other headers: %v", c.host, got)
		}
	}
}

// TestNothingAboveTheBaseIsReached: neither by dots nor by dots that are encoded.
func TestNothingAboveTheBaseIsReached(t *testing.T) {
	var seen []string
	r, _ := before(t, func(_ http.ResponseWriter, q *http.Request) { seen = append(seen, q.RequestURI) })
	for _, path := range []string{"/..", "/../admin", "/%2e%2e/admin", "/Patient/%2E./../../admin", "/a%2F../../admin", "/./Patient", "2", "2/Patient", "/..%2Fadmin"} {
		if answer, _ := do(t, "GET", r.BaseURL()+path, "", nil); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s was answered by %s", path, answer.Status)
		}
	}
	if seen != nil {
		t.Errorf("the server was asked %v", seen)
	}
	for _, path := range []string{"", "/", "/Patient/a..b", "/Patient/...", "/Patient?x=../y"} {
		if answer, _ := do(t, "GET", r.BaseURL()+path, "", nil); answer.StatusCode != http.StatusOK {
			t.Errorf("%s was answered by %s", path, answer.Status)
		}
	}
}
