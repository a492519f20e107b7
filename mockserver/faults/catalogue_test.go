package faults

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// sentence is how Does and Tests are written: they stand behind a name, or in a
// table.
var sentence = regexp.MustCompile(`^[a-z$][^|\n]*[^.,; |\n]$`)

func TestCatalogueReadsWell(t *testing.T) {
	for _, f := range catalogue {
		if !kebab.MatchString(f.Name) {
			t.Errorf("%s is not in kebab case", f.Name)
		}
		if !sentence.MatchString(f.Does) || !sentence.MatchString(f.Tests) {
			t.Errorf("%s: %q, %q", f.Name, f.Does, f.Tests)
		}
		if f.Point == "" || f.rate <= 0 || f.rate > 0.1 {
			t.Errorf("%s strikes at %q with %v", f.Name, f.Point, f.rate)
		}
		if found, ok := Lookup(f.Name); !ok || found.Does != f.Does {
			t.Errorf("%s is there twice", f.Name)
		}
	}
}

func TestCatalogueIsByLayer(t *testing.T) {
	at := 0
	for _, f := range catalogue {
		if n := slices.Index(Layers(), f.Layer); n < at {
			t.Errorf("%s stands behind its layer, %q", f.Name, f.Layer)
		} else {
			at = n
		}
	}
	for _, l := range Layers() {
		if l.Means() == "" {
			t.Errorf("the layer %s means nothing", l)
		}
	}
}

func TestOptionsHaveDefaults(t *testing.T) {
	for _, f := range catalogue {
		for o, value := range map[Option]int{OptionCode: f.code, OptionDelay: f.delay, OptionCount: f.count} {
			if slices.Contains(f.Options, o) != (value > 0) {
				t.Errorf("%s: option %s with the default %d", f.Name, o, value)
			}
		}
		if slices.Contains(f.Options, OptionOn) && f.Point != Operation {
			t.Errorf("%s strikes no operation", f.Name)
		}
		if slices.Contains(f.Options, OptionParameter) != (f.Parameters() != nil) {
			t.Errorf("%s breaks the parameters %v", f.Name, f.Parameters())
		}
		// Given as they are, the defaults are allowed.
		s := Spec{Fault: f.Name, Code: f.code, Seconds: float64(f.delay), Count: f.count}
		if _, _, err := s.complete(); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// Every name has a constant, so that tests in Go need not spell it.
func TestNamesAreConstants(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "catalogue.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants, names []string
	ast.Inspect(file, func(n ast.Node) bool {
		decl, ok := n.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			return !ok
		}
		for _, s := range decl.Specs {
			literal := s.(*ast.ValueSpec).Values[0].(*ast.BasicLit)
			if text, err := strconv.Unquote(literal.Value); err == nil && literal.Kind == token.STRING {
				constants = append(constants, text)
			}
		}
		return false
	})
	for _, f := range Catalogue() {
		names = append(names, f.Name)
	}
	slices.Sort(constants)
	slices.Sort(names)
	if !slices.Equal(constants, names) {
		t.Errorf("the constants are %v\nthe names %v", constants, names)
	}
}

func TestCatalogueIsACopy(t *testing.T) {
	Catalogue()[0].Name = "changed"
	if catalogue[0].Name == "changed" {
		t.Error("the catalogue can be changed from outside")
	}
}

func TestFaultAsJSON(t *testing.T) {
	for name, want := range map[string]string{
		CloseAfterHand: `{"fault":"close-after-handshake","layer":"socket","point":"handshake",` +
			`"does":"closes the socket with a code after the handshake","tests":"a client connects again after a pause that grows, and catches up",` +
			`"options":["code"],"rate":0.01,"defaults":{"code":"1001"}}`,
		Gap: `{"fault":"gap","layer":"notification","point":"event","does":"loses an event-notification; $events has it",` +
			`"tests":"a client notices the gap in the event numbers, and fills it by $events","rate":0.03}`,
	} {
		f, _ := Lookup(name)
		if text, err := json.Marshal(f); string(text) != want || err != nil {
			t.Errorf("%s is %s, %v", name, text, err)
		}
	}
}
