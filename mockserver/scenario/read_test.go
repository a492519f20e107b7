package scenario_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/scenario"
)

// read reads a file that must be good.
func read(t testing.TB, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Read("x.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%.300s", err, text)
	}
	return s
}

// problems reads a file that must be refused, and returns what is wrong with it.
func problems(t testing.TB, text string) []string {
	t.Helper()
	s, err := scenario.Read("x.yaml", []byte(text))
	refused, ok := errors.AsType[*scenario.Error](err)
	if !ok || s != nil || len(refused.Problems) == 0 {
		t.Fatalf("not refused: %v\n%.300s", err, text)
	}
	var list []string
	for _, p := range refused.Problems {
		list = append(list, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
	}
	if got := strings.ReplaceAll(err.Error(), "x.yaml:", ""); got != strings.Join(list, "\n") {
		t.Errorf("the error says %q, its problems %q", got, list)
	}
	return list
}

// TestBothLanguages holds that YAML and JSON say the same.
func TestBothLanguages(t *testing.T) {
	yaml := read(t, `
name: both
seed: 7
clock: {virtual: true, start: 2026-03-01T12:00:00Z}
options: {lifetime: 1m30s, noIds: fail}
resources:
  - resourceType: Observation
    id: o1
    valueQuantity: {value: 1.50, unit: "on"}
subscriptions: [{id: s1, topic: Patient, heartbeatPeriod: 10}]
faults: [{fault: slow-answer, on: $events, probability: 0.50}]
timeline:
  - after: {fact: bound, subscription: s1, times: 2}
    wait: 500ms
    emit: {subscription: s1}
  - advance: 1h
expect: {findings: [never-renewed], noFinding: error, assertions: [bound twice, {fact: bound, where: {socket: 1.0}}]}
`)
	asJSON := read(t, ` {"name":"both","seed":7,"clock":{"virtual":true,"start":"2026-03-01T12:00:00Z"},
"options":{"lifetime":"1m30s","noIds":"fail"},
"resources":[{"resourceType":"Observation","id":"o1","valueQuantity":{"value":1.50,"unit":"on"}}],
"subscriptions":[{"id":"s1","topic":"Patient","heartbeatPeriod":10}],
"faults":[{"fault":"slow-answer","on":"$events","probability":0.50}],
"timeline":[{"after":{"fact":"bound","subscription":"s1","times":2},"wait":"500ms","emit":{"subscription":"s1"}},{"advance":"1h"}],
"expect":{"findings":["never-renewed"],"noFinding":"error","assertions":["bound twice",{"fact":"bound","where":{"socket":1.0}}]}}`)
	a, _ := json.Marshal(yaml)
	b, _ := json.Marshal(asJSON)
	if string(a) != string(b) {
		t.Errorf("YAML says %s\nJSON says %s", a, b)
	}
	if got, want := string(yaml.Resources[0].Body), `{"resourceType":"Observation","id":"o1","valueQuantity":{"value":1.50,"unit":"on"}}`; got != want {
		t.Errorf("the resource is %s, want %s", got, want)
	}
	if s := yaml.Timeline[0]; s.After.Times != 2 || time.Duration(s.Wait) != 500*time.Millisecond || s.Action() != "emit" {
		t.Errorf("the first step is %+v", s)
	}
	if *yaml.Seed != 7 || yaml.Clock.Start.Year() != 2026 || yaml.Faults[0].On != "$events" {
		t.Errorf("read %+v", yaml)
	}
}

// TestWordsMeanWhatTheyLookLike holds what YAML 1.1 makes of harmless words.
func TestWordsMeanWhatTheyLookLike(t *testing.T) {
	s := read(t, `
name: words
resources:
  - resourceType: Patient
    id: p1
    on: yes
    no: off
    birthDate: 2026-03-01
    time: 12:30
    octal: 010
    hex: 0x10
    under: 1_000
    exponent: 1.0E+2
    large: 123456789012345678901234567890.10
    inf: .inf
    quoted: "1"
    block: |
      a
    empty:
    tilde: ~
    merge: {<<: a}
    boolean: True
`)
	want := `{"resourceType":"Patient","id":"p1","on":"yes","no":"off","birthDate":"2026-03-01","time":"12:30","octal":"010",` +
		`"hex":"0x10","under":"1_000","exponent":1.0E+2,"large":123456789012345678901234567890.10,"inf":".inf","quoted":"1",` +
		`"block":"a\n","empty":null,"tilde":null,"merge":{"<<":"a"},"boolean":true}`
	if got := string(s.Resources[0].Body); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestByteOrderMark(t *testing.T) {
	for _, text := range []string{"\ufeffname: x\r\nabout: y\r\n", "\ufeff{\"name\":\"x\"}"} {
		if s := read(t, text); s.Name != "x" {
			t.Errorf("%q: the name is %q", text, s.Name)
		}
	}
}

// TestEveryProblemIsTold holds that a file with many has all of them told, in
// the order of the file.
func TestEveryProblemIsTold(t *testing.T) {
	list := problems(t, `
name: Lesson
colck: {}
seed: -1
options: {lifetime: 1500ms}
timeline:
  - {}
  - {at: 3s, emit: {topic: Patietn}}
`)
	want := []string{
		`2:7: name is "Lesson", a name such as renews-too-late is due`,
		`3:1: the scenario has no member "colck": the nearest is clock`,
		`4:7: seed is -1, 0 to 9007199254740991 is possible`,
		`5:21: options.lifetime is 1500ms: whole seconds from 1s on are due`,
		`7:5: timeline[0] has none of emit, create, update, delete, deleteSubscription, faults, clearFaults, revoke, error, reactivate or advance: one must be there`,
		`8:28: timeline[1].emit.topic is "Patietn", which is no built-in topic: the nearest is Patient`,
	}
	if strings.Join(list, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(list, "\n"), strings.Join(want, "\n"))
	}
}

func TestTooManyProblems(t *testing.T) {
	list := problems(t, "name: x\ntimeline:\n"+strings.Repeat("  - {}\n", 500))
	if n := len(list); n != 101 || !strings.HasPrefix(list[100], "103:5: stopped here") {
		t.Errorf("%d problems, the last %q", n, list[n-1])
	}
}
