package opdef

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// A generator writes documents around one parameter of a definition, the
// target, which may be a part of any depth.
type generator struct {
	release fhir.Release
	use     Use
	level   Level
	target  *Parameter
	bodies  []string // what stands for the target, one body for each repetition
	at      string   // where the first of them is or would be
	list    string   // and the list that it is in
}

// document writes a Parameters with the bodies for the target and, of all other
// parameters, as few as are required.
func (g *generator) document(d *Definition) string {
	var top []*Parameter
	for i := range d.Parameters {
		if p := &d.Parameters[i]; p.Use == g.use && p.Scope&g.level != 0 {
			top = append(top, p)
		}
	}
	entries := g.entries(top, "Parameters.parameter")
	if len(entries) == 0 {
		return `{"resourceType":"Parameters"}`
	}
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(entries, ",") + `]}`
}

func (g *generator) entries(params []*Parameter, list string) (entries []string) {
	for _, p := range params {
		if p == g.target {
			g.at, g.list = fmt.Sprintf("%s[%d]", list, len(entries)), list
			for _, b := range g.bodies {
				entries = append(entries, fmt.Sprintf(`{"name":%q,%s}`, p.Name, b))
			}
			continue
		}
		n := p.Min
		if n == 0 && contains(p, g.target) {
			n = 1
		}
		for k := range n {
			at := fmt.Sprintf("%s[%d]", list, len(entries))
			target := g.target
			if k > 0 {
				g.target = nil // only the first repetition is about the target
			}
			entries = append(entries, fmt.Sprintf(`{"name":%q,%s}`, p.Name, g.body(p, at)))
			g.target = target
		}
	}
	return entries
}

// body writes the content of a good parameter.
func (g *generator) body(p *Parameter, at string) string {
	if len(p.Parts) > 0 {
		var parts []*Parameter
		for i := range p.Parts {
			parts = append(parts, &p.Parts[i])
		}
		if g.target == nil || !contains(p, g.target) {
			all := *g
			all.target = nil
			return `"part":[` + strings.Join(all.atLeastOne(parts, at), ",") + `]`
		}
		return `"part":[` + strings.Join(g.entries(parts, at+".part"), ",") + `]`
	}
	typ := p.Type
	if len(p.AllowedTypes) > 0 {
		typ = p.AllowedTypes[0]
	}
	switch typ {
	case "Element", "Type", "DataType", "Base":
		typ = "Quantity"
	case "BackboneElement", "BackboneType":
		typ = "Timing"
	case "PrimitiveType":
		typ = "string"
	}
	if _, ok := samples[typ]; ok {
		return value(typ, sampleOf(typ, g.release.String()).good)
	}
	return `"resource":` + resourceSample(typ)
}

// atLeastOne is entries for parts of which none is required.
func (g *generator) atLeastOne(parts []*Parameter, at string) []string {
	if entries := g.entries(parts, at+".part"); len(entries) > 0 {
		return entries
	}
	return []string{fmt.Sprintf(`{"name":%q,%s}`, parts[0].Name, g.body(parts[0], at))}
}

func value(typ, json string) string {
	return `"value` + strings.ToUpper(typ[:1]) + typ[1:] + `":` + json
}

func contains(p, target *Parameter) bool {
	for i := range p.Parts {
		if &p.Parts[i] == target || contains(&p.Parts[i], target) {
			return true
		}
	}
	return false
}

// A broken document has exactly one issue: the code at the target's path and
// what follows it, or at the list where the path is "list".
type broken struct {
	name   string
	bodies []string
	code   fault.Code
	path   string
}

// ways returns how the target can be broken; good is a good body of it.
func (g *generator) ways(p *Parameter, good string) []broken {
	ways := []broken{
		{"without content", []string{`"id":"x"`}, fault.MissingValue, ""},
		{"with an unknown element", []string{good + `,"nope":1`}, fault.UnknownElement, ".nope"},
		{"with an empty list of parts beside", []string{`"extension":[],` + good}, fault.EmptyValue, ".extension"},
	}
	if p.Min > 0 {
		n := p.Min - 1
		ways = append(ways, broken{"missing", repeat(good, n), fault.MissingParameter, "list"})
	}
	if p.Max < 100 {
		ways = append(ways, broken{"too often", repeat(good, p.Max+1), fault.TooManyParameters, fmt.Sprintf("+%d", p.Max)})
	}
	if strings.HasPrefix(good, `"part"`) {
		if p.Type != "" {
			return ways
		}
		return append(ways, broken{"a value for parts", []string{`"valueString":"x"`}, fault.WrongValueType, ".value"})
	}
	ways = append(ways,
		broken{"parts for a value", []string{`"part":[{"name":"x","valueString":"x"}]`}, fault.WrongValueType, ".part"})
	if strings.HasPrefix(good, `"resource"`) {
		return append(ways,
			broken{"a value for a resource", []string{`"valueReference":{"reference":"Patient/1"}`}, fault.WrongValueType, ".value"},
			broken{"a null resource", []string{`"resource":null`}, fault.NullValue, ".resource"},
			broken{"an unknown resource", []string{`"resource":{"resourceType":"Nothing"}`}, fault.UnknownResource, ".resource"})
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(good, `"value`), `"`)
	typ := name
	if _, ok := samples[typ]; !ok {
		typ = strings.ToLower(name[:1]) + name[1:]
	}
	s := sampleOf(typ, g.release.String())
	ways = append(ways,
		broken{"a bad value", []string{value(typ, s.bad)}, fault.Code(s.code), ".value" + s.path},
		broken{"two values", []string{good + `,"valueX":1`}, fault.UnknownElement, ".valueX"},
		broken{"an array", []string{`"value` + name + `":[` + s.good + `]`}, fault.WrongJSONType, ".value"})
	if p.Type == typ {
		other := `"valueString":"x"`
		if typ == "string" {
			other = `"valueCode":"x"`
		}
		ways = append(ways,
			broken{"another type", []string{other}, fault.WrongValueType, ".value"},
			broken{"a resource for a value", []string{`"resource":{"resourceType":"Basic"}`}, fault.WrongValueType, ".resource"})
	}
	return ways
}

func repeat(body string, n int) []string {
	bodies := make([]string, n)
	for i := range bodies {
		bodies[i] = body
	}
	return bodies
}

// TestGeneratedDocuments writes, for every parameter of every definition, one
// good document and at least three broken ones, and asks for the one issue that
// each of these has.
func TestGeneratedDocuments(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d definitions, at least 20 due: %v", len(files), err)
	}
	good, bad := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, release := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
			loaded := Load(text, Options{Release: release})
			if loaded.Definition == nil {
				continue // of another release; TestDefinitionsLoad says which
			}
			v := NewValidator(loaded.Definition, release)
			for _, p := range allParameters(loaded.Definition.Parameters) {
				g := &generator{release: release, use: root(loaded.Definition, p).Use, target: p}
				if g.level = levelOf(loaded.Definition, root(loaded.Definition, p)); g.use == Out && v.reply(g.level) != nil {
					continue // TestBareResources
				}
				if top := root(loaded.Definition, p); top != p && top.Max == 0 {
					continue // prohibited as a whole
				}
				t.Run(fmt.Sprintf("%s/%s/%s", filepath.Base(file), release, p.Name), func(t *testing.T) {
					n := g.run(t, v, loaded.Definition, p)
					good, bad = good+1, bad+n
				})
			}
		}
	}
	t.Logf("%d good documents, %d broken ones", good, bad)
}

func (g *generator) run(t *testing.T, v *Validator, d *Definition, p *Parameter) (count int) {
	body := (&generator{release: g.release, use: g.use, level: g.level}).body(p, "")
	if p.Max == 0 {
		g.check(t, v, d, broken{"prohibited", []string{body}, fault.ProhibitedParameter, ""})
		return 1
	}
	g.bodies = repeat(body, max(p.Min, 1))
	if text := g.document(d); len(v.Validate([]byte(text), g.use, g.level)) > 0 {
		t.Fatalf("%s:\n%v", text, v.Validate([]byte(text), g.use, g.level))
	}
	ways := g.ways(p, body)
	for _, w := range ways {
		for w.code != fault.MissingParameter && len(w.bodies) < p.Min {
			w.bodies = append(w.bodies, body)
		}
		g.check(t, v, d, w)
	}
	return len(ways)
}

// check validates a broken document and asks for its one issue.
func (g *generator) check(t *testing.T, v *Validator, d *Definition, w broken) {
	t.Helper()
	g.bodies = w.bodies
	text := g.document(d)
	issues := v.Validate([]byte(text), g.use, g.level)
	at := g.at + w.path
	if strings.Contains(text, `"part":[]`) && len(issues) > 0 && issues[0].Code == fault.EmptyValue {
		issues = issues[1:] // the list that lacks its only part is empty too
	}
	switch {
	case w.path == "list":
		at = g.list
	case strings.HasPrefix(w.path, "+"):
		var first, more int
		open := strings.LastIndexByte(g.at, '[')
		fmt.Sscanf(g.at[open:], "[%d]", &first)
		fmt.Sscanf(w.path, "+%d", &more)
		at = fmt.Sprintf("%s[%d]", g.list, first+more)
	}
	if len(issues) != 1 || issues[0].Code != w.code || issues[0].Expression != at || fault.Valid(issues) {
		t.Errorf("%s:\n%s\n got %v\nwant %s at %s", w.name, text, issues, w.code, at)
	}
}

func allParameters(params []Parameter) (all []*Parameter) {
	for i := range params {
		all = append(all, &params[i])
		all = append(all, allParameters(params[i].Parts)...)
	}
	return all
}

// root returns the parameter of the definition that p is or is part of.
func root(d *Definition, p *Parameter) *Parameter {
	for i := range d.Parameters {
		if q := &d.Parameters[i]; q == p || contains(q, p) {
			return q
		}
	}
	return nil
}

// levelOf returns a level at which the operation has the parameter.
func levelOf(d *Definition, p *Parameter) Level {
	for _, l := range []Level{TypeLevel, InstanceLevel, SystemLevel} {
		if d.At(l) && p.Scope&l != 0 {
			return l
		}
	}
	return 0
}
