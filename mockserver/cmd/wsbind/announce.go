package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// exampleSubscription is an R4 Subscription to a built-in topic: any change of
// an Encounter.
const exampleSubscription = `{"resourceType":"Subscription","status":"requested","reason":"try it","criteria":"` + subscription.BuiltinURL + `Encounter",` +
	`"channel":{"type":"websocket","payload":"application/fhir+json","_payload":{"extension":[` +
	`{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"full-resource"}]}}}`

// session is what a person pastes, line by line.
const session = `curl -sS%[1]s %[2]s/Subscription -H 'Content-Type: application/fhir+json' -d '%[3]s'
curl -sS%[1]s -X POST '%[2]s/Subscription/$get-ws-binding-token'
wsbind listen%[4]s --base %[2]s
curl -sS%[1]s %[2]s/Encounter -H 'Content-Type: application/fhir+json' -d '{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"}}'

The lines above create a Subscription and get a token for it; run the third in
another terminal, and the last makes it print an event.

`

// announce prints the session and where everything is.
func announce(out io.Writer, server *mockserver.Server, f serveFlags, played *scenario.Scenario) error {
	curlFlags, listenFlags := "", ""
	if f.tls != "" {
		curlFlags, listenFlags = " -k", " --insecure"
	}
	if f.requireAuth {
		curlFlags += " -H 'Authorization: Bearer me'"
		listenFlags += " --bearer me"
	}
	fmt.Fprintf(out, session, curlFlags, server.BaseURL(fhir.R4), exampleSubscription, listenFlags)
	if page := server.PageURL(); page != "" {
		fmt.Fprintf(out, "%-12s%s\n", "page", page)
	}
	for _, r := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		fmt.Fprintf(out, "%-12s%s\n", r, server.BaseURL(r))
	}
	fmt.Fprintf(out, "%-12s%s\n", "keys", server.JWKSURL())
	fmt.Fprintf(out, "%-12s%s\n", "management", server.ManagementURL())
	fmt.Fprintf(out, "%-12s%d\n", "seed", server.Seed())
	announceManner(out, server.Settings())
	return announceLesson(out, played)
}

// announceManner prints what is not as it is by default.
func announceManner(out io.Writer, set mockserver.Settings) {
	if set.Profile != faults.Polite {
		fmt.Fprintf(out, "%-12s%s\n", "profile", set.Profile)
	}
	if set.Dialect != socket.Spec {
		fmt.Fprintf(out, "%-12s%s, which wsbind listen does not speak\n", "dialect", set.Dialect)
	}
	if set.Virtual {
		fmt.Fprintf(out, "%-12svirtual: it stands still until POST /clock/advance of the management interface\n", "clock")
	}
}

// announceLesson prints what a client has to do in a scenario.
func announceLesson(out io.Writer, s *scenario.Scenario) error {
	if s == nil {
		return nil
	}
	_, err := fmt.Fprintf(out, "%-12s%s\n", "scenario", s.Name)
	if s.About != "" {
		fmt.Fprintln(out)
	}
	printLines(out, s.About)
	return err
}

// announceJSON prints the same for a program, in one line.
func announceJSON(out io.Writer, server *mockserver.Server) error {
	line := []byte{'{'}
	member := func(name, value string) {
		if last := line[len(line)-1]; last != '{' {
			line = append(line, ',')
		}
		line = append(jsonscan.AppendString(line, name), ':')
		line = jsonscan.AppendString(line, value)
	}
	member("base", server.URL())
	member("management", server.ManagementURL())
	line = append(line, `,"fhir":{`...)
	for _, r := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		member(r.String(), server.BaseURL(r))
	}
	line = append(line, '}')
	member("jwks", server.JWKSURL())
	member("local", server.LocalURL())
	if page := server.PageURL(); page != "" {
		member("page", page)
	}
	line = strconv.AppendUint(append(line, `,"seed":`...), server.Seed(), 10)
	set := server.Settings()
	member("dialect", string(set.Dialect))
	member("profile", string(set.Profile))
	member("clock", map[bool]string{true: "virtual", false: "real"}[set.Virtual])
	_, err := out.Write(append(line, "}\n"...))
	return err
}
