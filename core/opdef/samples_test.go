package opdef

import "strings"

// A sample is what the generator writes for a type: a value that is good in
// all releases that have the type, and one that is not, with what is wrong.
type sample struct {
	good, bad string
	code      string // of the issue about bad
	path      string // of that issue, behind that of the value
}

var samples = map[string]sample{
	"base64Binary": {`"AAEC"`, `"AAE"`, "invalid-primitive", ""},
	"boolean":      {`true`, `"true"`, "wrong-json-type", ""},
	"canonical":    {`"http://example.org/a|1"`, `"http://example.org/a b"`, "invalid-primitive", ""},
	"code":         {`"a b"`, `"a  b"`, "invalid-primitive", ""},
	"date":         {`"2020-02-29"`, `"2021-02-29"`, "invalid-primitive", ""},
	"dateTime":     {`"2020-02-29T23:59:60Z"`, `"2020-02-29T23:59Z"`, "invalid-primitive", ""},
	"decimal":      {`1.50`, `"1.50"`, "wrong-json-type", ""},
	"id":           {`"a-1.B"`, `"a_1"`, "invalid-primitive", ""},
	"instant":      {`"2020-02-29T00:00:00.123+14:00"`, `"2020-02-29"`, "invalid-primitive", ""},
	"integer":      {`-2147483648`, `2147483648`, "invalid-primitive", ""},
	"integer64":    {`"-9223372036854775808"`, `9007199254740993`, "wrong-json-type", ""},
	"markdown":     {`"# x\n"`, `"\u0000"`, "invalid-primitive", ""},
	"oid":          {`"urn:oid:1.2.3"`, `"1.2.3"`, "invalid-primitive", ""},
	"positiveInt":  {`1`, `0`, "invalid-primitive", ""},
	"string":       {`"x y"`, `""`, "empty-value", ""},
	"time":         {`"12:00:00"`, `"24:00:00"`, "invalid-primitive", ""},
	"unsignedInt":  {`0`, `-1`, "invalid-primitive", ""},
	"uri":          {`"urn:x"`, `"urn: x"`, "invalid-primitive", ""},
	"url":          {`"https://example.org"`, `7`, "wrong-json-type", ""},
	"uuid":         {`"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"`, `"c757873d-ec9a-4326-a141-556f43239520"`, "invalid-primitive", ""},

	"Address":               {`{"city":"Bern"}`, `{"line":"x"}`, "wrong-json-type", ".line"},
	"Age":                   {`{"value":3,"unit":"a"}`, `{"value":"3"}`, "wrong-json-type", ".value"},
	"Annotation":            {`{"text":"x"}`, `{"authorString":"x"}`, "missing-element", ".text"},
	"Attachment":            {`{"url":"http://example.org"}`, `{"title":null}`, "null-value", ".title"},
	"Availability":          {`{"availableTime":[{"allDay":true}]}`, `{"availableTime":[{"allDay":1}]}`, "wrong-json-type", ".availableTime[0].allDay"},
	"CodeableConcept":       {`{"text":"x"}`, `{"coding":[]}`, "empty-value", ".coding"},
	"CodeableReference":     {`{"concept":{"text":"x"}}`, `{"concept":"x"}`, "wrong-json-type", ".concept"},
	"Coding":                {`{"code":"x"}`, `{"kode":"x"}`, "unknown-element", ".kode"},
	"ContactDetail":         {`{"name":"x"}`, `{"telecom":[{"system":"post"}]}`, "invalid-code", ".telecom[0].system"},
	"ContactPoint":          {`{"system":"phone","value":"1"}`, `{"rank":0}`, "invalid-primitive", ".rank"},
	"Contributor":           {`{"type":"author","name":"x"}`, `{"type":"author"}`, "missing-element", ".name"},
	"Count":                 {`{"value":3}`, `{"value":[3]}`, "wrong-json-type", ".value"},
	"DataRequirement":       {`{"type":"Patient"}`, `{"type":"Patient","sort":[{"path":"x","direction":"up"}]}`, "invalid-code", ".sort[0].direction"},
	"Distance":              {`{"value":3}`, `{"comparator":"="}`, "invalid-code", ".comparator"},
	"Dosage":                {`{"text":"x"}`, `{"sequence":1.5}`, "invalid-primitive", ".sequence"},
	"Duration":              {`{"value":3}`, `{"nope":3}`, "unknown-element", ".nope"},
	"Expression":            {`{"language":"text/fhirpath","expression":"true"}`, `{"language":"text/fhirpath","expression":true}`, "wrong-json-type", ".expression"},
	"ExtendedContactDetail": {`{"name":[{"text":"x"}]}`, `{"name":{"text":"x"}}`, "wrong-json-type", ".name"},
	"HumanName":             {`{"given":["x"]}`, `{"given":["x",null]}`, "null-value", ".given[1]"},
	"Identifier":            {`{"system":"http://example.org","value":"x"}`, `{"use":"home"}`, "invalid-code", ".use"},
	"Meta":                  {`{"tag":[{"code":"x"}]}`, `{"lastUpdated":"2020"}`, "invalid-primitive", ".lastUpdated"},
	"Money":                 {`{"value":3,"currency":"CHF"}`, `{"value":3,"code":"CHF"}`, "unknown-element", ".code"},
	"ParameterDefinition":   {`{"use":"in","type":"string"}`, `{"use":"in"}`, "missing-element", ".type"},
	"Period":                {`{"start":"2020"}`, `{"start":"2020-13"}`, "invalid-primitive", ".start"},
	"Quantity":              {`{"value":1.5,"unit":"kg"}`, `{}`, "empty-value", ""},
	"Range":                 {`{"low":{"value":1}}`, `{"low":1}`, "wrong-json-type", ".low"},
	"Ratio":                 {`{"numerator":{"value":1}}`, `{"numerator":{"value":null}}`, "null-value", ".numerator.value"},
	"RatioRange":            {`{"denominator":{"value":1}}`, `{"numerator":{"value":1}}`, "unknown-element", ".numerator"},
	"Reference":             {`{"reference":"Patient/1"}`, `"Patient/1"`, "wrong-json-type", ""},
	"RelatedArtifact":       {`{"type":"citation"}`, `{"type":"quotation"}`, "invalid-code", ".type"},
	"SampledData":           {`{"origin":{"value":1},"dimensions":1,`, `{"dimensions":1,`, "missing-element", ".origin"},
	"Signature":             {`{"type":[{"code":"x"}],"when":"2020-01-01T00:00:00Z","who":{"display":"x"}}`, `{"type":[{"code":"x"}],"when":"now","who":{"display":"x"}}`, "invalid-primitive", ".when"},
	"Timing":                {`{"repeat":{"count":1}}`, `{"repeat":{"count":-1}}`, "invalid-primitive", ".repeat.count"},
	"TriggerDefinition":     {`{"type":"periodic"}`, `{"type":"sometimes"}`, "invalid-code", ".type"},
	"UsageContext":          {`{"code":{"code":"x"},"valueCodeableConcept":{"text":"x"}}`, `{"code":{"code":"x"}}`, "missing-element", ".value"},
}

// sampleOf returns the sample of a type in a release. SampledData has no
// required elements that R4 and R5 share.
func sampleOf(typ, release string) sample {
	s := samples[typ]
	if strings.HasSuffix(s.good, ",") {
		end := `"period":1}`
		if release == "R5" {
			end = `"intervalUnit":"s"}`
		}
		s.good, s.bad = s.good+end, s.bad+end
	}
	return s
}

// resourceSample returns a small resource of a type, concrete or abstract.
func resourceSample(typ string) string {
	switch typ {
	case "Resource", "Any":
		typ = "Bundle"
	case "DomainResource":
		typ = "Basic"
	case "CanonicalResource", "MetadataResource":
		typ = "ValueSet"
	}
	return `{"resourceType":"` + typ + `","id":"x"}`
}
