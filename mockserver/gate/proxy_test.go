package gate_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/gate"
)

// TestProxy passes on what is not the gate's to answer, as it is.
func TestProxy(t *testing.T) {
	for _, path := range []string{"", "/inner"} {
		f := newFront(t, func(_ *front, o *options) { o.gate.Path = path })
		base := f.gate.BaseURL()
		if path != "" && !strings.HasSuffix(base, "/inner") {
			t.Fatal(base)
		}
		a := f.call("POST", base+"/Patient", `{"resourceType":"Patient","id":"x"}`)
		if location := a.header.Get("Location"); a.status != 201 || !strings.HasPrefix(location, base+"/Patient/") {
			t.Errorf("%d, Location %q, want one below %s", a.status, location, base)
		}
		for url, status := range map[string]int{
			base + "/metadata": 200, base + "/Patient?name=a%2Fb": 200, base + "/Subscription/s1": 200, base + "/Patient/none": 404,
			base + "/../../state": 400, base + "/%2e%2e/x": 400, base + "/x%2f..%2fy": 400,
			base + "/Patient%2Fnone": 400, base + "/Patient%5cnone": 400, base + "/Patient%00": 400,
			f.gate.LocalURL() + "/": 404, f.gate.LocalURL() + "/fhir/R5/metadata": 404, base + "x/metadata": 404,
		} {
			if a := f.call("GET", url, "", "User-Agent: test"); a.status != status {
				t.Errorf("%s: %d %.200s, want %d", url, a.status, a.body, status)
			}
		}
		if a := f.call("GET", base+"/metadata", "", "Upgrade: websocket", "Connection: Upgrade"); a.status != 403 {
			t.Errorf("a websocket past the gate: %d", a.status)
		}
		f.relay.down()
		if a := f.call("GET", base+"/metadata", ""); a.status != 503 || a.code() != "upstream-unavailable" {
			t.Errorf("without a FHIR server: %d %s", a.status, a.body)
		}
	}
}

// TestNothingTellsATokenOrCredential searches all that a gate logs for what clients and
// the FHIR server show each other, wherever careless ones put it.
func TestNothingTellsATokenOrCredential(t *testing.T) {
	f := newFront(t, nil)
	base, compact := f.gate.BaseURL(), f.token("s1")
	for _, path := range []string{"/Patient?token=" + compact, "/" + compact, "/Subscription/" + compact + "/" + operation, "/Subscription/" + operation + "?id=" + compact} {
		f.call("GET", base+path, "")
	}
	f.call("POST", base+"/Subscription/"+operation, `{"resourceType":"Parameters","parameter":[{"name":"`+compact+`","valueId":"`+compact+`"}]}`)
	for _, frame := range []string{compact, "bind " + compact, "bind-with-token " + compact + "x", `{"token":"` + compact + `"}`} {
		c := f.connect()
		c.Send(frame)
		c.Ended()
	}
	c := f.bound(compact, "s1")
	f.relay.down()
	c.want("outcome upstream-unavailable")
	f.gate.Close()
	signature := compact[strings.LastIndexByte(compact, '.')+1:]
	for line := range strings.SplitSeq(f.logs.String(), "\n") {
		if strings.Contains(line, "eyJ") || strings.Contains(line, signature) || strings.Contains(line, "alice") {
			t.Errorf("the log has %.300s", line)
		}
	}
	if f.logs.String() == "" {
		t.Error("there is no log")
	}
}

// TestProxyTellsOnlyWhatTheGateKnows of the way that a request has come, and follows no
// redirect with anybody's credential.
func TestProxyTellsOnlyWhatTheGateKnows(t *testing.T) {
	got := make(chan *http.Request, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}} // which follows redirects
	defer client.CloseIdleConnections()
	g := gate.Start(t, gate.Config{Logger: quiet, Upstream: gate.Upstream{Base: server.URL + "/fhir", Headers: asAlice, HTTP: client}})
	send := func(method, path string) (status int) {
		request, _ := http.NewRequest(method, g.BaseURL()+path, nil)
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Real-IP", "X-Named"} {
			request.Header.Set(name, "evil.example")
		}
		request.Header.Set("Connection", "X-Named")
		request.Header.Set("Authorization", "Bearer alice")
		response, err := (&http.Client{Transport: client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if status := send("GET", "/Patient"); status != 307 {
		t.Errorf("a redirect of the server's: %d", status)
	}
	r := <-got
	for name, values := range r.Header {
		if strings.Contains(strings.Join(values, " "), "evil") {
			t.Errorf("%s: %q is passed on", name, values)
		}
	}
	if r.Header.Get("X-Forwarded-For") != "127.0.0.1" || r.Header.Get("X-Forwarded-Proto") != "http" {
		t.Error(r.Header)
	}
	if status := send("POST", "/Subscription/s1/"+operation); status != 502 || len(got) != 1 {
		t.Errorf("a redirect of a read: %d, and %d requests", status, len(got))
	}
}
