package mockserver_test

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver"
)

// ownOrigins are those that the page of a server has in a browser.
func (s *server) ownOrigins() (list []string) {
	u, err := url.Parse(s.LocalURL())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		list = append(list, u.Scheme+"://"+net.JoinHostPort(host, u.Port()))
	}
	return list
}

func TestThePageMayDriveIt(t *testing.T) {
	certificate, err := mockserver.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mockserver.Config){
		"loopback":       nil,
		"all interfaces": func(c *mockserver.Config) { c.Listen = "0.0.0.0:0" },
		"https":          func(c *mockserver.Config) { c.TLS = certificate },
		"public":         func(c *mockserver.Config) { c.PublicURL = "https://mock.example" },
	} {
		t.Run(name, func(t *testing.T) {
			s := startWithPage(t, change)
			management := s.ManagementURL()
			for _, origin := range append(s.ownOrigins(), strings.ToUpper(s.ownOrigins()[1])) {
				for _, site := range []string{"same-site", "cross-site", "same-origin", "none"} {
					s.driven(s.call("GET", management+"/state", "", "Origin: "+origin, "Sec-Fetch-Site: "+site).want(t, 200, ""), origin)
				}
				headers := []string{"Origin: " + origin, "Sec-Fetch-Site: same-site", "Content-Type: application/json"}
				s.driven(s.call("PUT", management+"/tenants/page-1", `{"seed":7}`, headers...).want(t, 200, ""), origin)
				s.driven(s.call("POST", management+"/t/page-1/faults", `{"fault":"gap"}`, headers...).want(t, 200, ""), origin)
				s.driven(s.call("DELETE", management+"/tenants/page-1", "", headers...).want(t, 204, ""), origin)
				for path, code := range map[string]fault.Code{"/nowhere": fault.NotFound, "/revoke": fault.MethodNotAllowed, "/journal?kind=x": fault.InvalidQuery} {
					s.driven(s.call("GET", management+path, "", headers...).want(t, code.HTTPStatus(), code), origin)
				}
				s.driven(s.call("POST", management+"/revoke", "jti=x", "Origin: "+origin, "Content-Type: text/plain").want(t, 415, fault.UnsupportedMedia), origin)
				s.driven(s.call("GET", management+"/state", "", "Origin: "+origin, "Sec-Fetch-Site: new-word").want(t, 403, fault.Forbidden), origin)
				s.preflighted(origin)
			}
		})
	}
}

// driven checks that a browser shows an answer to its page, and to no other.
func (s *server) driven(got answer, origin string) {
	s.t.Helper()
	h := got.header
	if h.Get("Access-Control-Allow-Origin") != origin || h.Get("Vary") != "Origin" || h.Get("Access-Control-Allow-Credentials") != "" ||
		h.Get("Access-Control-Expose-Headers") != "Allow" {
		s.t.Errorf("for %s: %v", origin, h)
	}
}

func (s *server) preflighted(origin string) {
	s.t.Helper()
	ask := []string{"Origin: " + origin, "Sec-Fetch-Site: same-site", "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type"}
	got := s.call("OPTIONS", s.ManagementURL()+"/tenants/page-1", "", ask...).want(s.t, 204, "")
	s.driven(got, origin)
	if h := got.header; h.Get("Access-Control-Allow-Methods") != "GET, HEAD, POST, PUT, DELETE" || h.Get("Access-Control-Max-Age") != "600" ||
		h.Get("Access-Control-Allow-Headers") != "Accept, Content-Type, Last-Event-ID" || h.Get("Access-Control-Allow-Private-Network") != "" {
		s.t.Errorf("the preflight is answered by %v", h)
	}
	got = s.call("OPTIONS", s.ManagementURL()+"/state", "", append(ask, "Access-Control-Request-Private-Network: true")...)
	if got.header.Get("Access-Control-Allow-Private-Network") != "true" {
		s.t.Errorf("the preflight of a private network is answered by %v", got.header)
	}
	s.driven(s.call("OPTIONS", s.ManagementURL()+"/state", "", "Origin: "+origin).want(s.t, 405, fault.MethodNotAllowed), origin)
}

func TestThePageMayFollowTheJournal(t *testing.T) {
	s := startWithPage(t, nil)
	origin := s.ownOrigins()[1]
	request, err := http.NewRequestWithContext(t.Context(), "GET", s.ManagementURL()+"/journal", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Origin": {origin}, "Sec-Fetch-Site": {"cross-site"}, "Accept": {"text/event-stream"}, "Last-Event-Id": {"0"}}
	response, err := s.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 200 || response.Header.Get("Access-Control-Allow-Origin") != origin || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s %v", response.Status, response.Header)
	}
	s.manage("/reset", "")
	if line, err := bufio.NewReader(response.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, ": the journal") {
		t.Errorf("read %q, %v", line, err)
	}
}

// TestNoOtherPageMayDriveIt: a server with a page refuses every Origin but the
// page's own, and what has none as before.
func TestNoOtherPageMayDriveIt(t *testing.T) {
	s := startWithPage(t, func(c *mockserver.Config) { c.PublicURL = "http://mock.example:8080" })
	management, local := s.ManagementURL(), s.LocalURL()
	port := local[strings.LastIndexByte(local, ':'):]
	managed := management[strings.LastIndexByte(management, ':'):]
	for _, origin := range []string{
		"null", "", "*", "https://evil.example", "http://evil.example" + port, "http://mock.example:8080", "http://localhost", "http://127.0.0.1",
		"http://localhost:1", "https" + strings.TrimPrefix(local, "http"), "http://localhost" + managed, "http://localhost" + port + ".evil.example",
		"http://localhost.evil.example" + port, "http://evil.localhost" + port, "http://127.0.0.2" + port, "http://[::2]" + port, "http://[::1]" + port, // where another program can have the port
		local + "/", "http://x@localhost" + port,
		"http://0.0.0.0" + port, local + ", " + local,
	} {
		for _, got := range []answer{
			s.call("GET", management+"/state", "", "Origin: "+origin, "Sec-Fetch-Site: same-site"),
			s.call("POST", management+"/revoke", `{"jti":"x"}`, "Origin: "+origin, "Content-Type: application/json", "Sec-Fetch-Site: cross-site"),
			s.call("OPTIONS", management+"/revoke", "", "Origin: "+origin, "Access-Control-Request-Method: POST", "Sec-Fetch-Site: cross-site"),
		} {
			got.want(t, 403, fault.Forbidden)
			if got.header.Get("Access-Control-Allow-Origin") != "" || got.header.Get("Access-Control-Allow-Methods") != "" {
				t.Errorf("for %q: %v", origin, got.header)
			}
		}
	}
	for _, site := range []string{"same-site", "cross-site"} { // an image, or a window, has no Origin
		s.call("GET", management+"/t/by-an-image/state", "", "Sec-Fetch-Site: "+site).want(t, 403, fault.Forbidden)
	}
	for _, host := range []string{"evil.example" + managed, "mock.example"} { // a name that was rebound, whatever Origin says
		got := s.call("GET", management+"/state", "", "Host: "+host, "Origin: "+local).want(t, 403, fault.Forbidden)
		if got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("Host %s: %v", host, got.header)
		}
		s.call("GET", management+"/state", "", "Host: "+host, "Origin: http://"+host).want(t, 403, fault.Forbidden)
	}
	if len(s.Tenants()) > 0 {
		t.Error("a page has made a tenant")
	}
}

// TestWithoutAPageNoneMayDriveIt: the listener's own origin is one like any other.
func TestWithoutAPageNoneMayDriveIt(t *testing.T) {
	s := start(t, nil)
	for _, origin := range s.ownOrigins() {
		got := s.call("GET", s.ManagementURL()+"/state", "", "Origin: "+origin).want(t, 403, fault.Forbidden)
		preflight := s.call("OPTIONS", s.ManagementURL()+"/state", "", "Origin: "+origin, "Access-Control-Request-Method: GET").want(t, 403, fault.Forbidden)
		if got.header.Get("Vary") != "" || got.header.Get("Access-Control-Allow-Origin") != "" || preflight.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("for %s: %v", origin, got.header)
		}
	}
}
