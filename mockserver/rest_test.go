package mockserver_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// TestREST runs testdata/rest/*.txt against each release. A script is HTTP as a
// client developer reads it:
//
//	with NAME VALUE       a header of the next request
//	as TOKEN              the bearer token from here on; without TOKEN, none
//	GET PATH [FILE]       any method; PATH is below the FHIR base; FILE is the body
//	follow HEADER         GET of the URL in a header of the last response
//	status 200            of the last response
//	header NAME is TEXT   or contains TEXT, or absent
//	body contains TEXT    or is FILE, or empty
//	issue CODE [TEXT]     an OperationOutcome with our code, and TEXT in its diagnostics
//	ids A B C             a searchset with these, in this order
//	total 3               of a searchset
//	link self URL         of a searchset; or link next absent
//	[R4] COMMAND          only in that release
//
// $BASE is the FHIR base, and "! body contains" and the like say that it does not.
func TestREST(t *testing.T) {
	for _, release := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		t.Run(release.String(), func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:                 "testdata/rest",
				RequireExplicitExec: true,
				Setup:               func(env *testscript.Env) error { return setUpREST(env, release) },
				Condition:           func(name string) (bool, error) { return name == release.String(), nil },
				Cmds:                restCommands,
			})
		})
	}
}

var restCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"with": func(ts *testscript.TestScript, neg bool, args []string) {
		s := restSessionOf(ts)
		s.next.Add(args[0], strings.Join(args[1:], " "))
	},
	"as": func(ts *testscript.TestScript, neg bool, args []string) {
		restSessionOf(ts).bearer = strings.Join(args, " ")
	},
	"follow": func(ts *testscript.TestScript, neg bool, args []string) {
		s := restSessionOf(ts)
		s.send(ts, http.MethodGet, s.last.Header.Get(args[0]), nil)
	},
	"status": func(ts *testscript.TestScript, neg bool, args []string) {
		s := restSessionOf(ts)
		if strconv.Itoa(s.last.StatusCode) != args[0] {
			ts.Fatalf("status %d: %s", s.last.StatusCode, s.start())
		}
	},
	"header": checkHeader,
	"body":   checkBody,
	"issue":  checkIssue,
	"ids":    checkIDs,
	"total": func(ts *testscript.TestScript, neg bool, args []string) {
		if b := restSessionOf(ts).bundle(ts); b.Total == nil || strconv.Itoa(*b.Total) != args[0] {
			ts.Fatalf("total is not %s: %s", args[0], restSessionOf(ts).start())
		}
	},
	"link": checkLink,
}

func init() {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		restCommands[method] = func(ts *testscript.TestScript, neg bool, args []string) {
			s := restSessionOf(ts)
			var body []byte
			if len(args) > 1 {
				body = []byte(strings.TrimSuffix(ts.ReadFile(args[1]), "\n"))
				if len(s.next["Content-Type"]) == 0 {
					s.next.Set("Content-Type", "application/fhir+json")
				}
			}
			s.send(ts, method, s.base+args[0], body)
		}
	}
}

// restSession is what a script has done so far.
type restSession struct {
	handler http.Handler
	release fhir.Release
	base    string
	next    http.Header
	bearer  string
	last    *http.Response
	body    []byte
}

func restSessionOf(ts *testscript.TestScript) *restSession { return ts.Value("session").(*restSession) }

// setUpREST gives each script a server of its own, whose clock stands still.
func setUpREST(env *testscript.Env, release fhir.Release) error {
	server, err := mockserver.New(mockserver.Config{
		PublicURL: "http://mock.example",
		Clock:     clock.NewVirtual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
		Seed:      1,
		MaxBody:   800,
		Logger:    slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	env.Defer(func() { server.Close() })
	env.Setenv("BASE", server.BaseURL(release))
	env.Values["session"] = &restSession{release: release, handler: server.Handler(), base: server.BaseURL(release), next: http.Header{}}
	return nil
}

func (s *restSession) send(ts *testscript.TestScript, method, url string, body []byte) {
	r := httptest.NewRequest(method, url, strings.NewReader(string(body)))
	for name, values := range s.next {
		r.Header[name] = slices.DeleteFunc(values, func(v string) bool { return v == "none" })
	}
	if s.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+s.bearer)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	s.next = http.Header{}
	s.last = w.Result()
	s.body, _ = io.ReadAll(s.last.Body)
	ts.Logf("%d %s", s.last.StatusCode, s.start())
	if len(s.body) > 0 {
		s.checkResource(ts)
	}
}

// checkResource holds every answer to FHIR's rules for JSON.
func (s *restSession) checkResource(ts *testscript.TestScript) {
	var doc jsonscan.Document
	ts.Check(doc.Parse(s.body, jsonscan.Limits{}))
	var c fhir.Checker
	resourceType, _ := fhir.ResourceType(doc.Root())
	c.Reset(s.release, resourceType)
	c.Resource(doc.Root())
	for _, i := range c.Issues.Issues {
		if i.Severity.Invalidates() {
			ts.Fatalf("the answer breaks a rule: %v at %s", &i, i.Expression)
		}
	}
}

// start returns what a failure shows of a body.
func (s *restSession) start() []byte { return s.body[:min(len(s.body), 1000)] }

func checkHeader(ts *testscript.TestScript, neg bool, args []string) {
	values := restSessionOf(ts).last.Header.Values(args[0])
	got := strings.Join(values, ", ")
	want := strings.Join(args[2:], " ")
	ok := false
	switch args[1] {
	case "is":
		ok = got == want
	case "contains":
		ok = strings.Contains(got, want)
	case "absent":
		ok = len(values) == 0
	default:
		ts.Fatalf("header NAME is, contains or absent")
	}
	if ok == neg {
		ts.Fatalf("%s is %q", args[0], got)
	}
}

func checkBody(ts *testscript.TestScript, neg bool, args []string) {
	got := string(restSessionOf(ts).body)
	ok := false
	switch args[0] {
	case "is":
		ok = got == strings.TrimSuffix(ts.ReadFile(args[1]), "\n")
	case "contains":
		ok = strings.Contains(got, strings.Join(args[1:], " "))
	case "empty":
		ok = got == ""
	default:
		ts.Fatalf("body is, contains or empty")
	}
	if ok == neg {
		ts.Fatalf("body: %s", restSessionOf(ts).start())
	}
}

func checkIssue(ts *testscript.TestScript, neg bool, args []string) {
	var outcome struct {
		ResourceType string
		Issue        []struct {
			Severity, Code, Diagnostics string
			Details                     struct {
				Coding []struct{ System, Code string }
			}
		}
	}
	s := restSessionOf(ts)
	if err := json.Unmarshal(s.body, &outcome); err != nil || outcome.ResourceType != "OperationOutcome" || len(outcome.Issue) == 0 {
		ts.Fatalf("no OperationOutcome: %s", s.body)
	}
	if s.last.Header.Get("Content-Type") != "application/fhir+json; charset=utf-8" && !strings.Contains(s.last.Header.Get("Content-Type"), "json") {
		ts.Fatalf("an OperationOutcome as %s", s.last.Header.Get("Content-Type"))
	}
	i := outcome.Issue[0]
	if len(i.Details.Coding) == 0 || i.Details.Coding[0].Code != args[0] || i.Code == "" || i.Severity == "" {
		ts.Fatalf("another issue: %s", s.body)
	}
	if text := strings.Join(args[1:], " "); !strings.Contains(i.Diagnostics, text) {
		ts.Fatalf("the diagnostics do not say %q: %s", text, i.Diagnostics)
	}
}

type restBundle struct {
	ResourceType, Type string
	Total              *int
	Link               []struct{ Relation, URL string }
	Entry              []struct {
		FullURL  string
		Resource struct{ ResourceType, ID string }
		Search   struct{ Mode string }
	}
}

func (s *restSession) bundle(ts *testscript.TestScript) restBundle {
	var b restBundle
	if err := json.Unmarshal(s.body, &b); err != nil || b.ResourceType != "Bundle" || b.Type != "searchset" {
		ts.Fatalf("no searchset: %s", s.start())
	}
	return b
}

func checkIDs(ts *testscript.TestScript, neg bool, args []string) {
	s := restSessionOf(ts)
	var got []string
	for _, e := range s.bundle(ts).Entry {
		got = append(got, e.Resource.ID)
		if e.Search.Mode != "match" || e.FullURL != s.base+"/"+e.Resource.ResourceType+"/"+e.Resource.ID {
			ts.Fatalf("entry %+v", e)
		}
	}
	if !slices.Equal(got, args) {
		ts.Fatalf("found %v", got)
	}
}

func checkLink(ts *testscript.TestScript, neg bool, args []string) {
	got := "absent"
	for _, l := range restSessionOf(ts).bundle(ts).Link {
		if l.Relation == args[0] {
			got = l.URL
		}
	}
	if got != args[1] {
		ts.Fatalf("link %s is %s", args[0], got)
	}
}
