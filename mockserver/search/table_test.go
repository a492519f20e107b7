package search

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

var update = flag.Bool("update", false, "write the table in the README anew")

// TestTableText reads parameters.txt as strictly as the program is lenient.
func TestTableText(t *testing.T) {
	if _, err := parseTable(parametersText); err != nil {
		t.Fatal(err)
	}
	heading := ""
	for i, line := range strings.Split(parametersText, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] != ' ' {
			if line <= heading && heading != anyType {
				t.Errorf("line %d: %s stands behind %s", i+1, line, heading)
			}
			if heading = line; heading != anyType && !slices.ContainsFunc(releases, func(r fhir.Release) bool { return fhir.IsResourceType(r, heading) }) {
				t.Errorf("line %d: %s is no resource type", i+1, heading)
			}
			continue
		}
		p, in, err := parseRow(line)
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		for _, r := range in {
			if heading != anyType && !fhir.IsResourceType(r, heading) {
				t.Errorf("line %d: %v has no type %s", i+1, r, heading)
			}
			if found := Lookup(r, heading, p.Name); found == nil || len(found.paths) != len(p.paths) {
				t.Errorf("line %d: %v %s %s is not found, or stands twice", i+1, r, heading, p.Name)
			}
		}
	}
}

func TestTableRefusesNonsense(t *testing.T) {
	for _, text := range []string{
		"Patient\n  name string all", "Patient\n  name composite all name", "Patient\n  name string R3 name",
	} {
		if _, err := parseTable(text); err == nil {
			t.Errorf("%q is read without complaint", text)
		}
	}
}

// TestNoParameterTwice holds each section to one row per name and release.
func TestNoParameterTwice(t *testing.T) {
	for _, r := range releases {
		for _, resourceType := range append(Types(r), anyType) {
			parameters := Parameters(r, resourceType)
			for i := range len(parameters) - 1 {
				if resourceType != anyType && parameters[i].Name == parameters[i+1].Name {
					t.Errorf("%v %s: %s stands twice", r, resourceType, parameters[i].Name)
				}
			}
		}
	}
}

// TestRenames pins what differs between the releases and is easily mixed up.
func TestRenames(t *testing.T) {
	for _, c := range []struct{ resourceType, name, r4, r4b, r5 string }{
		{"Encounter", "date", "period", "period", "actualPeriod"},
		{"Encounter", "date-start", "", "", "actualPeriod.start"},
		{"Encounter", "participant", "participant.individual", "participant.individual", "participant.actor"},
		{"Encounter", "reason-code", "reasonCode", "reasonCode", "reason.value.concept"},
		{"MedicationRequest", "code", "medicationCodeableConcept", "medicationCodeableConcept", "medication.concept"},
		{"MedicationRequest", "medication", "medicationReference", "medicationReference", "medication.reference"},
		{"Procedure", "date", "performedDateTime performedPeriod", "performedDateTime performedPeriod", "occurrenceDateTime occurrencePeriod occurrenceTiming"},
		{"DocumentReference", "setting", "context.practiceSetting", "context.practiceSetting", "practiceSetting"},
		{"Subscription", "url", "channel.endpoint", "channel.endpoint", "endpoint"},
		{"Subscription", "topic", "", "", "topic"},
		{"Subscription", "criteria", "criteria", "criteria", ""},
		{"SubscriptionTopic", "derived-or-self", "", "url derivedFrom", "url derivedFrom"},
		{"Basic", "code", "code", "code", "code"},
	} {
		for i, want := range []string{c.r4, c.r4b, c.r5} {
			var paths []string
			if p := Lookup(releases[i], c.resourceType, c.name); p != nil {
				for _, path := range p.paths {
					paths = append(paths, strings.Join(path.steps, "."))
				}
			}
			if got := strings.Join(paths, " "); got != want {
				t.Errorf("%v %s.%s looks at %q, want %q", releases[i], c.resourceType, c.name, got, want)
			}
		}
	}
}

// TestREADME compares the table in the project's README with Table.
func TestREADME(t *testing.T) {
	testkit.Table(t, "../../README.md", "table", "\n"+Table()+"\n", *update)
}
