package main

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/wsbind/wsbind/schemas/vectors"
)

type verdict struct {
	Valid           bool
	Handle          uint64
	Definition      json.RawMessage
	Repairs, Issues []issueOf
}

type issueOf struct {
	Severity, Code string
	Expression     []string
}

// check compares issues with those of a vector.
func check(t *testing.T, name string, got []issueOf, want []vectors.Issue) {
	t.Helper()
	same := slices.EqualFunc(got, want, func(a issueOf, b vectors.Issue) bool {
		expression := append(a.Expression, "")[0]
		return a.Severity == b.Severity && a.Code == b.Code && expression == b.Expression
	})
	if !same {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}

// judge reads an answer, in which nothing means that there is no issue.
func judge(t *testing.T, answer string) verdict {
	t.Helper()
	v := verdict{Valid: true}
	if answer != "" {
		parse(t, answer, &v)
	}
	return v
}

// TestModuleVectors runs every vector about a document, and leaves no buffer
// behind.
func TestModuleVectors(t *testing.T) {
	t.Run("definition", eachCase(vectors.Definitions, guest.definition))
	for use, load := range map[string]func() ([]vectors.Validation, error){"request": vectors.Requests, "response": vectors.Responses} {
		t.Run(use, eachCase(load, func(g guest, t *testing.T, c vectors.Validation) { g.validation(t, use, c) }))
	}
	t.Run("notification", eachCase(vectors.Notifications, func(g guest, t *testing.T, c vectors.Notification) {
		for _, read := range []bool{false, true} {
			v := judge(t, g.askWith("validate_notification", map[string]any{"fhir": c.FHIR, "read": read}, string(c.Document)))
			if v.Valid != c.Valid {
				t.Errorf("%s: valid is %v", c.Name, v.Valid)
			}
			check(t, c.Name, v.Issues, c.Issues)
			g.live(0)
		}
	}))
	t.Run("bind", eachCase(vectors.Binds, func(g guest, t *testing.T, c vectors.Bind) {
		got := g.ask("parse_bind", "", string(c.Frame))
		var answer struct{ Token string }
		if code(t, got) != c.Code || json.Unmarshal([]byte(got), &answer) != nil || answer.Token != c.Token {
			t.Errorf("%s: %s, want %q %s", c.Name, got, c.Token, c.Code)
		}
	}))
}

// eachCase is a test of all cases on each module.
func eachCase[C any](load func() ([]C, error), run func(guest, *testing.T, C)) func(*testing.T) {
	return func(t *testing.T) {
		cases, err := load()
		if err != nil {
			t.Fatal(err)
		}
		eachModule(t, func(t *testing.T, g guest) {
			for _, c := range cases {
				run(g, t, c)
				g.live(0)
			}
		})
	}
}

func (g guest) definition(t *testing.T, c vectors.Definition) {
	options := map[string]any{"strict": c.Strict}
	if c.FHIR != "" {
		options["fhir"] = c.FHIR
	}
	v := judge(t, g.askWith("define", options, string(c.Document)))
	if v.Handle != 0 != c.Loaded || v.Definition != nil != c.Loaded {
		t.Errorf("%s: loaded is %v", c.Name, v.Handle != 0)
	}
	check(t, c.Name, v.Issues, c.Issues)
	repairs := slices.EqualFunc(v.Repairs, c.Repairs, func(a issueOf, b vectors.Repair) bool {
		return a.Severity == "warning" && a.Code == b.Code && append(a.Expression, "")[0] == b.Expression
	})
	if !repairs {
		t.Errorf("%s: repairs %v, want %v", c.Name, v.Repairs, c.Repairs)
	}
	if v.Handle != 0 && g.number("forget", v.Handle) != 1 {
		t.Errorf("%s: it cannot be forgotten", c.Name)
	}
}

func (g guest) validation(t *testing.T, use string, c vectors.Validation) {
	options := map[string]any{"level": c.Level, "fhir": c.FHIR}
	var defined verdict
	if c.DefinitionDocument == nil {
		options["definition"] = c.Definition
	} else {
		defined = judge(t, g.ask("define", "", string(c.DefinitionDocument)))
		options["handle"] = defined.Handle
	}
	v := judge(t, g.askWith("validate_"+use, options, string(c.Document)))
	if v.Valid != c.Valid {
		t.Errorf("%s: valid is %v", c.Name, v.Valid)
	}
	check(t, c.Name, v.Issues, c.Issues)
	if defined.Handle != 0 {
		g.number("forget", defined.Handle)
	}
}
