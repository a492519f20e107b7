package fault_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
)

func TestCodeIsAnError(t *testing.T) {
	err := fmt.Errorf("bind: %w", fault.New(fault.ExpiredToken, "expired at noon"))
	if !errors.Is(err, fault.ExpiredToken) || errors.Is(err, fault.RevokedToken) {
		t.Errorf("errors.Is does not compare codes of %v", err)
	}
	if got := fault.CodeOf(err); got != fault.ExpiredToken {
		t.Errorf("CodeOf = %q", got)
	}
	if got := fault.DetailOf(err); got != "expired at noon" {
		t.Errorf("DetailOf = %q", got)
	}
}

func TestUnexpectedErrorsTellNothing(t *testing.T) {
	err := errors.New("open /secret: no such file")
	if fault.CodeOf(err) != fault.Internal || fault.DetailOf(err) != "Internal error." {
		t.Errorf("an unexpected error shows as %q, %q", fault.CodeOf(err), fault.DetailOf(err))
	}
	if fault.CodeOf(nil) != "" {
		t.Error("a nil error has a code")
	}
}

func TestInvalidTellsItsFirstError(t *testing.T) {
	err := error(&fault.Invalid{Issues: []fault.Issue{
		{Severity: fault.Warning, Code: fault.MissingProfile},
		{Severity: fault.Err, Code: fault.MissingName, Diagnostics: "the parameter has no name"},
		{Severity: fault.Fatal, Code: fault.TooDeep},
	}})
	if !errors.Is(err, fault.MissingName) || fault.DetailOf(err) != "the parameter has no name" {
		t.Errorf("%v: %q", err, fault.DetailOf(err))
	}
	if none := error(&fault.Invalid{}); fault.CodeOf(none) != fault.Internal {
		t.Errorf("a refusal without an error is %v", none)
	}
}

func TestIssueOf(t *testing.T) {
	err := fmt.Errorf("request: %w", fault.At(fault.MissingName, "Parameters.parameter[0].name", "the parameter has no name"))
	want := fault.Issue{Severity: fault.Err, Code: fault.MissingName,
		Expression: "Parameters.parameter[0].name", Diagnostics: "the parameter has no name"}
	if got := fault.IssueOf(err); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	want = fault.Issue{Severity: fault.Err, Code: fault.Internal, Diagnostics: "Internal error."}
	if got := fault.IssueOf(errors.New("open /secret")); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestQuoteIsShortAndPrintable(t *testing.T) {
	for value, want := range map[string]string{
		"":                             `""`,
		"a\"b\n\x1b\xff":               `"a\"b\n\x1b\xff"`,
		strings.Repeat("a", 100):       `"` + strings.Repeat("a", 100) + `"`,
		strings.Repeat("a", 101):       `"` + strings.Repeat("a", 100) + `"…`,
		strings.Repeat("a", 98) + "€€": `"` + strings.Repeat("a", 98) + `"…`,
	} {
		if got := fault.Quote(value); got != want {
			t.Errorf("%q is quoted as %s, want %s", value, got, want)
		}
	}
}

// TestTable holds the table to what FHIR, HTTP and RFC 6455 allow.
func TestTable(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[fault.Code]bool{}
	for _, c := range fault.Codes() {
		if seen[c] {
			t.Errorf("%s stands twice in the table", c)
		}
		seen[c] = true
		if !kebab.MatchString(string(c)) {
			t.Errorf("%s is not kebab case", c)
		}
		if !issueTypes[c.IssueType()] {
			t.Errorf("%s: FHIR has no issue type %q", c, c.IssueType())
		}
		if s := c.HTTPStatus(); s < 400 || s > 599 {
			t.Errorf("%s: HTTP status %d", c, s)
		}
		if (c.CloseStatus() == 0) != (c.CloseReason() == "") {
			t.Errorf("%s: close %d %q", c, c.CloseStatus(), c.CloseReason())
		}
		if len(c.CloseReason()) > 123 {
			t.Errorf("%s: RFC 6455 allows 123 bytes of reason", c)
		}
		if c.Meaning() == "" {
			t.Errorf("%s has no sentence", c)
		}
	}
	if fault.Code("nonsense").Known() || !fault.ExpiredToken.Known() {
		t.Error("Known does not tell codes apart")
	}
}

// TestRefusedBinds pins the published list of P§10.
func TestRefusedBinds(t *testing.T) {
	for _, c := range []fault.Code{
		fault.InvalidToken, fault.ExpiredToken, fault.RevokedToken, fault.AlreadyUsed,
		fault.UnknownSubscription, fault.ExpectedBind, fault.BindTimeout,
	} {
		if c.CloseStatus() != 1008 || c.CloseReason() != string(c) {
			t.Errorf("%s closes with %d %q", c, c.CloseStatus(), c.CloseReason())
		}
	}
}

func TestListStopsAndSaysSo(t *testing.T) {
	l := fault.List{Max: 2}
	for range 3 {
		l.Add(fault.Issue{Severity: fault.Warning, Code: fault.MissingProfile})
	}
	if len(l.Issues) != 3 || l.Issues[2].Code != fault.TooManyIssues || !l.Full() {
		t.Fatalf("list = %+v", l.Issues)
	}
	if !fault.Valid(l.Issues) {
		t.Error("warnings alone make the document invalid")
	}
	l.Add(fault.Issue{Severity: fault.Err, Code: fault.InvalidPrimitive})
	if len(l.Issues) != 3 || fault.Valid(l.Issues) {
		t.Error("a dropped error leaves the document valid")
	}
	l.Reset()
	if l.Full() || len(l.Issues) != 0 {
		t.Error("Reset leaves the list full")
	}
}

// issueTypes is FHIR's IssueType, the codes common to R4, R4B and R5.
var issueTypes = map[string]bool{
	"invalid": true, "structure": true, "required": true, "value": true, "invariant": true,
	"security": true, "login": true, "unknown": true, "expired": true, "forbidden": true, "suppressed": true,
	"processing": true, "not-supported": true, "duplicate": true, "multiple-matches": true, "not-found": true,
	"deleted": true, "too-long": true, "code-invalid": true, "extension": true, "too-costly": true,
	"business-rule": true, "conflict": true, "transient": true, "lock-error": true, "no-store": true,
	"exception": true, "timeout": true, "incomplete": true, "throttled": true, "informational": true,
}
