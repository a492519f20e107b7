package subscription_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// rounds is a topic about two types that fires for some of their changes only.
const rounds = `{"resourceType":"SubscriptionTopic","url":"http://example.org/rounds","status":"active",
	"resourceTrigger":[
		{"resource":"Encounter","supportedInteraction":["update","delete"]},
		{"resource":"Observation","queryCriteria":{"previous":"status=final","current":"status=final"}}],
	"canFilterBy":[{"filterParameter":"patient"},{"filterParameter":"status"},{"filterParameter":"_id"},{"filterParameter":"date"},
		{"filterParameter":"identifier"},{"filterParameter":"_profile"},{"filterParameter":"code"}]}`

// drawCondition draws a condition that may be understood.
func drawCondition(t *rapid.T) string {
	pick := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, "pick") }
	return pick(
		"status=final", "status=planned", "status=final,planned", "status:not=final", "status:missing=true",
		"patient=Patient/1", "patient=1", "patient=Patient/2,Patient/1", "patient=Patient/3", "patient=http://x/Patient/1", "patient:identifier=a",
		"_id=a", "_id=b,c", "date=ge2024", "date=2025-01-01", "code=urn:x|a", "code=urn:x|", "code=b,|a",
		"identifier=urn:x|a", "identifier=A", "identifier=B,|a", "identifier:not=a", "_profile=http://p", "_profile=http://p|2", "_profile:below=http://p",
		"_profile=http://p#f", "_tag=a", "_tag=urn:x|", "_tag=|a", "_tag=urn:x|a,c", "subject:Patient=1", "subject=Patient/1/_history/7", "subject=http://x/Patient/1|2",
		"subject=urn:uuid:1", "value-string=strasse", "value-string=STRA\u00dfE", "value-string=\u00e9t", "value-string=e\u0301", "value-string:exact=\u00e9t\u00e9",
		"value-string:contains=T", "value-string=I", "value-string=\u0130s", "value-string=\ufb01", `value-string=a\,b`, `value-string=x,a\|b`)
}

func drawSubscription(t *rapid.T, n int) string {
	filters := rapid.SliceOfN(rapid.Custom(drawCondition), 0, 2).Draw(t, "filters")
	if rapid.IntRange(0, 3).Draw(t, "classic") == 0 {
		criteria := rapid.SampledFrom([]string{"Encounter", "Observation"}).Draw(t, "type")
		if len(filters) > 0 {
			criteria += "?" + strings.Join(filters, "&")
		}
		return fmt.Sprintf(`{"resourceType":"Subscription","id":"%d","status":"requested","reason":"r","criteria":%q,
			"channel":{"type":"websocket","payload":"application/fhir+json"}}`, n, criteria)
	}
	topic := rapid.SampledFrom([]string{
		"http://example.org/rounds", subscription.BuiltinURL + "Observation", subscription.BuiltinURL + "Encounter", subscription.BuiltinURL + "encounter-complete",
	}).Draw(t, "topic")
	for i, f := range filters {
		filters[i] = fmt.Sprintf(`{"url":"%sbackport-filter-criteria","valueString":%q}`, guide, f)
	}
	extension := ""
	if len(filters) > 0 {
		extension = `"_criteria":{"extension":[` + strings.Join(filters, ",") + `]},`
	}
	return fmt.Sprintf(`{"resourceType":"Subscription","id":"%d","status":"requested","reason":"r","criteria":%q,%s
		"channel":{"type":"websocket","payload":"application/fhir+json","_payload":{"extension":[{"url":"%sbackport-payload-content","valueCode":"id-only"}]}}}`,
		n, topic, extension, guide)
}

func drawResource(t *rapid.T, kind string) string {
	text := `{"resourceType":"` + kind + `","id":"` + rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id") + `"`
	for _, member := range []struct {
		name   string
		values []string
	}{
		{"status", []string{`"final"`, `"planned"`, `"finished"`}},
		{"subject", []string{
			`{"reference":"Patient/1"}`, `{"reference":"Patient/2/_history/1"}`, `{"reference":"1","type":"Patient"}`,
			`{"reference":"http://x/Patient/1|2"}`, `{"type":"Patient","identifier":{"value":"a"}}`,
			`{"reference":"urn:uuid:1"}`, `{"reference":"#1"}`, `{"reference":"Group/1"}`,
		}},
		{"valueString", []string{
			`"Stra\u00dfe"`, `"STRASSE"`, `"\u00e9t\u00e9"`, `"e\u0301te\u0301"`, `"\u0130stanbul"`, `"istanbul"`, `"\ufb01n"`, `"fin"`, `"a,b"`, `"a|b"`,
		}},
		{"contained", []string{`[{"resourceType":"Patient","id":"1"}]`}},
		{"code", []string{`{"coding":[{"system":"urn:x","code":"a"},{"code":"b"}]}`, `{"coding":[{"code":"a"}]}`, `{"text":"a"}`}},
		{"identifier", []string{`[{"system":"urn:x","value":"a"}]`, `[{"value":"A"},{"value":"a"}]`}},
		{"meta", []string{
			`{"profile":["http://p|2"]}`, `{"profile":["http://q","http://p/1"]}`, `{"profile":["http://p#f|2"],"tag":[{"code":"a"}]}`,
			`{"tag":[{"system":"urn:x","code":"a"},{"system":"urn:y","code":"c"}]}`,
		}},
	} {
		if rapid.Bool().Draw(t, "has "+member.name) {
			text += `,"` + member.name + `":` + rapid.SampledFrom(member.values).Draw(t, member.name)
		}
	}
	return text + "}"
}

func drawChange(t *rapid.T) subscription.Change {
	kind := rapid.SampledFrom([]string{"Encounter", "Observation"}).Draw(t, "kind")
	parse := func(text string) jsonscan.Value {
		var doc jsonscan.Document
		if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return doc.Root()
	}
	c := subscription.Change{Type: kind, Interaction: rapid.SampledFrom([]notification.Interaction{notification.Create, notification.Update, notification.Delete}).Draw(t, "interaction")}
	if c.Interaction != notification.Create {
		c.Previous = parse(drawResource(t, kind))
	}
	if c.Interaction != notification.Delete {
		c.Current = parse(drawResource(t, kind))
	}
	return c
}

// TestIndexIsAScan holds the index to asking every Subscription, in the order in
// which they came: for whatever comes, changes and goes.
func TestIndexIsAScan(t *testing.T) {
	topics := catalog(t, fhir.R4B, rounds)
	tally := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		index := subscription.NewIndex[int](search.Compiler{Release: fhir.R4B})
		compiled := map[int]*subscription.Compiled{}
		var order []int
		leave := func(n int) { order = slices.DeleteFunc(order, func(o int) bool { return o == n }) }
		for range 60 {
			n := rapid.IntRange(0, 15).Draw(rt, "which")
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0:
				index.Remove(n)
				leave(n)
				continue
			case 1, 2:
				c, _ := compile(t, fhir.R4B, drawSubscription(rt, n), topics)
				if c == nil {
					tally["refused"]++
					continue
				}
				index.Put(n, c)
				leave(n)
				order, compiled[n] = append(order, n), c
			}
			change := drawChange(rt)
			var want []int
			for _, n := range order {
				if compiled[n].Fires(change) {
					want = append(want, n)
				}
			}
			if got := index.Fired(change); !slices.Equal(got, want) {
				rt.Fatalf("%+v\n%s\n%s: fired %v, want %v", change.Interaction, change.Previous.Raw(), change.Current.Raw(), got, want)
			}
			tally["fired"] += len(want)
			tally["silent"] += len(order) - len(want)
		}
	})
	t.Logf("%v", tally)
	if tally["fired"] < 1000 || tally["silent"] < 1000 || tally["refused"] > tally["fired"] {
		t.Error("they are drawn too narrowly")
	}
}
