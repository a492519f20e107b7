package record_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/record"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// mark stands in everything that must not be written. It is valid in an id, a host
// name, a header and a parameter's name.
const mark = "zqxv"

// marked makes a marked word.
func marked(what string) string { return mark + what }

var (
	secretClaims = `{"iss":"https://` + marked("issuer") + `","sub":"` + marked("subject") + `","jti":"` + marked("jti") + `","subscription":["` + marked("sub") + `"]}`
	secretToken  = "eyJhbGciOiJFUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(secretClaims)) + "." + marked("signature")
)

// patient is a resource full of what is nobody's business.
var patient = `{"resourceType":"Patient","id":"` + marked("patient") + `","text":{"status":"generated","div":"<div>` + marked("text") + `</div>"},
	"identifier":[{"system":"https://` + marked("system") + `","value":"` + marked("value") + `"}],"name":[{"family":"` + marked("family") + `"}],"birthDate":"1934-07-13"}`

// secretive is a server that tells marked things at every chance.
type secretive struct {
	*httptest.Server
	release fhir.Release
	frames  []string
}

func newSecretive(t *testing.T, release fhir.Release) *secretive {
	s := &secretive{release: release}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	url := s.URL + "/" + marked("base") + "/Subscription/" + marked("sub")
	for _, kind := range []string{"handshake", "event-notification", "event-notification", "query-status", "heartbeat", marked("kind")} {
		s.frames = append(s.frames, s.bundle(kind, url))
	}
	s.frames = append(s.frames,
		`{"resourceType":"Bundle","id":"`+marked("cut")+`"`, `{"resourceType":"Bundle","id":"`+marked("empty")+`","type":"history"}`,
		s.bundle("event-notification", s.URL+"/Subscription/"+marked("foreign")),
		`{"resourceType":"`+marked("type")+`"}`, "bound "+marked("legacy"), "ping "+marked("legacy"), marked("no json"),
		`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"`+marked("code")+`","details":{"coding":[{"code":"`+marked("coding")+`"}],"text":"`+marked("details")+`"},"diagnostics":"`+marked("diagnostics")+`"}]}`)
	return s
}

// bundle is a notification in R5's form, or R4B's, which R4 gets too: it is
// recorded as far as it can be read.
func (s *secretive) bundle(kind, url string) string {
	base := s.URL + "/" + marked("base")
	return fmt.Sprintf(`{"resourceType":"Bundle","id":%q,"type":"history","entry":[{"fullUrl":"urn:uuid:0","resource":{"resourceType":"SubscriptionStatus","id":%q,
		"status":%q,"type":%q,"eventsSinceSubscriptionStart":"7","subscription":{"reference":%q,"display":%q},"topic":%q,
		"notificationEvent":[{"eventNumber":"7","timestamp":"2020-01-01T00:00:00Z","focus":{"reference":%q}}],"error":[{"text":%q}]}},
		{"fullUrl":%q,"resource":%s,"request":{"method":"POST","url":%q}}]}`,
		marked("bundle"), marked("status"), marked("state"), kind, url, marked("display"), "https://"+marked("topic")+"/t", base+"/Patient/"+marked("patient"),
		marked("error"), base+"/Patient/"+marked("patient"), patient, "Patient/"+marked("patient"))
}

func (s *secretive) serve(w http.ResponseWriter, r *http.Request) {
	base := s.URL + "/" + marked("base")
	w.Header().Set("Content-Type", "application/fhir+json")
	w.Header().Set("X-"+marked("header"), marked("header value"))
	switch path := strings.TrimPrefix(r.URL.Path, "/"+marked("base")); {
	case path == "/metadata":
		fmt.Fprintf(w, `{"resourceType":"CapabilityStatement","software":{"name":"https://%s","version":"1"},"fhirVersion":%q,"publisher":%q}`, marked("software"), s.release.Version(), marked("publisher"))
	case strings.HasSuffix(path, "$get-ws-binding-token"):
		fmt.Fprintf(w, `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":%q},{"name":"expiration","valueDateTime":"2026-03-01T12:10:00Z"},
			{"name":"subscription","valueString":%q},{"name":"websocket-url","valueUrl":%q},{"name":%q,"valueString":%q}]}`,
			secretToken, marked("sub"), "ws"+strings.TrimPrefix(s.URL, "http")+"/"+marked("ws")+"?x="+marked("query"), marked("parameter"), marked("parameter"))
	case strings.HasSuffix(path, "/$events"):
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"forbidden","diagnostics":%q}]}`, marked("refusal"))
	case strings.HasPrefix(path, "/Subscription/"):
		io.WriteString(w, s.subscription())
	case strings.HasPrefix(path, "/SubscriptionTopic"), strings.HasPrefix(path, "/Basic"):
		fmt.Fprintf(w, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"SubscriptionTopic","id":%q,"url":%q,"title":%q,"description":%q,"publisher":%q,
			"status":"active","resourceTrigger":[{"description":%q,"resource":"Patient"}]}}]}`, marked("topicid"), "https://"+marked("topic")+"/t", marked("title"), marked("description"), marked("who"), marked("trigger"))
	case strings.HasPrefix(path, "/Patient"):
		w.Header().Set("Location", base+"/Patient/"+marked("patient"))
		io.WriteString(w, patient)
	default:
		s.socket(w, r)
	}
}

// subscription asks for a topic by filters and all that a Subscription can have.
func (s *secretive) subscription() string {
	topic, value := "https://"+marked("topic")+"/t", marked("filter")
	if s.release == fhir.R5 {
		return fmt.Sprintf(`{"resourceType":"Subscription","id":%q,"identifier":[{"value":%q}],"name":%q,"status":"active","topic":%q,"contact":[{"value":%q}],"reason":%q,
			"filterBy":[{"resourceType":"Patient","filterParameter":"family","value":%q},{"filterParameter":%q,"value":"x"},{"filterParameter":"general-practitioner","value":%q}],
			"channelType":{"code":"websocket"},"endpoint":%q,"parameter":[{"name":"Authorization","value":%q}],"heartbeatPeriod":30,"content":"full-resource"}`,
			marked("sub"), marked("identifier"), marked("name"), topic, marked("contact"), marked("reason"), value, marked("p"), "Practitioner/"+marked("practitioner"), "https://"+marked("endpoint"), marked("parameter"))
	}
	return fmt.Sprintf(`{"resourceType":"Subscription","id":%q,"status":"active","contact":[{"value":%q}],"reason":%q,"error":%q,"criteria":%q,
		"_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"Patient?family=%s&%s=1&general-practitioner=Practitioner/%s"}]},
		"channel":{"type":"websocket","endpoint":%q,"header":[%q],"payload":"application/fhir+json"}}`,
		marked("sub"), marked("contact"), marked("reason"), marked("error"), topic, value, marked("p"), marked("practitioner"), "https://"+marked("endpoint"), "Authorization: "+marked("header"))
}

// socket answers each bind by everything there is to say, and goes.
func (s *secretive) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	for range 2 { // what binds comes second
		if _, _, err := conn.Read(r.Context()); err != nil {
			return
		}
	}
	for _, frame := range s.frames {
		if conn.Write(r.Context(), websocket.MessageText, []byte(frame)) != nil {
			return
		}
	}
	conn.Close(4000, marked("reason"))
}

// TestNothingLeaks has a client and a server say marked things everywhere, and looks
// for the mark in the file and in the log.
func TestNothingLeaks(t *testing.T) {
	for _, release := range releases {
		t.Run(release.String(), func(t *testing.T) {
			s := newSecretive(t, release)
			logs := new(testkit.Log)
			r, err := record.Start(t.Context(), record.Config{
				Upstream: s.URL + "/" + marked("base"),
				Log:      slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			bearer := "Authorization: Bearer " + marked("bearer")
			talk(t, r, bearer)
			r.Close()
			text, err := r.YAML("recorded")
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if _, err := scenario.Read("recorded.yaml", text); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s", text)
			for what, said := range map[string]string{"the file": string(text), "the log": logs.String()} {
				for _, leak := range leaks(said, s.URL) {
					t.Errorf("%s has %q", what, leak)
				}
			}
			if !strings.Contains(string(text), "focus: Patient/p1") || !strings.Contains(string(text), "s1") {
				t.Error("nothing of the traffic was recorded")
			}
		})
	}
}

// talk is a client that shows everything it has, in all dialects.
func talk(t *testing.T, r *record.Recorder, bearer string) {
	t.Helper()
	send(t, "POST", r.BaseURL()+"/Patient", patient, bearer, "Cookie: session="+marked("cookie"))
	send(t, "GET", r.BaseURL()+"/Patient?name="+marked("search"), "", bearer)
	answer := send(t, "GET", r.BaseURL()+"/Subscription/"+marked("sub")+"/$get-ws-binding-token", "", bearer, "Prefer: "+marked("prefer"))
	if strings.Contains(answer.Header.Get("Location"), "/"+marked("base")) {
		t.Error("a header was not rewritten")
	}
	q, _ := http.NewRequestWithContext(t.Context(), "GET", r.BaseURL()+"/Subscription/"+marked("sub")+"/$get-ws-binding-token", nil)
	q.Header.Set("Authorization", "Bearer "+marked("bearer"))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	got, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(got.Body)
	got.Body.Close()
	own := regexp.MustCompile(`"(ws://[^"]+)"`).FindStringSubmatch(string(body))
	if own == nil {
		t.Fatalf("no websocket-url in %s", body)
	}
	q, _ = http.NewRequestWithContext(t.Context(), "GET", r.BaseURL()+"/Subscription/"+marked("sub")+"/$events?eventsSinceNumber="+marked("n"), nil)
	if got, err = client.Do(q); err == nil {
		got.Body.Close()
	}
	origin := strings.TrimSuffix(r.BaseURL(), "/"+marked("base"))
	for url, frame := range map[string]string{
		own[1]: "bind-with-token " + secretToken,
		"ws" + strings.TrimPrefix(origin, "http") + "/ws/subscriptions-r4": `{"type":"bind-with-token","payload":{"token":"` + secretToken + `"}}`,
		"ws" + strings.TrimPrefix(origin, "http") + "/websocket":           "bind " + marked("legacy"),
	} {
		socket := testkit.Dial(t, url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://" + marked("origin")}}})
		socket.Send(marked("client frame"))
		socket.Send(frame)
		for range 14 {
			socket.Next()
		}
		socket.WantClosed(4000, marked("reason"))
	}
}

// leaks lists what a text has that it must not: the mark in any spelling, and any
// eight characters of the token or of what is in it.
func leaks(text, upstream string) (list []string) {
	lower := strings.ToLower(text)
	host := strings.TrimPrefix(upstream, "http://")
	for _, bad := range []string{mark, host, "eyj", "bearer " + mark, "1934"} {
		if strings.Contains(lower, strings.ToLower(bad)) {
			list = append(list, bad)
		}
	}
	for _, encoding := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
		for shift := range 3 { // the mark, wherever it stands among threes
			encoded := encoding.EncodeToString([]byte(strings.Repeat("=", shift) + mark + mark))
			if core := encoded[2+shift : 2+shift+5]; strings.Contains(text, core) {
				list = append(list, core)
			}
		}
	}
	for i := 0; i+8 <= len(secretToken); i++ {
		if strings.Contains(text, secretToken[i:i+8]) {
			list = append(list, secretToken[i:i+8])
		}
	}
	return list
}
