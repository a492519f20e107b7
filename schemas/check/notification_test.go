package check

import (
	"strings"
	"testing"
)

const uuid = "urn:uuid:63c28e8a-f402-43e4-beb2-75b1c0f6833f"

// The parts of a notification, from which the tests below take one away or
// change one.
var (
	statusR4 = `{"resourceType":"Parameters","parameter":[{"name":"subscription","valueReference":{"reference":"https://a/fhir/R4/Subscription/1"}},` +
		`{"name":"status","valueCode":"active"},{"name":"type","valueCode":"event-notification"},{"name":"events-since-subscription-start","valueString":"2"},` +
		`{"name":"notification-event","part":[{"name":"event-number","valueString":"2"},{"name":"timestamp","valueInstant":"2020-05-29T11:44:13.1882432-05:00"},` +
		`{"name":"focus","valueReference":{"reference":"https://a/fhir/R4/Encounter/2"}}]}]}`
	statusR4B = `{"resourceType":"SubscriptionStatus","status":"active","type":"event-notification","eventsSinceSubscriptionStart":"2",` +
		`"notificationEvent":[{"eventNumber":"2","timestamp":"2020-05-29T11:44:13Z","focus":{"reference":"https://a/fhir/R4B/Encounter/2"}}],"subscription":{"reference":"https://a/fhir/R4B/Subscription/1"}}`
	statusR5 = strings.ReplaceAll(statusR4B, "R4B", "R5")
	asked    = `,"request":{"method":"GET","url":"Subscription/1/$status"},"response":{"status":"200"}`
	changed  = `,"request":{"method":"PUT","url":"Encounter/2"}`
)

func bundle(typ string, entries ...string) string {
	return `{"resourceType":"Bundle","type":"` + typ + `","entry":[` + strings.Join(entries, ",") + `]}`
}

func entry(fullURL, resource, rest string) string {
	if resource != "" {
		resource = `,"resource":` + resource
	}
	return `{"fullUrl":"` + fullURL + `"` + resource + rest + `}`
}

func TestNotificationR4(t *testing.T) {
	first := entry(uuid, statusR4, asked)
	second := entry("https://a/fhir/R4/Encounter/2", "", changed+`,"response":{"status":"200"}`)
	verdicts(t, func(doc []byte) error { return Notification("R4", doc) }, []string{
		bundle("history", first), bundle("history", first, second),
		`{"resourceType":"Bundle","type":"message","entry":"whatever"}`,
		`{"resourceType":"Bundle","type":"searchset"}`,
		bundle("searchset", entry(uuid, strings.Replace(statusR4, "event-notification", "query-status", 1), `,"search":{"mode":"match"}`)),
		bundle("history", strings.Replace(first, `{"name":"status"`, `{"name":"x","valueString":"open"},{"name":"status"`, 1)),
	}, map[string]string{
		bundle("collection", first):                                               "/type",
		`{"resourceType":"Bundle","type":"history"}`:                              "entry",
		bundle("history", second, first):                                          "/entry/0",
		bundle("history", first, first):                                           "/entry/1/resource",
		bundle("history", entry(uuid, statusR4, "")):                              "/entry/0",
		bundle("history", entry(uuid, statusR4B, asked)):                          "/entry/0/resource",
		bundle("searchset", entry(uuid, statusR4B, `,"search":{"mode":"match"}`)): "/entry/0/resource",
		bundle("searchset", first):                                                "/entry/0",
		bundle("history", strings.Replace(first, "active", "on", 1)):              "valueCode",
		bundle("history", strings.Replace(first, `{"name":"type","valueCode":"event-notification"},`, "", 1)): "/parameter",
		bundle("history", strings.Replace(first, `"valueString":"2"`, `"valueInteger":2`, 1)):                 "valueString",
		bundle("history", strings.Replace(first, "11:44:13", "11:44", 1)):                                     "valueInstant",
		bundle("history", strings.Replace(first, uuid, "Encounter/1", 1)):                                     "/fullUrl",
		bundle("history", first, strings.Replace(second, "Encounter/2", "Encounter/2/_history/1", 1)):         "/fullUrl",
	})
}

func TestNotificationR4B(t *testing.T) {
	first := entry(uuid, statusR4B, asked)
	verdicts(t, func(doc []byte) error { return Notification("R4B", doc) }, []string{
		bundle("history", first),
		bundle("history", strings.Replace(first, "event-notification", "query-event", 1)),
	}, map[string]string{
		bundle("history", entry(uuid, statusR4, asked)):                                                  "/entry/0/resource",
		bundle("history", strings.Replace(first, "event-notification", "event", 1)):                      "/type",
		bundle("history", strings.Replace(first, `"notificationEvent"`, `"x"`, 1)):                       "x",
		bundle("history", strings.Replace(first, `"eventNumber":"2"`, `"eventNumber":2`, 1)):             "/eventNumber",
		bundle("history", strings.Replace(first, `"subscription"`, `"topic"`, 1)):                        "subscription",
		bundle("history", strings.Replace(first, `"status":"active"`, `"status":"entered-in-error"`, 1)): "/status",
	})
}

func TestNotificationR5(t *testing.T) {
	first := entry(uuid, statusR5, "")
	second := entry("https://a/fhir/R5/Encounter/2", `{"resourceType":"Encounter","id":"2"}`, changed)
	const typ = "subscription-notification"
	claims := func(b string) string {
		return strings.Replace(b, `"type"`, `"meta":{"profile":["http://hl7.org/fhir/uv/x/StructureDefinition/subscription-notification-bundle"]},"type"`, 1)
	}
	answered := entry(uuid, statusR5, asked)
	self := `{"resourceType":"Bundle","type":"searchset","link":[{"relation":"self","url":"https://a"}],"total":0}`
	verdicts(t, func(doc []byte) error { return Notification("R5", doc) }, []string{
		bundle(typ, first, second), claims(bundle(typ, first)), self,
		bundle(typ, answered),
		bundle(typ, strings.Replace(first, `"eventNumber":"2"`, `"eventNumber":2`, 1)),
	}, map[string]string{
		bundle("history", first):                 "/type",
		claims(bundle(typ, answered)):            "/entry/0",
		strings.Replace(self, "self", "next", 1): "/link",
		bundle(typ, first, strings.Replace(second, `"fullUrl":"https://a/fhir/R5/Encounter/2",`, "", 1)):                                                            "fullUrl",
		strings.Replace(bundle(typ, first), `"type"`, `"total":1,"type"`, 1):                                                                                        "/total",
		bundle(typ, strings.Replace(first, "event-notification", "query-event", 1), strings.Replace(second, `"request"`, `"search":{"mode":"match"},"request"`, 1)): "/entry/1/search",
		bundle(typ, strings.NewReplacer(`"status":"active",`, "", "event-notification", "query-status").Replace(first)):                                             "status",
		bundle(typ, strings.Replace(first, "11:44:13Z", "11:44:13.1234567890Z", 1)):                                                                                 "/timestamp",
	})
}
