package mockserver_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
)

const aboutHTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" // what browsers accept

// builtPage is a page as a build leaves it, and what must not be served of it.
func builtPage() fstest.MapFS {
	page := fstest.MapFS{}
	for _, name := range []string{
		"index.html", "index.html.br", "index.html.gz", "wsbind.json", "wsbind.json.br", "favicon.svg", "licence.txt",
		"assets/index-D3f_ab1-.js", "assets/index-D3f_ab1-.js.br", "assets/index-D3f_ab1-.js.gz", "assets/index-D3f_ab1-.js.map",
		"assets/module-AbCd1234.wasm", "assets/module-AbCd1234.wasm.gz", "assets/index-12345678.css", "assets/some-elements.mjs",
		"assets/a.png", "assets/a.ico", "assets/a.woff2", "orphan.js.br", ".gitkeep", ".vite/manifest.json", "assets/.hidden.js",
		"fhir/R5/metadata", "ws/R4/file.js", "t/x/file.js", ".well-known/jwks.json", "health",
	} {
		page[name] = &fstest.MapFile{Data: []byte("this is " + name)}
	}
	return page
}

// startWithPage runs a server that has a page.
func startWithPage(t *testing.T, change func(*mockserver.Config)) *server {
	t.Helper()
	return start(t, func(c *mockserver.Config) {
		c.Page = builtPage()
		if change != nil {
			change(c)
		}
	})
}

func TestBrowsersGetThePageAndOthersTheText(t *testing.T) {
	s := startWithPage(t, nil)
	for accept, page := range map[string]bool{
		aboutHTML: true, "TEXT/HTML": true, "text/html;q=0.1, */*": true, "application/json, text/html": true,
		"": false, "*/*": false, "text/*": false, "text/plain": false, "text/html;q=0, */*": false, "text/html;q=2": false, "application/fhir+json": false,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			got := s.call(method, s.URL()+"/", "", "Accept: "+accept, "Accept-Encoding: identity").want(t, 200, "")
			kind, begins := "text/plain; charset=utf-8", "wsbind mock server"
			if page {
				kind, begins = "text/html; charset=utf-8", "this is index.html"
			}
			if got.header.Get("Content-Type") != kind || method == "GET" && !strings.HasPrefix(got.body, begins) || method == "HEAD" && got.body != "" ||
				!strings.HasPrefix(strings.Join(got.header.Values("Vary"), ", "), "Accept") {
				t.Errorf("%s for %q: %v %q", method, accept, got.header, got.body)
			}
		}
	}
	if text := s.call("GET", s.URL()+"/", "").body; !strings.Contains(text, "page      "+s.URL()+"/ in a browser\n") {
		t.Errorf("the text does not name the page: %s", text)
	}
	got := s.call("POST", s.URL()+"/", "", "Accept: "+aboutHTML).want(t, 405, fault.MethodNotAllowed)
	if got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("Allow is %q", got.header.Get("Allow"))
	}

	without := start(t, nil)
	got = without.call("GET", without.URL()+"/", "", "Accept: "+aboutHTML).want(t, 200, "")
	if !strings.HasPrefix(got.body, "wsbind mock server") || strings.Contains(got.body, "browser") || without.PageURL() != "" ||
		got.header.Get("Content-Security-Policy") != "" {
		t.Errorf("without a page: %v %s", got.header, got.body)
	}
	without.call("GET", without.URL()+"/wsbind.json", "").want(t, 404, fault.NotFound)
}

func TestFilesOfThePage(t *testing.T) {
	s := startWithPage(t, nil)
	const lasting = "public, max-age=31536000, immutable"
	for path, want := range map[string][2]string{
		"/index.html":                    {"text/html; charset=utf-8", "no-cache"},
		"/favicon.svg":                   {"image/svg+xml", "no-cache"},
		"/licence.txt":                   {"text/plain; charset=utf-8", "no-cache"},
		"/assets/index-D3f_ab1-.js":      {"text/javascript; charset=utf-8", lasting},
		"/assets/index-D3f_ab1-.js.map":  {"application/json", lasting},
		"/assets/module-AbCd1234.wasm":   {"application/wasm", lasting},
		"/assets/index-12345678.css":     {"text/css; charset=utf-8", lasting},
		"/assets/some-elements.mjs":      {"text/javascript; charset=utf-8", "no-cache"},
		"/assets/a.png":                  {"image/png", "no-cache"},
		"/assets/a.ico":                  {"image/x-icon", "no-cache"},
		"/assets/a.woff2":                {"application/octet-stream", "no-cache"},
		"/health":                        {"application/octet-stream", "no-cache"},
		"/assets/index-D3f_ab1-.js?t=10": {"text/javascript; charset=utf-8", lasting},
	} {
		got := s.call("GET", s.URL()+path, "", "Origin: https://other.example", "Accept-Encoding: identity").want(t, 200, "")
		name, _, _ := strings.Cut(path[1:], "?")
		if got.header.Get("Content-Type") != want[0] || got.header.Get("Cache-Control") != want[1] || got.body != "this is "+name ||
			got.header.Get("Content-Encoding") != "" || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v %q", path, got.header, got.body)
		}
		checkProtection(t, got)
		again := s.call("GET", s.URL()+path, "", `If-None-Match: "x", W/`+got.header.Get("ETag"), "Accept-Encoding: identity").want(t, 304, "")
		if again.body != "" || again.header.Get("ETag") != got.header.Get("ETag") || again.header.Get("Cache-Control") != want[1] {
			t.Errorf("%s again: %v %q", path, again.header, again.body)
		}
		checkProtection(t, s.call("DELETE", s.URL()+path, "").want(t, 405, fault.MethodNotAllowed))
	}
	for _, path := range []string{
		"/assets", "/assets/", "/index.html.br", "/index.html.gz", "/orphan.js", "/orphan.js.br", "/.gitkeep", "/.vite/manifest.json",
		"/assets/.hidden.js", "/wsbind.json.br", "/assets/../index.html", "//index.html", "/ws/R4/file.js", "/t/y/index.html", "/INDEX.HTML",
	} {
		s.call("GET", s.URL()+path, "").want(t, 404, fault.NotFound)
	}
	if got := s.call("GET", s.URL()+"/fhir/R5/metadata", "").want(t, 200, ""); !strings.Contains(got.body, "CapabilityStatement") {
		t.Error("a file of the page hides the CapabilityStatement")
	}
	if got := s.call("GET", s.JWKSURL(), "").want(t, 200, ""); !strings.Contains(got.body, `"keys"`) {
		t.Error("a file of the page hides the keys")
	}
}

// checkProtection: whatever the page is made of keeps others out.
func checkProtection(t *testing.T, got answer) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q", name, got.header.Get(name))
		}
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; ") ||
		!strings.HasSuffix(policy, "; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'") {
		t.Errorf("the policy is %q", policy)
	}
}

func TestThePageComesCompressed(t *testing.T) {
	s := startWithPage(t, nil)
	s.http.Transport.(*http.Transport).DisableCompression = true // it would ask for gzip where the test does not
	const js, wasm, plain = "/assets/index-D3f_ab1-.js", "/assets/module-AbCd1234.wasm", "/favicon.svg"
	tags := map[string]string{}
	for _, c := range []struct{ path, accept, coding string }{
		{js, "gzip, deflate, br, zstd", "br"}, {js, "gzip", "gzip"}, {js, "br;q=0.5, gzip;q=0.8", "gzip"}, {js, "br;q=0.5, gzip;q=0.5", "br"},
		{js, "gzip;q=0.5", "gzip"}, {js, "gzip;q=0.5, identity", "identity"}, {js, "br;q=0, *", "gzip"}, {js, "*", "br"}, {js, "*;q=0.1", "br"},
		{js, "identity", "identity"}, {js, "", "identity"}, {js, "deflate", "identity"}, {js, "br;q=0, gzip;q=0", "identity"},
		{js, "br;q=2", "identity"}, {js, "identity;q=0", ""}, {js, "*;q=0", ""}, {js, "*;q=0, identity", "identity"}, {js, "*;q=0, gzip", "gzip"},
		{js, "identity;q=0, gzip", "gzip"}, {js, "BR", "br"}, {wasm, "br, gzip;q=0.1", "gzip"}, {wasm, "br", "identity"}, {wasm, "br, identity;q=0", ""},
		{plain, "br, gzip", "identity"}, {"/wsbind.json", "br, gzip", "identity"},
	} {
		got := s.call("GET", s.URL()+c.path, "", "Accept-Encoding: "+c.accept)
		if c.coding == "" {
			got.want(t, 406, fault.NotAcceptable)
			continue
		}
		coding := got.header.Get("Content-Encoding")
		if coding == "" {
			coding = "identity"
		}
		suffix := map[string]string{"br": ".br", "gzip": ".gz"}[c.coding]
		if got.status != 200 || coding != c.coding || c.path != "/wsbind.json" && got.body != "this is "+c.path[1:]+suffix ||
			!strings.Contains(strings.Join(got.header.Values("Vary"), ", "), "Accept-Encoding") {
			t.Errorf("%s for %q: %d %v %q", c.path, c.accept, got.status, got.header, got.body)
		}
		tag := got.header.Get("ETag")
		if form := c.path + " " + coding; tags[form] == "" {
			tags[form] = tag
		}
		if tags[c.path+" "+coding] != tag || !strings.HasPrefix(tag, `"`) {
			t.Errorf("%s for %q has the tag %s", c.path, c.accept, tag)
		}
		head := s.call("HEAD", s.URL()+c.path, "", "Accept-Encoding: "+c.accept).want(t, 200, "")
		if head.body != "" || head.header.Get("ETag") != tag || head.header.Get("Content-Length") != got.header.Get("Content-Length") || head.header.Get("Content-Length") == "" {
			t.Errorf("HEAD of %s: %v %q", c.path, head.header, head.body)
		}
	}
	if tags[js+" br"] == tags[js+" gzip"] || tags[js+" br"] == tags[js+" identity"] {
		t.Errorf("the forms share a tag: %v", tags)
	}
}

// about is /wsbind.json.
type about struct {
	Version, Base, JWKS, Dialect, Profile, Clock string
	FHIR                                         map[string]string
	Management                                   *string
	Seed                                         uint64
	Started                                      time.Time
}

func readAbout(t *testing.T, got answer) (a about) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.body), &a); err != nil || got.header.Get("Content-Type") != "application/json" || got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Fatalf("%v %s: %v", got.header, got.body, err)
	}
	return a
}

func TestThePageIsToldOfTheServer(t *testing.T) {
	s := startWithPage(t, func(c *mockserver.Config) { c.Seed, c.Version = 7, "v1.2.3" })
	got := s.call("GET", s.URL()+"/wsbind.json", "", "Origin: https://other.example").want(t, 200, "")
	checkProtection(t, got)
	a := readAbout(t, got)
	if a.Version != "v1.2.3" || a.Base != s.URL() || a.JWKS != s.JWKSURL() || a.FHIR["R4B"] != s.BaseURL(fhir.R4B) || len(a.FHIR) != 3 ||
		a.Management == nil || *a.Management != s.ManagementURL() || a.Dialect != "spec" || a.Profile != "polite" || a.Clock != "virtual" || a.Seed != 7 || a.Started.IsZero() {
		t.Errorf("got %s", got.body)
	}
	if again := readAbout(t, s.call("GET", s.URL()+"/wsbind.json", "")); !again.Started.Equal(a.Started) {
		t.Errorf("one run began at %v and at %v", a.Started, again.Started)
	}

	embedded, err := mockserver.New(mockserver.Config{PublicURL: "https://mock.example/wsbind", Page: builtPage()})
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	w := httptest.NewRecorder()
	embedded.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/wsbind.json", nil))
	a = readAbout(t, answer{w.Code, w.Header(), w.Body.String()})
	if a.Management != nil || a.Base != "https://mock.example/wsbind" || a.Clock != "real" || a.Version == "" ||
		!strings.Contains(w.Header().Get("Content-Security-Policy"), "; connect-src 'self' https://mock.example wss://mock.example; ") {
		t.Errorf("got %v %s", w.Header(), w.Body)
	}
}

func TestAPageWithoutIndexIsRefused(t *testing.T) {
	for name, page := range map[string]fs.FS{"empty": fstest.MapFS{}, "without index.html": fstest.MapFS{"index.htm": {}, "assets/index.html": {}}} {
		if s, err := mockserver.Run(mockserver.Config{Page: page}); err == nil {
			t.Errorf("%s: it runs", name)
			s.Close()
		}
	}
}

// TestNothingElseIsForBrowsers: what a client stores must be no script and no
// document of the page's origin.
func TestNothingElseIsForBrowsers(t *testing.T) {
	s := startWithPage(t, nil)
	const script = `<script>alert(1)</script>`
	id := s.post(fhir.R5, `{"resourceType":"Binary","contentType":"text/html","data":"PHNjcmlwdD4="}`)
	base := s.BaseURL(fhir.R5)
	for _, url := range []string{
		base + "/Binary/" + id, base + "/Binary/" + id + "?_format=text/html", base + "/Binary/" + id + "?_format=html", base + "/Patient?name=" + script,
		base + "/Patient/" + script, base + "/" + script, s.URL() + "/" + script, s.URL() + "/ws/R5/" + script, s.URL() + "/t/" + script, s.JWKSURL(),
	} {
		got := s.call("GET", strings.ReplaceAll(url, script, "%3Cscript%3Ealert(1)%3C%2Fscript%3E"), "", "Accept: "+aboutHTML)
		if kind := got.header.Get("Content-Type"); !strings.Contains(kind, "json") || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", url, got.status, got.header)
		}
	}
}
