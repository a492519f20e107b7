package mockserver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
)

// TestProfiles takes every profile that is listed.
func TestProfiles(t *testing.T) {
	s := start(t, nil)
	url := s.ManagementURL() + "/debug/pprof/"
	list := s.call("GET", url, "").want(t, 200, "")
	for _, name := range []string{"profile", "trace", "mutex", "block", "heap", "allocs", "goroutine", "threadcreate"} {
		if !strings.Contains(list.body, `"`+name+`"`) {
			t.Errorf("%s is not listed: %s", name, list.body)
		}
		query := ""
		if name == "profile" || name == "trace" || name == "mutex" || name == "block" {
			query = "?seconds=0.01"
		}
		got := s.call("GET", url+name+query, "").want(t, 200, "")
		if kind := got.header.Get("Content-Type"); kind != "application/octet-stream" || len(got.body) < 16 {
			t.Errorf("%s is %d bytes of %s", name, len(got.body), kind)
		}
	}
	if got := s.call("GET", url+"goroutine?debug=2", "").want(t, 200, ""); !strings.Contains(got.body, "ServeHTTP") {
		t.Errorf("the goroutines are %.300s", got.body)
	}
	s.call("GET", url+"heap?gc=1&debug=1", "").want(t, 200, "")
}

func TestProfilesThatCannotBeTaken(t *testing.T) {
	s := start(t, nil)
	url := s.ManagementURL() + "/debug/pprof/"
	for path, code := range map[string]fault.Code{
		"cmdline": fault.NotFound, "symbol": fault.NotFound, "lost": fault.NotFound,
		"heap?seconds=1": fault.InvalidQuery, "profile?gc=1": fault.InvalidQuery, "profile?debug=1": fault.InvalidQuery,
		"trace?seconds=0": fault.InvalidQuery, "trace?seconds=51": fault.InvalidQuery, "trace?seconds=NaN": fault.InvalidQuery,
		"trace?seconds=soon": fault.InvalidQuery, "heap?debug=3": fault.InvalidQuery, "heap?x=1": fault.InvalidQuery, "heap?%zz": fault.InvalidQuery,
	} {
		s.call("GET", url+path, "").want(t, code.HTTPStatus(), code)
	}
	s.call("GET", s.URL()+"/debug/pprof/heap", "").want(t, 404, "")
	s.call("GET", s.ManagementURL()+"/t/other/debug/pprof/heap", "").want(t, 404, "")
}

// TestNobodysMuxIsTouched: a program that imports this package has no profiles at
// its own address.
func TestNobodysMuxIsTouched(t *testing.T) {
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/cmdline", "/metrics"} {
		request, err := http.NewRequest("GET", path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, pattern := http.DefaultServeMux.Handler(request); pattern != "" {
			t.Errorf("%s is served by http.DefaultServeMux, as %s", path, pattern)
		}
	}
}
