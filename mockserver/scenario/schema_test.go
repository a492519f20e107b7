package scenario_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/schemas/check"
)

// schema is what these tests look at of the schema.
type schema struct {
	Enum       []string
	Required   []string
	OneOf      []schema
	Properties map[string]schema
	Defs       map[string]schema `json:"$defs"`
}

func scenarioSchema(t *testing.T) schema {
	t.Helper()
	text, _ := schemas.Schema("scenario")
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaHasTheMembers holds the members of the schema to those that are
// read: what one knows and the other does not would be lost without a word.
func TestSchemaHasTheMembers(t *testing.T) {
	s := scenarioSchema(t)
	for _, c := range []struct {
		name string
		read any
		has  schema
	}{
		{"scenario", scenario.Scenario{}, s},
		{"clock", scenario.Clock{}, s.Properties["clock"]},
		{"options", scenario.Options{}, s.Properties["options"]},
		{"expect", scenario.Expect{}, s.Properties["expect"]},
		{"subscription", scenario.Subscription{}, s.Defs["subscription"]},
		{"fault", faults.Spec{}, s.Defs["fault"]},
		{"trigger", scenario.Trigger{}, s.Defs["trigger"]},
		{"step", scenario.Step{}, s.Defs["step"]},
		{"emit", scenario.Emission{}, s.Defs["step"].Properties["emit"]},
		{"revoke", scenario.Revocation{}, s.Defs["step"].Properties["revoke"]},
	} {
		var read, has []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(c.read)) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
				read = append(read, name)
			}
		}
		for name := range c.has.Properties {
			has = append(has, name)
		}
		slices.Sort(read)
		slices.Sort(has)
		if !slices.Equal(read, has) {
			t.Errorf("%s: the schema has %q, read is %q", c.name, has, read)
		}
	}
}

// TestSchemaHasTheWords holds the lists of the schema to those of the packages
// that the words belong to.
func TestSchemaHasTheWords(t *testing.T) {
	s := scenarioSchema(t)
	var names, profiles, findings []string
	for _, c := range review.Codes() {
		findings = append(findings, c.Code)
	}
	for _, f := range faults.Catalogue() {
		names = append(names, f.Name)
	}
	for _, p := range faults.Profiles() {
		profiles = append(profiles, string(p))
	}
	for _, c := range []struct {
		name      string
		has, want []string
	}{
		{"faults", s.Defs["fault"].Properties["fault"].Enum, names},
		{"findings", s.Defs["finding"].Enum, findings},
		{"profiles", s.Properties["profile"].Enum, profiles},
	} {
		has, want := slices.Sorted(slices.Values(c.has)), slices.Sorted(slices.Values(c.want))
		if !slices.Equal(has, want) {
			t.Errorf("%s: the schema has %q, there is %q", c.name, has, want)
		}
	}
	for _, fact := range s.Defs["fact"].Enum {
		if _, err := review.Read([]byte(`{"fact":"` + fact + `"}`)); err != nil {
			t.Errorf("a step may wait for %s, of which the review does not know: %v", fact, err)
		}
	}
}

// TestEveryActionHasAName holds the actions of the schema to those of a step.
func TestEveryActionHasAName(t *testing.T) {
	examples := map[string]string{
		"emit": `{"topic":"Patient"}`, "create": `{"resourceType":"Patient"}`, "update": `{"resourceType":"Patient","id":"p"}`,
		"delete": `"Patient/p"`, "deleteSubscription": `"s"`, "faults": `[{"fault":"gap"}]`, "clearFaults": `true`,
		"revoke": `{"jti":"j"}`, "error": `"s"`, "reactivate": `"s"`, "advance": `"1h"`,
	}
	for _, alternative := range scenarioSchema(t).Defs["step"].OneOf {
		name := alternative.Required[0]
		s := read(t, `{"name":"x","clock":{"virtual":true},"timeline":[{"`+name+`":`+examples[name]+`}]}`)
		if got := s.Timeline[0].Action(); got != name {
			t.Errorf("a step with %s does %s", name, got)
		}
	}
}

// TestSchemaAgrees holds that whatever is read is what the schema accepts, also
// when it is written again, and that the schema refuses what is wrong with one
// value alone.
func TestSchemaAgrees(t *testing.T) {
	for _, r := range scenario.Ready() {
		s, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if refused, err := check.Scenario(text); err != nil || len(refused) > 0 {
			t.Errorf("%s: %v, %v", r.Name, refused, err)
		}
	}
	for _, text := range []string{
		`{}`, `[]`, `{"name":"X"}`, `{"name":"x","more":1}`, `{"name":"x","seed":1.5}`, `{"name":"x","clock":{"virtual":"yes"}}`,
		`{"name":"x","faults":[{"fault":"gapp"}]}`, `{"name":"x","timeline":[{}]}`, `{"name":"x","timeline":[{"at":"1s","wait":"1s","error":"s"}]}`,
		`{"name":"x","subscriptions":[{"id":"a","topic":"t","criteria":"c"}]}`, `{"name":"x","expect":{"noFinding":"fatal"}}`,
	} {
		if refused, err := check.Scenario([]byte(text)); err != nil || len(refused) == 0 {
			t.Errorf("the schema accepts %s (%v)", text, err)
		}
		problems(t, text)
	}
}
