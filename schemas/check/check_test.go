package check

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/schemas"
)

func TestEverySchemaCompiles(t *testing.T) {
	for _, name := range schemas.SchemaNames() {
		if _, err := compiled()[name](); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownOperation(t *testing.T) {
	for _, err := range []error{
		Operation("R4", "nothing", "in", "type", []byte("{}")),
		Operation("R5", "resend", "in", "instance", []byte("{}")),
		Operation("R4", "status", "both", "type", []byte("{}")),
		Notification("R6", []byte("{}")),
	} {
		if err == nil || !strings.Contains(err.Error(), "no schema is named") {
			t.Errorf("got %v", err)
		}
	}
}

// verdicts runs documents that a check accepts or refuses. A refusal must name
// the element: each bad document comes with a part of the sentence.
func verdicts(t *testing.T, check func([]byte) error, good []string, bad map[string]string) {
	t.Helper()
	for _, doc := range good {
		if err := check([]byte(doc)); err != nil {
			t.Errorf("%s: %v", doc, err)
		}
	}
	for doc, want := range bad {
		if err := check([]byte(doc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", doc, err, want)
		}
	}
}

func TestClaims(t *testing.T) {
	claims := func(change string) string {
		return `{"iss":"https://a/fhir/R4","aud":"wss://a/ws","exp":1700000300,"subscription":["1"]` + change + `}`
	}
	verdicts(t, Claims, []string{
		claims(""),
		claims(`,"sub":"anonymous","iat":1700000000,"nbf":1700000000.5,"jti":"x","fhir":"R4B","extra":{}`),
		`{"iss":"i","aud":["a","b"],"exp":1,"subscription":["1","2"]}`,
	}, map[string]string{
		`{"aud":"a","exp":1,"subscription":["1"]}`:             "iss",
		`{"iss":"i","exp":1,"subscription":["1"]}`:             "aud",
		`{"iss":"i","aud":"a","subscription":["1"]}`:           "exp",
		`{"iss":"i","aud":"a","exp":1}`:                        "subscription",
		`{"iss":"i","aud":[],"exp":1,"subscription":["1"]}`:    "/aud",
		`{"iss":"i","aud":"a","exp":"1","subscription":["1"]}`: "/exp",
		`{"iss":"i","aud":"a","exp":1,"subscription":[]}`:      "/subscription",
		`{"iss":"i","aud":"a","exp":1,"subscription":"1"}`:     "/subscription",
		`{"iss":"i","aud":"a","exp":1,"subscription":["a b"]}`: "/subscription/0",
		claims(`,"fhir":"R3"`):                                 "/fhir",
		claims(`,"nbf":"0"`):                                   "/nbf",
		claims(`,"jti":7`):                                     "/jti",
		claims(`,"iat":-1`):                                    "/iat",
		claims(`,"nbf":253402300800`):                          "/nbf",
		claims(``) + `{}`:                                      "follows",
		`[]`:                                                   "the document",
		`{`:                                                    "no JSON",
	})
}

func TestConfiguration(t *testing.T) {
	verdicts(t, Configuration, []string{
		`{}`,
		`{"listen":"127.0.0.1:0","management":":8081","publicUrl":"https://a.example/mock","algorithm":"EdDSA","lifetime":"1h30m","noIds":"fail","requireAuth":true,"lenientGet":true,"json":true}`,
		`{"listen":"[::1]:65535","tls":{"selfSigned":true}}`,
		`{"tls":{"certFile":"c.pem","keyFile":"k.pem"},"keyFile":"jwk.json","lifetime":"1.5s"}`,
	}, map[string]string{
		`{"port":8080}`:                              "port",
		`{"listen":"8080"}`:                          "/listen",
		`{"listen":":65536"}`:                        "/listen",
		`{"listen":8080}`:                            "/listen",
		`{"publicUrl":"ws://a"}`:                     "/publicUrl",
		`{"publicUrl":"https://a?x"}`:                "/publicUrl",
		`{"tls":{}}`:                                 "/tls",
		`{"tls":{"certFile":"c"}}`:                   "/tls",
		`{"tls":{"selfSigned":false}}`:               "/tls",
		`{"tls":{"selfSigned":true,"certFile":"c"}}`: "/tls",
		`{"algorithm":"none"}`:                       "/algorithm",
		`{"algorithm":"Ed25519"}`:                    "/algorithm",
		`{"lifetime":300}`:                           "/lifetime",
		`{"lifetime":"5 minutes"}`:                   "/lifetime",
		`{"lifetime":"-5m"}`:                         "/lifetime",
		`{"noIds":"none"}`:                           "/noIds",
		`{"requireAuth":"yes"}`:                      "/requireAuth",
	})
}

func TestRequestAndResponse(t *testing.T) {
	for _, fhir := range []string{"R4", "R4B", "R5"} {
		for _, level := range []string{"type", "instance"} {
			request := func(doc []byte) error { return Request(fhir, level, doc) }
			verdicts(t, request, []string{
				``,
				`{"resourceType":"Parameters"}`,
				`{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"a"},{"name":"id","valueId":"b"}]}`,
			}, map[string]string{
				`{"resourceType":"Parameters","parameter":[]}`:                              "/parameter",
				`{"resourceType":"Parameters","parameter":[{"name":"ids","valueId":"a"}]}`:  "/parameter/0/name",
				`{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"a_b"}]}`: "/parameter/0/valueId",
				`{"resourceType":"Subscription"}`:                                           "/resourceType",
			})
			// R5 scopes id to the type level: at the other its type is not asked.
			if err := request([]byte(`{"resourceType":"Parameters","parameter":[{"name":"id","valueString":"a"}]}`)); (err == nil) != (fhir == "R5" && level == "instance") {
				t.Errorf("%s, %s level: id as a string: %v", fhir, level, err)
			}
			response := func(doc []byte) error { return Response(fhir, level, doc) }
			item := func(name, value string) string { return `{"name":"` + name + `",` + value + `}` }
			token, url := item("token", `"valueString":"t"`), item("websocket-url", `"valueUrl":"wss://a/ws"`)
			expiration := item("expiration", `"valueDateTime":"2030-01-01T00:00:00Z"`)
			body := func(items ...string) string {
				return `{"resourceType":"Parameters","parameter":[` + strings.Join(items, ",") + `]}`
			}
			verdicts(t, response, []string{
				body(token, expiration, url),
				body(url, item("subscription", `"valueString":"1"`), expiration, token, item("subscription", `"valueString":"2"`)),
			}, map[string]string{
				`{"resourceType":"Parameters"}`:     "parameter",
				body(token, expiration):             "/parameter",
				body(token, token, expiration, url): "/parameter",
				body(token, item("expiration", `"valueInstant":"2030-01-01T00:00:00Z"`), url): "/parameter/1",
				body(token, item("expiration", `"valueDateTime":"2030-01-01T00:00Z"`), url):   "/parameter/1/valueDateTime",
			})
		}
	}
}
