package search_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/search"
	"pgregory.net/rapid"
)

// TestOracle compares Match with a second implementation that shares no code
// and no way of working with it: it knows one resource type by heart, reads
// resources with encoding/json, counts time in whole seconds with both ends
// included, and compares numbers as floats with a margin.
func TestOracle(t *testing.T) {
	compiler := search.Compiler{Release: fhir.R4, Base: base}
	rapid.Check(t, func(t *rapid.T) {
		for range 20 { // a hundred checks are few for that many combinations
			compareWithOracle(t, compiler)
		}
	})
}

func compareWithOracle(t *rapid.T, compiler search.Compiler) {
	observation := drawObservation(t)
	text, err := json.Marshal(observation)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	want := true
	for _, term := range rapid.SliceOfN(rapid.Custom(drawTerm), 1, 2).Draw(t, "terms") {
		parts = append(parts, term.encode())
		want = want && term.finds(observation)
	}
	query := strings.Join(parts, "&")
	q, err := compiler.Query("Observation", query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	resource := parse(t, string(text))
	if got := q.Match(resource); got != want {
		t.Fatalf("%s\n%s\nMatch = %v, the oracle says %v", query, text, got, want)
	}
	if why, ok := anchored(compiler, q, resource); want && !ok {
		t.Fatalf("%s\n%s\nmatches, but %s", query, text, why)
	}
}

// oracleTerm is a parameter with values of which one must match.
type oracleTerm struct {
	name, modifier string
	values         []oracleValue
}

// oracleValue is one value, in the parts that its kind has.
type oracleValue struct {
	prefix       string // date and quantity
	system, code *string
	text         string // string, reference, date or number as it is written
}

func (o oracleTerm) encode() string {
	var values []string
	for _, v := range o.values {
		escape := strings.NewReplacer(`\`, `\\`, ",", `\,`, "|", `\|`, "$", `\$`).Replace
		s := v.prefix + escape(v.text)
		if v.code != nil {
			s = escape(*v.code)
			if v.system != nil {
				s = escape(*v.system) + "|" + s
			}
		}
		values = append(values, s)
	}
	name := o.name
	if o.modifier != "" {
		name += ":" + o.modifier
	}
	return url.QueryEscape(name) + "=" + url.QueryEscape(strings.Join(values, ","))
}

var (
	systems = []string{"urn:a", "urn:b|c"}
	codes   = []string{"x", "X", "y,z", `back\slash`}
	words   = []string{"Ann", "Ännchen", "annO", "bo$b", "Bo", "x Ann"}
	dates   = []string{
		"2024", "2024-02", "2024-02-10", "2024-02-10T10:00:00Z", "2024-02-10T10:00:00+02:00", "2024-02-09T23:30:00-01:00",
		"2024-02-29", "2024-03", "2025", "2024-02-10T08:00:00Z",
	}
	numbers    = []string{"5", "5.4", "5.40", "-5.4", "5.35", "5.45", "54e-1", "0", "5.394", "100", "95"}
	references = []string{
		"Patient/1", "Group/1", "Patient/2", base + "/Patient/1", "http://elsewhere/Patient/1", "Patient/1/_history/4",
	}
)

func drawObservation(t *rapid.T) map[string]any {
	o := map[string]any{"resourceType": "Observation"}
	maybe := func(name string, draw func() any) {
		if rapid.Bool().Draw(t, "has "+name) {
			o[name] = draw()
		}
	}
	pick := func(from []string) string { return rapid.SampledFrom(from).Draw(t, "pick") }
	maybe("code", func() any {
		var codings []any
		for range rapid.IntRange(1, 3).Draw(t, "codings") {
			coding := map[string]any{"code": pick(codes)}
			if rapid.Bool().Draw(t, "has system") {
				coding["system"] = pick(systems)
			}
			codings = append(codings, coding)
		}
		return map[string]any{"coding": codings}
	})
	maybe("subject", func() any { return map[string]any{"reference": pick(references)} })
	switch rapid.IntRange(0, 2).Draw(t, "effective") {
	case 0:
		o["effectiveDateTime"] = pick(dates)
	case 1:
		period := map[string]any{"start": pick(dates)}
		if rapid.Bool().Draw(t, "has end") {
			period["end"] = period["start"]
		}
		o["effectivePeriod"] = period
	}
	if rapid.Bool().Draw(t, "quantity or string") {
		maybe("valueQuantity", func() any { return map[string]any{"value": json.Number(pick(numbers))} })
	} else {
		maybe("valueString", func() any { return pick(words) })
	}
	return o
}

func drawTerm(t *rapid.T) oracleTerm {
	pick := func(from []string) string { return rapid.SampledFrom(from).Draw(t, "pick") }
	o := oracleTerm{name: rapid.SampledFrom([]string{"code", "subject", "patient", "date", "value-quantity", "value-string"}).Draw(t, "name")}
	if rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
		o.modifier = "missing"
		o.values = []oracleValue{{text: pick([]string{"true", "false"})}}
		return o
	}
	prefixes := []string{"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}
	modifiers := map[string][]string{"code": {"", "not"}, "value-string": {"", "exact", "contains"}}[o.name]
	if modifiers != nil {
		o.modifier = pick(modifiers)
	}
	for range rapid.IntRange(1, 2).Draw(t, "values") {
		var v oracleValue
		switch o.name {
		case "code":
			code := pick(append(codes, ""))
			v.code = &code
			if code == "" || rapid.Bool().Draw(t, "with system") {
				system := pick(append(systems, ""))
				if code == "" && system == "" {
					system = systems[0]
				}
				v.system = &system
			}
		case "subject", "patient":
			v.text = pick([]string{"1", "2", "Patient/1", "Group/1", base + "/Patient/1", "http://elsewhere/Patient/1"})
		case "date":
			v.prefix, v.text = pick(prefixes[:9]), pick(dates)
		case "value-quantity":
			v.prefix, v.text = pick(prefixes), pick(numbers)
		case "value-string":
			v.text = pick(append(words, "an", "ANN", "nn", "bo$", "o"))
		}
		o.values = append(o.values, v)
	}
	return o
}

// finds says what the parameter means.
func (o oracleTerm) finds(resource map[string]any) bool {
	element := map[string]any{
		"code": resource["code"], "subject": resource["subject"], "date": resource["effectiveDateTime"],
		"value-quantity": resource["valueQuantity"], "value-string": resource["valueString"],
	}[o.name]
	switch {
	case o.name == "date" && element == nil:
		element = resource["effectivePeriod"]
	case o.name == "patient":
		if subject, ok := resource["subject"].(map[string]any); ok && strings.Contains(subject["reference"].(string), "Patient") {
			element = subject
		}
	}
	there := element != nil && fmt.Sprint(element) != "map[]"
	if o.modifier == "missing" {
		return there == (o.values[0].text == "false")
	}
	found := there && slices.ContainsFunc(o.values, func(v oracleValue) bool { return v.finds(o, element) })
	return found != (o.modifier == "not")
}

func (v oracleValue) finds(o oracleTerm, element any) bool {
	switch o.name {
	case "code":
		for _, c := range element.(map[string]any)["coding"].([]any) {
			coding := c.(map[string]any)
			system, _ := coding["system"].(string)
			if (v.system == nil || *v.system == system) && (*v.code == "" || *v.code == coding["code"]) {
				return true
			}
		}
		return false
	case "value-string":
		return oracleString(o.modifier, element.(string), v.text)
	case "date":
		return oracleDate(v.prefix, v.text, element)
	case "value-quantity":
		return oracleNumber(v.prefix, v.text, string(element.(map[string]any)["value"].(json.Number)))
	}
	reference := element.(map[string]any)["reference"].(string)
	reference = strings.TrimSuffix(strings.TrimPrefix(reference, base+"/"), "/_history/4")
	want := strings.TrimPrefix(v.text, base+"/")
	return reference == want || !strings.Contains(want, "/") && !strings.Contains(reference, "elsewhere") && strings.HasSuffix(reference, "/"+want)
}

func oracleString(modifier, have, want string) bool {
	if modifier == "exact" {
		return have == want
	}
	plain := func(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "Ä", "A")) }
	at := strings.Index(plain(have), plain(want))
	return at == 0 || at > 0 && modifier == "contains"
}

// seconds returns the first and last second of a date.
func seconds(s string) (first, last int64) {
	for layout, next := range map[string][3]int{"2006": {1, 0, 0}, "2006-01": {0, 1, 0}, "2006-01-02": {0, 0, 1}} {
		if d, err := time.Parse(layout, s); err == nil {
			return d.Unix(), d.AddDate(next[0], next[1], next[2]).Unix() - 1
		}
	}
	d, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return d.Unix(), d.Unix()
}

func oracleDate(prefix, text string, element any) bool {
	var low, high int64
	if s, ok := element.(string); ok {
		low, high = seconds(s)
	} else {
		low, _ = seconds(element.(map[string]any)["start"].(string))
		high = math.MaxInt64
		if end, ok := element.(map[string]any)["end"].(string); ok {
			_, high = seconds(end)
		}
	}
	first, last := seconds(text)
	contained := first <= low && high <= last
	return map[string]bool{
		"": contained, "eq": contained, "ne": !contained,
		"gt": high > last, "ge": high > last || contained,
		"lt": low < first, "le": low < first || contained,
		"sa": low > last, "eb": high < first,
	}[prefix]
}

func oracleNumber(prefix, text, element string) bool {
	const margin = 1e-9
	want, _ := strconv.ParseFloat(text, 64)
	have, _ := strconv.ParseFloat(element, 64)
	half := 0.5
	if _, fraction, ok := strings.Cut(text, "."); ok {
		half = 0.5 * math.Pow10(-len(fraction))
	}
	if text == "54e-1" {
		half = 0.05
	}
	rounds := have > want-half-margin && have < want+half-margin
	same := math.Abs(have-want) < margin
	return map[string]bool{
		"": rounds, "eq": rounds, "ne": !rounds,
		"gt": have > want && !same, "sa": have > want && !same, "ge": have > want || same,
		"lt": have < want && !same, "eb": have < want && !same, "le": have < want || same,
		"ap": math.Abs(have-want) <= math.Abs(want)/10+margin,
	}[prefix]
}
