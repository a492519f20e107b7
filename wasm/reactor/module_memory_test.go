package main

import (
	"strconv"
	"strings"
	"testing"
)

// TestModuleMemory makes 100,000 small calls of every kind: after the first
// 1,000 the memory does not grow any more.
func TestModuleMemory(t *testing.T) {
	calls := 100_000
	if testing.Short() {
		calls = 10_000
	}
	g := instantiate(t, leanModule)
	compact := instantiateToken(t, g)
	kinds := []func(){
		func() { g.ask("validate_response", "", validResponse) },
		func() { g.ask("validate_response", "", `{"resourceType":"Parameters","parameter":[{"name":"x"}]}`) },
		func() { g.ask("validate_request", `{"query":true}`, "id=a&id=b") },
		func() { g.ask("validate_notification", `{"fhir":"R5","read":true}`, handshake) },
		func() { g.ask("validate_notification", "", `{"resourceType":"Bundle"}`) },
		func() { g.ask("parse_bind", "", "bind-with-token t") },
		func() { g.ask("validate_response", `{"fhir":"R9"}`, validResponse) },
		func() {
			var b begun
			parse(t, g.ask("verify_begin", policyOf, compact), &b)
			g.answer(g.number("verify_end", uint64(b.Handle), 1, seconds(1999999950)))
		},
	}
	for i := range 1000 {
		kinds[i%len(kinds)]()
	}
	before := g.pages()
	for i := range calls {
		kinds[i%len(kinds)]()
	}
	if after := g.pages(); after != before {
		t.Errorf("the memory grew from %d to %d pages", before, after)
	}
	g.live(0)
}

// largeBundle is a notification Bundle of about a megabyte.
func largeBundle() string {
	var entries strings.Builder
	for i := 0; entries.Len() < 1<<20; i++ {
		id := strconv.Itoa(100_000 + i)
		entries.WriteString(`,{"fullUrl":"https://example.org/fhir/Observation/` + id + `","resource":{"resourceType":"Observation","id":"` + id +
			`","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}]},"subject":{"reference":"Patient/1"},"valueQuantity":{"value":72.50,"unit":"/min"}}}`)
	}
	return strings.Replace(handshake, `}]}`, `}`+entries.String()+`]}`, 1)
}

// TestModuleLargeBundles: a megabyte at a time, valid, read, and wrong, stays
// within 12 MiB.
func TestModuleLargeBundles(t *testing.T) {
	const most = 12 << 20
	text := largeBundle()
	g := instantiate(t, leanModule)
	for i := range 24 {
		options, document := `{"fhir":"R5"}`, text
		switch i % 3 {
		case 1:
			options = `{"fhir":"R5","read":true}`
		case 2:
			document = strings.ReplaceAll(text, "72.50", `"72.50"`)
		}
		got := g.ask("validate_notification", options, document)
		if i%3 < 2 && !strings.HasPrefix(got, `{"valid":true,`) && got != "" {
			t.Fatalf("%.300s", got)
		}
	}
	for range 4 {
		if got := g.ask("validate_response", "", largeResponse(1<<20)); got != "" {
			t.Fatalf("%.300s", got)
		}
	}
	if size := g.module.Memory().Size(); size > most {
		t.Errorf("%d bytes of memory, at most %d are due", size, most)
	}
	g.live(0)
}

// TestModuleLargeDefinitions: definitions of 1,000 parameters come and go, and
// the memory is that of those that are kept.
func TestModuleLargeDefinitions(t *testing.T) {
	const kept, most = 30, 20 << 20 // of 60: all would take 24 MB
	parameter := `{"name":"p","use":"in","min":0,"max":"1","type":"string","documentation":"` + strings.Repeat("some documentation of the parameter ", 3) + `"}`
	parameters := make([]string, 1000)
	for i := range parameters {
		parameters[i] = strings.Replace(parameter, `"p"`, `"p`+strconv.Itoa(i)+`"`, 1)
	}
	document := `{"resourceType":"OperationDefinition","url":"https://example.org/x","status":"active","kind":"operation","name":"Example",` +
		`"code":"dd","system":false,"type":true,"instance":false,"resource":["Subscription"],"parameter":[` + strings.Join(parameters, ",") + `]}`
	g := instantiate(t, leanModule)
	var handles []uint64
	for range 60 {
		if len(handles) == kept {
			g.number("forget", handles[0])
			handles = handles[1:]
		}
		defined := judge(t, g.ask("define", "", document))
		if defined.Handle == 0 {
			t.Fatalf("it does not load: %v", defined.Issues)
		}
		handles = append(handles, defined.Handle)
	}
	if size := g.module.Memory().Size(); size > most {
		t.Errorf("%d bytes of memory, at most %d are due", size, most)
	}
	g.live(0)
}

// TestModuleDeep: what is nested deeply is refused, not a stack overflow.
func TestModuleDeep(t *testing.T) {
	g := instantiate(t, leanModule)
	deep := strings.Repeat(`{"a":[`, 1<<20)
	for _, export := range []string{"validate_request", "validate_response", "validate_notification", "define", "read_keys", "issue_begin"} {
		got := g.ask(export, "", deep)
		if !strings.Contains(got, "too-deep") && code(t, got) == "" {
			t.Errorf("%s: %.300s", export, got)
		}
	}
	g.live(0)
}
