package mockserver

import (
	"net"
	"strings"
	"testing"
)

// TestWhereThePageMayConnect: to the server and its management interface as it is
// told of them, where a policy can name that, and to nothing else.
func TestWhereThePageMayConnect(t *testing.T) {
	for _, c := range []struct{ origin, management, sources, named string }{
		{"http://127.0.0.1:8080", "http://127.0.0.1:8081", "http://127.0.0.1:8080 ws://127.0.0.1:8080 http://127.0.0.1:8081", "http://127.0.0.1:8081"},
		{"https://mock.example/wsbind", "http://localhost:8081", "https://mock.example wss://mock.example http://localhost:8081", "http://localhost:8081"},
		{"http://192.0.2.1:8080", "http://192.0.2.1:8081", "http://192.0.2.1:8080 ws://192.0.2.1:8080 http://192.0.2.1:8081", "http://192.0.2.1:8081"},
		{"http://[::1]:80", "http://[::1]:8081", "http://localhost:8081", "http://localhost:8081"},
		{"http://[2001:db8::1]:80", "http://[2001:db8::1]:8081", "", "http://[2001:db8::1]:8081"},
		{"http://a;script-src.example", "", "", ""},
		{"http://*", "http://*:8081", "", "http://*:8081"},
		{"https://mock.example", "", "https://mock.example wss://mock.example", ""},
	} {
		s := &Server{origin: c.origin, management: c.management}
		if got := strings.Join(s.connectSources(), " "); got != strings.TrimSpace("'self' "+c.sources) {
			t.Errorf("%s: the page may connect to\n%s\nwant\n%s", c.origin, got, c.sources)
		}
		if got := nameable(c.management); got != c.named {
			t.Errorf("the page is told of %s as %s", c.management, got)
		}
	}
}

// TestOriginsOfThePage: those of the listener and of none that may be another
// program's.
func TestOriginsOfThePage(t *testing.T) {
	for _, c := range []struct {
		ip      string
		port    int
		secure  bool
		origins string
	}{
		{"127.0.0.1", 8080, false, "http://localhost:8080 http://127.0.0.1:8080"},
		{"127.0.0.2", 8080, false, "http://localhost:8080 http://127.0.0.2:8080"},
		{"::1", 8080, true, "https://localhost:8080 https://[::1]:8080"},
		{"0.0.0.0", 80, false, "http://localhost http://127.0.0.1"},
		{"::", 443, true, "https://localhost https://127.0.0.1 https://[::1]"},
		{"192.0.2.1", 8080, false, ""},
		{"2001:db8::1", 8080, false, ""},
	} {
		addr := &net.TCPAddr{IP: net.ParseIP(c.ip), Port: c.port}
		if got := strings.Join(ownOrigins(addr, c.secure), " "); got != c.origins {
			t.Errorf("a page of %v has %s, want %s", addr, got, c.origins)
		}
	}
}
