package scenario_test

import (
	"runtime"
	"strings"
	"testing"
)

// refusals are files that are refused: a text, and for each problem the place
// and how the sentence about it begins.
var refusals = []struct{ name, text, want string }{
	// What is no file at all.
	{"empty", "", "1:1: the file is empty"},
	{"comment alone", "# nothing\n", "1:1: "},
	{"null", "~", "1:1: the scenario is null, an object is due"},
	{"list", "- name: x", "1:1: the scenario is an array, an object is due"},
	{"text", "name", `1:1: the scenario is "name", an object is due`},
	{"JSON array", `[{"name":"x"}]`, "1:1: the scenario is an array"},
	{"not UTF-8", "name: x\nabout: \xff", "2:8: the file is not UTF-8 here"},
	{"too large", "name: x\nabout: " + strings.Repeat("a", 1<<20), "1:1: the file has 1048591 bytes, at most 1048576"},

	// YAML that is none, or more than plain data.
	{"tab", "name: x\nclock:\n\tvirtual: true", "3:1: this is no YAML: a tab stands here"},
	{"open bracket", "name: x\nfaults: [", "2:1: this is no YAML: "},
	{"second document", "name: x\n---\nname: y\n", "2:1: a second document begins here"},
	{"broken second document", "name: x\n---\n- [", "3:1: this is no YAML: "},
	{"anchor", "name: &a x", "1:7: &a is an anchor"},
	{"alias", "name: x\nabout: &a y\nfhir: *a", "2:8: &a is an anchor / 3:7: *a is an alias"},
	{"merge", "name: x\nclock: &c {virtual: true}\noptions: {<<: *c}", `2:8: &c is an anchor / 3:11: options has no member "<<": there is / 3:15: *c is an alias`},
	{"tag", "name: !!str x", `1:7: "!!str" is a tag`},
	{"duplicate name", "name: x\nname: y", `2:1: "name" stands here a second time`},
	{"duplicate deep within", "name: x\nresources: [{resourceType: Patient, id: p, a: [{b: 1, b: 2}]}]", `2:55: "b" stands here a second time`},
	{"number as name", "name: x\n1: y", `2:1: the name "1" is a number: put it in quotes`},
	{"boolean as name", "name: x\ntrue: y", `2:1: the name "true" is a boolean: put it in quotes`},
	{"list as name", "name: x\n? [a]\n: b", `2:3: an array stands where a name is due`},
	{"too deep", "name: x\nabout: " + strings.Repeat("[", 64) + strings.Repeat("]", 64), `2:8: about is an array, a string is due / 2:71: values are nested more than 64 deep`},
	{"too many", "name: x\nexpect: {assertions: [" + strings.Repeat("bound,", 100_000) + "]}", `2:599981: the file has more than 100000 values`},

	// JSON.
	{"JSON that breaks off", `{"name": "x"`, "1:13: "},
	{"JSON with a comment", "{\n// a\n}", "2:1: "},
	{"JSON with a duplicate", `{"name":"x","name":"y"}`, `1:13: the object has two members named "name"`},
	{"JSON, unknown member", "{\"é😀\": 1,\n \"name\": \"x\"}", `1:2: the scenario has no member "é😀"`},
	{"JSON, too deep", `{"name":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "1:72: "},

	// Members and values.
	{"no name", "about: x", "1:1: the scenario has no member name, which must be there"},
	{"empty about", "name: x\nabout: ''", "2:8: about is empty"},
	{"long name", "name: " + strings.Repeat("x", 65), "1:7: name is longer than 64 characters"},
	{"nearest member", "name: x\nsubscription: []", `2:1: the scenario has no member "subscription": the nearest is subscriptions`},
	{"all members", "name: x\nclock: {hours: 3}", `2:9: clock has no member "hours": there is shared, start or virtual`},
	{"nearest word", "name: x\nprofile: hostil", `2:10: profile is "hostil": the nearest is hostile`},
	{"all words", "name: x\nfhir: R6b", `2:7: fhir is "R6b": `},
	{"word of another type", "name: x\nfhir: 4", `2:7: fhir is 4, one of R4, R4B or R5 is due`},
	{"yes is no boolean", "name: x\noptions: {requireAuth: yes}", `2:24: options.requireAuth is "yes", true or false is due`},
	{"number for text", "name: 7", `1:7: name is 7, a name such as renews-too-late is due: put it in quotes`},
	{"number for a duration", "name: x\noptions: {lifetime: 30}", `2:21: options.lifetime is 30, a duration such as 30s is due`},
	{"days", "name: x\noptions: {lifetime: 1d}", `2:21: options.lifetime is "1d", a duration such as 30s is due`},
	{"endless number", "name: x\nseed: 1e999999999", `2:7: "1e999999999" is out of bounds`},
	{"long number", "name: x\nseed: " + strings.Repeat("1", 101), `2:7: "111`},
	{"fraction for a whole number", "name: x\nseed: 1.5", `2:7: seed is 1.5, a whole number is due`},
	{"whole number with a fraction", "name: x\nseed: 1.0", `2:7: seed is 1.0: write it without a fraction`},
	{"whole number with an exponent", "name: x\nseed: 1e2", `2:7: seed is 1e2: write it without`},

	// Clock and options.
	{"start of a real clock", "name: x\nclock: {start: 2026-03-01T12:00:00Z}", "2:16: clock.start is for a virtual clock: write virtual: true"},
	{"shared real clock", "name: x\nclock: {shared: true}", "2:17: clock.shared is for a virtual clock"},
	{"impossible date", "name: x\nclock: {virtual: true, start: 2026-02-30T12:00:00Z}", `2:31: clock.start is "2026-02-30T12:00:00Z", which is no instant`},
	{"date for an instant", "name: x\nclock: {virtual: true, start: 2026-02-03}", `2:31: clock.start is "2026-02-03", an instant such as`},
	{"long lifetime", "name: x\noptions: {lifetime: 25h}", `2:21: options.lifetime is "25h": at most 24h0m0s is possible`},
	{"endless lifetime", "name: x\noptions: {lifetime: 99999999999h}", `2:21: options.lifetime is "99999999999h": at most 24h0m0s`},
	{"no lifetime", "name: x\noptions: {lifetime: 0s}", "2:21: options.lifetime is 0s: whole seconds from 1s on are due"},

	// Resources and Subscriptions.
	{"no type", "name: x\nresources: [{id: a}]", "2:13: resources[0] has no member resourceType"},
	{"no id", "name: x\nresources: [{resourceType: Patient}]", "2:13: resources[0] has no member id"},
	{"number as id", "name: x\nresources: [{resourceType: Patient, id: 7}]", "2:41: resources[0].id is 7, an id such as s1 is due: put it in quotes"},
	{"bad id", "name: x\nresources: [{resourceType: Patient, id: a_b}]", `2:41: resources[0].id is "a_b", an id such as s1 is due`},
	{"twice", "name: x\nresources: [{resourceType: Patient, id: a}, {resourceType: Patient, id: a}]", "2:73: Patient/a is there already"},
	{"Subscription among resources", "name: x\nresources: [{resourceType: Subscription, id: a}]", "2:13: resources[0] is a Subscription: it belongs below subscriptions"},
	{"Patient among topics", "name: x\ntopics: [{resourceType: Patient}]", `2:25: topics[0].resourceType is "Patient", SubscriptionTopic or Basic is due`},
	{"Patient among Subscriptions", "name: x\nfhir: R4\nsubscriptions: [{resourceType: Patient, id: a}]", `3:32: subscriptions[0].resourceType is "Patient", Subscription is due`},
	{"written out for no release", "name: x\nsubscriptions: [{resourceType: Subscription, id: a}]", "2:17: subscriptions[0] is a Subscription of one release, which must be said"},
	{"neither topic nor criteria", "name: x\nsubscriptions: [{id: a}]", "2:17: subscriptions[0] has none of topic or criteria: one must be there"},
	{"topic and criteria", "name: x\nsubscriptions: [{id: a, topic: Patient, criteria: Patient}]", "2:17: subscriptions[0] has topic and criteria: only one of them can be there"},
	{"criteria in R5", "name: x\nfhir: R5\nsubscriptions: [{id: a, criteria: Patient}]", "3:35: subscriptions[0].criteria is for R4 and R4B"},
	{"same id", "name: x\nsubscriptions: [{id: a, topic: Patient, fhir: R4}, {id: a, topic: Patient}]", "2:57: Subscription/a is there already in R4"},
	{"unknown topic", "name: x\nsubscriptions: [{id: a, topic: everything}]", `2:32: subscriptions[0].topic is "everything", which is no built-in topic: give the canonical URL`},
	{"text as Subscription", "name: x\nsubscriptions: [a]", `2:17: subscriptions[0] is "a", an object is due`},

	// Faults.
	{"nearest fault", "name: x\nfaults: [{fault: duplicates}]", `2:18: faults[0].fault is "duplicates": the nearest is duplicate`},
	{"no faults", "name: x\nfaults: []", "2:9: faults is empty"},
	{"times and probability", "name: x\nfaults: [{fault: gap, times: 2, probability: 0.5}]", "2:30: faults[0]: times and probability are both given"},
	{"option of another fault", "name: x\nfaults: [{fault: gap, seconds: 2}]", "2:32: faults[0]: seconds means nothing to the fault gap"},
	{"no probability", "name: x\nfaults: [{fault: gap, probability: 0}]", "2:36: faults[0].probability is 0, above 0 and up to 1 is possible"},

	// The timeline.
	{"two actions", "name: x\ntimeline: [{error: s1, reactivate: s1}]", "2:12: timeline[0] has error and reactivate: only one"},
	{"at and after", "name: x\ntimeline: [{at: 3s, after: {fact: bound}, error: s1}]", "2:12: timeline[0] has at and after, which exclude each other"},
	{"at and wait", "name: x\ntimeline: [{at: 3s, wait: 1s, error: s1}]", "2:12: timeline[0] has at and wait, which exclude each other"},
	{"backwards", "name: x\ntimeline: [{at: 30s, error: s1}, {at: 3s, error: s1}]", "2:39: timeline[1].at is 3s, and a step before it is at 30s"},
	{"a year too long", "name: x\ntimeline: [{at: 9999h, error: s1}]", `2:17: timeline[0].at is "9999h": at most`},
	{"nearest fact", "name: x\ntimeline: [{after: {fact: bond}, error: s1}]", `2:27: timeline[0].after.fact is "bond": the nearest is bound`},
	{"clear no faults", "name: x\ntimeline: [{clearFaults: false}]", "2:26: timeline[0].clearFaults is false, only true is possible"},
	{"advance of a real clock", "name: x\ntimeline: [{advance: 1h}]", "2:22: timeline[0].advance is for a virtual clock"},
	{"advance by nothing", "name: x\nclock: {virtual: true}\ntimeline: [{advance: 0s}]", "3:22: timeline[0].advance is 0s: more than 0s is due"},
	{"unknown Subscription", "name: x\nsubscriptions: [{id: lesson, topic: Patient}]\ntimeline: [{error: lesso}]", `3:20: timeline[0].error is "lesso", and the scenario has no such Subscription: the nearest is lesson`},
	{"unknown Subscription of a fault", "name: x\nsubscriptions: [{id: lesson, topic: Patient}]\ntimeline: [{faults: [{fault: gap, subscription: s9}]}]", `3:49: timeline[0].faults[0].subscription is "s9", and the scenario has no such Subscription: there is lesson`},
	{"Subscription of no release", "name: x\ntimeline: [{create: {resourceType: Subscription, id: s}}]", "2:21: timeline[0].create is a Subscription of one release"},
	{"emit to nobody", "name: x\ntimeline: [{emit: {}}]", "2:19: timeline[0].emit has none of subscription or topic"},
	{"focus", "name: x\ntimeline: [{emit: {topic: Patient, focus: p1}}]", `2:43: timeline[0].emit.focus is "p1", a reference such as Patient/p1 is due`},

	// What is expected.
	{"nearest finding", "name: x\nexpect: {findings: [never-renewd]}", `2:21: expect.findings[0] is "never-renewd": the nearest is never-renewed`},
	{"what cannot be said", "name: x\nexpect: {assertions: [danced twice]}", `2:23: expect.assertions[0]: `},
	{"fact that is none", "name: x\nexpect: {assertions: [{fact: dance}]}", `2:23: expect.assertions[0]: "dance" is no fact: `},
	{"empty assertions", "name: x\nexpect: {assertions: ['', {}, 7]}", "2:23: expect.assertions[0] is empty / 2:27: expect.assertions[1] is empty / 2:31: expect.assertions[2] is 7, a string or an object is due"},
}

func TestRefusals(t *testing.T) {
	for _, r := range refusals {
		t.Run(r.name, func(t *testing.T) {
			list := problems(t, r.text)
			want := strings.Split(r.want, " / ")
			if len(list) != len(want) {
				t.Fatalf("got %q, want %q", list, want)
			}
			for i := range want {
				if !strings.HasPrefix(list[i], want[i]) {
					t.Errorf("got %q, want %q", list[i], want[i])
				}
				if strings.HasSuffix(list[i], ".") {
					t.Errorf("%q ends with a full stop", list[i])
				}
			}
		})
	}
}

// TestHostileFiles holds that reading a large file costs no more than its size
// allows, whatever it is made of: counted in bytes allocated, which do not depend on
// the machine.
func TestHostileFiles(t *testing.T) {
	const most, factor = 1 << 18, 250
	for _, piece := range []string{"[", "{a: ", "- ", "? ", "a: b\n", "- a\n", "[],", "&a ", "*a ", "# c\n", "\"", "'a' ", "!t ", "---\n", "|\n", "{\"a\":", "\u2028", "%Y 1\n", "\t", ": "} {
		before := allocated()
		problems(t, strings.Repeat(piece, most/len(piece)))
		problems(t, "name: x\nexpect: {assertions: ["+strings.Repeat(piece, most/len(piece)))
		if cost := allocated() - before; cost > factor*2*most {
			t.Errorf("%q over and over: %d bytes were allocated for each of it", piece, cost/(2*most))
		}
	}
}

// allocated returns how many bytes were allocated until now, freed or not.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
