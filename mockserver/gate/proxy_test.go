package gate_test

import (
	"strings"
	"testing"
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
