package opdef_test

import (
	"slices"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/schemas/vectors"
)

func vectorIssues(issues []fault.Issue) []vectors.Issue {
	var out []vectors.Issue
	for _, i := range issues {
		out = append(out, vectors.Issue{Severity: i.Severity.String(), Code: string(i.Code), Expression: i.Expression})
	}
	return out
}

func TestDefinitionVectors(t *testing.T) {
	cases, err := vectors.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			release, _ := fhir.ParseRelease(c.FHIR)
			loaded := opdef.Load(c.Document, opdef.Options{Strict: c.Strict, Release: release})
			if (loaded.Definition != nil) != c.Loaded {
				t.Errorf("loaded: %v, want %v", loaded.Definition != nil, c.Loaded)
			}
			var repairs []vectors.Repair
			for _, r := range loaded.Repairs {
				repairs = append(repairs, vectors.Repair{Code: string(r.Code), Expression: r.Expression})
			}
			if !slices.Equal(repairs, c.Repairs) {
				t.Errorf("repairs:\n got %v\nwant %v", repairs, c.Repairs)
			}
			if got := vectorIssues(loaded.Issues); !slices.Equal(got, c.Issues) {
				t.Errorf("issues:\n got %v\nwant %v", got, c.Issues)
			}
		})
	}
}

func TestRequestVectors(t *testing.T) {
	cases, err := vectors.Requests()
	if err != nil {
		t.Fatal(err)
	}
	runValidations(t, cases)
}

func TestResponseVectors(t *testing.T) {
	cases, err := vectors.Responses()
	if err != nil {
		t.Fatal(err)
	}
	runValidations(t, cases)
}

func runValidations(t *testing.T, cases []vectors.Validation) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			text := c.DefinitionDocument
			if text == nil {
				builtIn, ok := schemas.Lookup(c.Definition)
				if !ok {
					t.Fatalf("no built-in definition %s", c.Definition)
				}
				text = builtIn.Bytes()
			}
			loaded := opdef.Load(text, opdef.Options{})
			if loaded.Definition == nil {
				t.Fatalf("definition refused: %v", loaded.Issues)
			}
			release, _ := fhir.ParseRelease(c.FHIR)
			use, _ := opdef.ParseUse(c.Use)
			level, _ := opdef.ParseLevel(c.Level)
			v := opdef.NewValidator(loaded.Definition, release)
			v.Brief = true
			if valid := fault.Valid(v.Validate(c.Document, use, level)); valid != c.Valid {
				t.Errorf("in brief, valid: %v, want %v", valid, c.Valid)
			}
			v.Brief = false
			issues := v.Validate(c.Document, use, level)
			if fault.Valid(issues) != c.Valid {
				t.Errorf("valid: %v, want %v", fault.Valid(issues), c.Valid)
			}
			if got := vectorIssues(issues); !slices.Equal(got, c.Issues) {
				t.Errorf("issues:\n got %v\nwant %v", got, c.Issues)
			}
		})
	}
}
