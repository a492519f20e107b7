package mockserver_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// TestAMisplacedTokenIsNowhere puts tokens where careless clients put them, and
// searches everything that the server tells afterwards.
func TestAMisplacedTokenIsNowhere(t *testing.T) {
	logs := new(testkit.Log)
	s := start(t, func(c *mockserver.Config) {
		c.Logger = slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJzZWNyZXQiOjF9.c2lnbmF0dXJl"
	encoded := strings.NewReplacer("ey", "%65y", ".", "%2E").Replace(token)
	base := s.BaseURL(fhir.R4)
	for _, given := range []string{token, encoded} {
		for _, path := range []string{
			"/Patient?access_token=" + given, "/Patient?name=" + given, "/Patient?" + given, "/Patient/" + given, "/" + given, "/Patient?_format=" + given,
			"/Subscription/" + given + "/$get-ws-binding-token", "/Subscription/$get-ws-binding-token?id=" + given, "/metadata?mode=" + given,
		} {
			s.call("GET", base+path, "", "Referer: http://page/?token="+given)
			s.call("POST", base+path, `{"resourceType":"Parameters","parameter":[{"name":"`+token+`","valueString":"`+token+`"},{"name":"id","valueId":"`+token+`"}]}`)
		}
		for _, url := range []string{s.URL() + "/ws/R4/" + given, "http" + strings.TrimPrefix(s.WebsocketURL(fhir.R4), "ws"), s.URL() + "/" + given} {
			s.call("GET", url+"?token="+given, "")
			s.call("GET", url+"?token="+given, "", "Upgrade: websocket")
		}
	}
	for _, frame := range []string{token, "bind " + token, "bind-with-token", "Bearer very-opaque", `{"token":"very-opaque"}`, `{"token":"\u0065yJhbGciOiJFUzI1NiJ9.x.c2lnbmF0dXJl"}`} {
		ws := s.connect(fhir.R4, s.WebsocketURL(fhir.R4))
		ws.Send(frame)
		ws.Ended()
	}
	ws := s.connect(fhir.R4, s.WebsocketURL(fhir.R4))
	ws.Close(4000, token)
	s.call("GET", base+"/Patient?access_token=very-opaque&token=very-opaque&Authorization=Bearer%20very-opaque", "")
	told := map[string]string{}
	for _, name := range []string{"journal", "state", "verdicts"} {
		told[name] = s.call("GET", s.ManagementURL()+"/"+name, "").body
	}
	s.Close()
	told["log"] = logs.String()
	entries, _ := json.Marshal(s.Journal.Entries(journal.Query{}))
	told["journal at the end"] = strings.ReplaceAll(string(entries), "},{", "},\n{")
	for name, text := range told {
		for line := range strings.SplitSeq(text, "\n") {
			if strings.Contains(line, "yJhbGci") || strings.Contains(line, "c2lnbmF0dXJl") || strings.Contains(line, "very-opaque") {
				t.Errorf("the %s has %.300s", name, line)
			}
		}
	}
}
