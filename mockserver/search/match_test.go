package search_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/search"
)

const base = "http://127.0.0.1:8080/fhir/R4"

func parse(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) jsonscan.Value {
	t.Helper()
	var doc jsonscan.Document
	if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc.Root()
}

// cases hold a resource with the queries that find it and those that do not.
var cases = []struct {
	release  fhir.Release
	resource string
	finds    string // queries, one a line
	misses   string
}{
	{fhir.R4, `{"resourceType":"Patient","id":"p1","active":true,"gender":"female","birthDate":"1990-05",
		"meta":{"lastUpdated":"2024-05-31T12:00:00.123Z","tag":[{"system":"urn:t","code":"x"}],"profile":["http://p/1|2.0"]},
		"name":[{"use":"official","family":"Müller-Łuczak","given":["Zoë","Ann, Marie"]},{"text":"Frau Müller"}],
		"address":[{"use":"home","city":"Århus","line":["Vej 1"]}],
		"telecom":[{"system":"phone","value":"555"},{"system":"email","value":"a@b"}],
		"identifier":[{"system":"urn:mrn","value":"Ab1"},{"value":"bare"}],
		"managingOrganization":{"reference":"http://127.0.0.1:8080/fhir/R4/Organization/o1"},
		"generalPractitioner":[{"reference":"Practitioner/d1/_history/3"},{"reference":"#c"},{"identifier":{"system":"urn:gp","value":"7"},"type":"Practitioner"}],
		"link":[{"other":{"reference":"http://elsewhere.example/fhir/Patient/p9"},"type":"seealso"}],
		"deceasedDateTime":"2024-01-01"}`,
		`

_id=p1
_id=other,p1
_tag=urn:t%7Cx
_tag=urn:t%7C
_tag=x
_profile=http://p/1
_profile=http://p/1%7C2.0
_lastUpdated=gt2024-05-30
_lastUpdated=2024-05-31T12:00:00.123Z
active=true
active=http://terminology.hl7.org/CodeSystem/special-values%7Ctrue
gender=female
gender=http://hl7.org/fhir/administrative-gender%7Cfemale
gender=http://hl7.org/fhir/administrative-gender%7C
gender:not=male
name=mull
name=MULLER-LUCZAK
name=zoe
name=frau
name=ann%5C,
name:exact=Zo%C3%AB
name:contains=luc
family=muller
given=x,zo
address=arhus
address-city=%C3%A5
address=vej
email=a@b
phone=555
telecom=phone%7C555
telecom=555
identifier=urn:mrn%7CAb1
identifier=Ab1
identifier=urn:mrn%7C
identifier=%7Cbare
identifier:not=urn:mrn%7Cab1
organization=o1
organization=Organization/o1
organization=http://127.0.0.1:8080/fhir/R4/Organization/o1
organization:Organization=o1
general-practitioner=Practitioner/d1
general-practitioner=d1
general-practitioner:identifier=urn:gp%7C7
link=http://elsewhere.example/fhir/Patient/p9
link:Patient=http://elsewhere.example/fhir/Patient/p9
deceased=true
death-date=2024
death-date:missing=false
language:missing=true
birthdate=1990
birthdate=1990-05
birthdate=lt1991
birthdate=ge1990-05
birthdate=ap1990-04
birthdate=ne1990-05-01
gender=female&active=true
`, `
_id=P1
_id=p
_tag=urn:u%7Cx
_tag=%7Cx
_profile=http://p
_lastUpdated=gt2024-05-31
_lastUpdated=2024-05-31T12:00:00.1234Z
active=false
gender=Female
gender:not=female
gender:not=male,female
gender:missing=true
name=uller
name=official
name:exact=zo%C3%AB
name:exact=Zo
name:contains=xyz
name=ann%20
address=home
phone=a@b
identifier=ab1
identifier=%7CAb1
identifier=urn:other%7CAb1
organization=o2
organization=Patient/o1
organization=http://other/Organization/o1
general-practitioner=c
general-practitioner=Practitioner/d1x
link=p9
link=Patient/p9
deceased=false
deceased:missing=true
death-date=2023
language:missing=false
birthdate=1990-05-01
birthdate=gt1990
birthdate=sa1990-05
birthdate=ap1990-03
gender=female&active=false
`},
	{fhir.R4, `{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"1-1"},{"code":"local"}],"text":"Glucose"},
		"effectivePeriod":{"start":"2024-02-10T08:00:00+02:00"},"subject":{"reference":"Group/g"},
		"valueQuantity":{"value":5.40,"unit":"mmol","system":"http://unitsofmeasure.org","code":"mmol/L"},
		"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"2-2"}]},"valueCodeableConcept":{"coding":[{"code":"yes"}]}}]}`,
		`
code=http://loinc.org%7C1-1
code=1-1
code=%7Clocal
combo-code=2-2
component-value-concept=yes
status:not=preliminary
date=ge2024-02-10
date=gt2024
date=gt2024-02-10T06:00Z
date=ne2024-02-10
date=gt2050
date=ap2024-02-11
subject=g
subject:Group=g
value-quantity=5.4
value-quantity=5
value-quantity=5.40
value-quantity=5.4%7Chttp://unitsofmeasure.org%7Cmmol/L
value-quantity=5.4%7C%7Cmmol
value-quantity=gt5.39
value-quantity=le5.4
value-quantity=ap5
value-quantity=ne6
value-quantity=54e-1
`, `
code=Glucose
code=http://loinc.org%7Clocal
code=%7C1-1
component-value-concept=1-1
date=2024-02
date=sa2024-02-10T06:00Z
date=eb2050
date=lt2024
date=ap2022
patient=g
subject:Patient=g
value-quantity=5.41
value-quantity=5.39
value-quantity=5.4%7Chttp://unitsofmeasure.org%7Cmg
value-quantity=5.4%7Curn:x%7Cmmol/L
value-quantity=gt5.4
value-quantity=ne5.4
value-quantity=ap4.9
value-string:missing=false
`},
	{fhir.R5, `{"resourceType":"Encounter","status":"completed","class":[{"coding":[{"code":"IMP"}]}],"actualPeriod":{"start":"2024-02-10","end":"2024-02-12"},
		"reason":[{"value":[{"concept":{"coding":[{"code":"r1"}]}},{"reference":{"reference":"Condition/c"}}]}],
		"participant":[{"actor":{"reference":"Practitioner/d"}}],"length":{"value":2}}`,
		`
status=completed
class=IMP
date=2024-02
date=lt2024-02-11
date=gt2024-02-11
date-start=2024-02-10
end-date=2024-02-12
reason-code=r1
reason-reference=Condition/c
practitioner=d
length=2
`, `
status=finished
date=2024-02-10
date=eb2024-02-11
date=sa2024-02-11
end-date=2024-02-11
reason-code=c
practitioner=Patient/d
`},
	{fhir.R5, `{"resourceType":"SubscriptionTopic","url":"http://t/a","version":"1.0-Beta","derivedFrom":["http://t/b|2"],"status":"active"}`,
		`
url=http://t/a
derived-or-self=http://t/a
derived-or-self=http://t/b
derived-or-self=http://t/b%7C2
url:below=http://t
url:below=http://t/
url:above=http://t/a/deep
version=1.0-beta
`, `
url=http://t/A
derived-or-self=http://t/b%7C3
derived-or-self=http://t
url:below=http://t/a/deep
url:below=http://tt
url:above=http://t
`},
	{fhir.R4, `{"resourceType":"MedicationRequest","dosageInstruction":[{"timing":{"event":["2024-03-01","2024-03-05T10:00:00Z"]}}],"medicationReference":{"reference":"urn:uuid:0a"}}`,
		"date=2024-03-01\nmedication=urn:uuid:0a\ncode:missing=true", "date=2024-03-02\nmedication=0a"},
	{fhir.R4, `{"resourceType":"ServiceRequest","occurrenceTiming":{"event":["2024-03-05","2024-03-01"]}}`,
		"occurrence=2024-03\noccurrence=gt2024-03-02\noccurrence=lt2024-03-02", "occurrence=2024-03-01\noccurrence=2024-02"},
	{fhir.R4, `{"resourceType":"ServiceRequest","occurrenceTiming":{"repeat":{"boundsPeriod":{"end":"2024-03-05"}}}}`,
		"occurrence=lt1000\noccurrence=le2024-03-05", "occurrence=gt2024-03-05\noccurrence=2024-03"},
	{fhir.R4, `{"resourceType":"Encounter","length":{"value":5.35},"subject":{"reference":"Group/1"}}`,
		"length=5.4\nlength=5\nlength=5.35\npatient:missing=true\nsubject:missing=false", "length=5.3\nlength=5.36\npatient=1"},
	{fhir.R5, `{"resourceType":"Observation","effectiveDateTime":"2024-02+02:00"}`,
		"date=eq2024-02%2B02:00\ndate=lt2024-02\ndate=le2024-02-29T22:00Z\ndate=eb2024-02-29T22:00Z\ndate=ap2024-03", "date=2024-02\ndate=gt2024-02\ndate=eb2024-02-29T21:59Z"},
	{fhir.R4, `{"resourceType":"Patient","deceasedBoolean":false}`, "deceased=false\ndeceased:missing=false", "deceased=true\nname=\\,"},
}

func TestMatch(t *testing.T) {
	for _, c := range cases {
		resource := parse(t, c.resource)
		compiler := search.Compiler{Release: c.release, Base: base}
		check := func(queries string, want bool) {
			for query := range strings.SplitSeq(strings.Trim(queries, "\n"), "\n") {
				q, err := compiler.Query(resource.Get("resourceType").Text(), query)
				if err != nil {
					t.Errorf("%q: %v", query, err)
				} else if q.Match(resource) != want {
					t.Errorf("%q: Match = %v for %s", query, !want, c.resource)
				}
			}
		}
		check(c.finds, true)
		check(c.misses, false)
	}
}

func TestMatchOtherType(t *testing.T) {
	q, err := search.Compiler{Release: fhir.R4}.Query("Patient", "")
	if err != nil {
		t.Fatal(err)
	}
	if q.Match(parse(t, `{"resourceType":"Group"}`)) || !q.Match(parse(t, `{"resourceType":"Patient"}`)) {
		t.Error("an empty query does not match exactly its own type")
	}
}

// TestRefused holds every refusal to naming the parameter.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ query, names, says string }{
		{"nope=1", `"nope"`, "not one that this server understands for Encounter in R4"},
		{"_has:Observation:patient:code=1", `"_has:Observation:patient:code"`, "not one"},
		{"subject.name=x", `"subject.name"`, "not one"},
		{"_count=5", `"_count"`, "not one"},
		{"date-start=2024", `"date-start"`, "in R4"},
		{"class=", `"class"`, "empty value"},
		{"class", `"class"`, "empty value"},
		{"class=a,,b", `"class"`, "empty value"},
		{"class:in=http://vs", `"class:in"`, "modifier"},
		{"class:text=x", `"class:text"`, "missing, not"},
		{"date:not=2024", `"date:not"`, "modifier"},
		{"subject:Nonsense=1", `"subject:Nonsense"`, "modifier"},
		{"subject:Patient.name=x", `"subject:Patient.name"`, "modifier"},
		{"subject:Patient=Group/1", `"subject:Patient"`, "no Patient"},
		{"subject:Patient=http://x/Group/1", `"subject:Patient"`, "no Patient"},
		{"subject:Patient=urn:uuid:1", `"subject:Patient"`, "no Patient"},
		{"subject=Jane%20Doe", `"subject"`, "expected is an id"},
		{"subject=Nonsense/1", `"subject"`, "expected is an id"},
		{"subject=%23c", `"subject"`, "expected is an id"},
		{"class:missing=yes", `"class:missing"`, "true and false"},
		{"date=yesterday", `"date"`, "expected is a date"},
		{"date=2024-02-30", `"date"`, "expected is a date"},
		{"date=2024-13", `"date"`, "expected is a date"},
		{"date=2024-01-01T", `"date"`, "expected is a date"},
		{"date=2024-01-01T24:00", `"date"`, "expected is a date"},
		{"date=2024-01-01T10:00:00.Z", `"date"`, "expected is a date"},
		{"date=2024-01-01T10:00:00%2B15:00", `"date"`, "expected is a date"},
		{"date=xx2024", `"date"`, "expected is a date"},
		{"length=5%7Cx", `"length"`, "number|system|code"},
		{"length=five", `"length"`, "expected is a number"},
		{"length=1e999999999", `"length"`, "expected is a number"},
		{"length=gt", `"length"`, "expected is a number"},
		{"status=a%7Cb%7Cc", `"status"`, "system|code"},
		{"status=%7C", `"status"`, "system|code"},
		{"status=http://wrong%7Cfinished", `"status"`, "http://hl7.org/fhir/encounter-status"},
		{"_id=urn:x%7C1", `"_id"`, "no system"},
		{"class=%zz", `"class"`, "percent-encoding"},
	} {
		_, err := search.Compiler{Release: fhir.R4}.Query("Encounter", c.query)
		if !errors.Is(err, fault.UnsupportedFilter) {
			t.Errorf("%q: %v", c.query, err)
			continue
		}
		if detail := fault.DetailOf(err); !strings.Contains(detail, c.names) || !strings.Contains(detail, c.says) {
			t.Errorf("%q: %s", c.query, detail)
		}
	}
}

// TestRefusedBooleans is apart because Encounter has none.
func TestRefusedBooleans(t *testing.T) {
	for _, query := range []string{"active=yes", "active=True", "deceased=1", "deceased=urn:x%7Ctrue", "active=urn:x%7C"} {
		if _, err := (search.Compiler{Release: fhir.R4}).Query("Patient", query); !errors.Is(err, fault.UnsupportedFilter) {
			t.Errorf("%q: %v", query, err)
		}
	}
	if _, err := (search.Compiler{Release: fhir.R4}).Query("Group", "value=urn:x%7C1"); err != nil {
		t.Errorf("a value that is a boolean or a CodeableConcept: %v", err)
	}
}

func TestFilter(t *testing.T) {
	compiler := search.Compiler{Release: fhir.R5}
	encounter := parse(t, `{"resourceType":"Encounter","status":"completed","actualPeriod":{"start":"2024-02-10","end":"2024-02-12"}}`)
	for _, c := range []struct {
		term search.Term
		want bool
	}{
		{search.Term{Name: "status", Value: "completed"}, true},
		{search.Term{Name: "status", Value: "planned,completed", Comparator: "eq"}, true},
		{search.Term{Name: "status", Value: "completed", Modifier: "not"}, false},
		{search.Term{Name: "date", Value: "2024-02-11", Comparator: "gt"}, true},
		{search.Term{Name: "date", Value: "gt2024-02-11"}, true},
		{search.Term{Name: "date", Value: "2024-02-13", Comparator: "gt"}, false},
	} {
		q, err := compiler.Filter("Encounter", c.term)
		if err != nil {
			t.Errorf("%+v: %v", c.term, err)
		} else if q.Match(encounter) != c.want {
			t.Errorf("%+v: Match = %v", c.term, !c.want)
		}
	}
	for _, term := range []search.Term{
		{Name: "date", Value: "gt2024", Comparator: "lt"},
		{Name: "date", Value: "2024", Comparator: "xx"},
		{Name: "date", Value: "2024", Comparator: "eq", Modifier: "missing"},
		{Name: "status", Value: "planned", Comparator: "gt"},
		{Name: "nope", Value: "1"},
	} {
		if _, err := compiler.Filter("Encounter", term); !errors.Is(err, fault.UnsupportedFilter) {
			t.Errorf("%+v: %v", term, err)
		}
	}
}
