package mockserver

import (
	"strings"
	"testing"
)

// TestWhereThePageMayConnect: to the server and its management interface by every
// name that a policy can have, and to nothing twice.
func TestWhereThePageMayConnect(t *testing.T) {
	for _, c := range []struct{ origin, local, management, sources, named string }{
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8081",
			"http://127.0.0.1:8080 ws://127.0.0.1:8080 http://localhost:8080 ws://localhost:8080 http://127.0.0.1:8081 http://localhost:8081", "http://127.0.0.1:8081"},
		{"https://mock.example/wsbind", "https://localhost:8443", "http://127.0.0.1:8081",
			"https://mock.example wss://mock.example https://localhost:8443 wss://localhost:8443 https://127.0.0.1:8443 wss://127.0.0.1:8443 http://127.0.0.1:8081 http://localhost:8081", "http://127.0.0.1:8081"},
		{"http://192.0.2.1:8080", "http://192.0.2.1:8080", "http://192.0.2.1:8081",
			"http://192.0.2.1:8080 ws://192.0.2.1:8080 http://192.0.2.1:8081", "http://192.0.2.1:8081"},
		{"http://[::1]:80", "http://[::1]:80", "http://[::1]:8081",
			"http://localhost ws://localhost http://127.0.0.1 ws://127.0.0.1 http://localhost:8081 http://127.0.0.1:8081", "http://localhost:8081"},
		{"http://a;script-src.example", "", "", "", ""},
		{"https://mock.example", "", "", "https://mock.example wss://mock.example", ""},
	} {
		s := &Server{origin: c.origin, local: c.local, management: c.management}
		if got := strings.Join(s.connectSources(), " "); got != strings.TrimSpace("'self' "+c.sources) {
			t.Errorf("%s: the page may connect to\n%s\nwant\n%s", c.origin, got, c.sources)
		}
		if got := nameable(c.management); got != c.named {
			t.Errorf("the page is told of %s as %s", c.management, got)
		}
	}
}
