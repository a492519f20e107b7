package host

import (
	"errors"
	"fmt"

	"github.com/wsbind/wsbind/core/fault"
)

// wireIssue is an issue as wasm/ABI.md writes it. Line and column are left out:
// they follow from the document and the byte.
type wireIssue struct {
	Severity    string
	Code        fault.Code
	Expression  []string
	Diagnostics string
	Position    struct{ Byte, Length int }
}

func issuesOf(wire []wireIssue) []fault.Issue {
	if len(wire) == 0 {
		return nil
	}
	issues := make([]fault.Issue, len(wire))
	for n := range wire {
		w := &wire[n]
		issues[n] = fault.Issue{
			Severity: severity(w.Severity), Code: w.Code, Diagnostics: w.Diagnostics,
			Offset: w.Position.Byte, Length: w.Position.Length,
		}
		if len(w.Expression) > 0 {
			issues[n].Expression = w.Expression[0]
		}
	}
	return issues
}

// severity reads FHIR's code. One that a later module might have is taken for
// the worst: a document must not turn valid because its verdict was not
// understood.
func severity(code string) fault.Severity {
	if s := word(code, fault.Err, fault.Warning, fault.Information); s != 0 {
		return s
	}
	return fault.Fatal
}

// verdict is the answer of a validation.
type verdict struct {
	failure
	Issues []wireIssue
}

// tooLarge makes the issue of a document that fits no buffer, as the module
// makes it of one that fits but is above its limit. It returns nil for other
// errors.
func (e *Engine) tooLarge(document []byte, err error) []fault.Issue {
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.TooLarge {
		return nil
	}
	limit := e.about.Limits.DocumentBytes
	return []fault.Issue{{
		Severity: fault.Fatal, Code: fault.TooLarge, Offset: limit,
		Diagnostics: fmt.Sprintf("the document has %d bytes, at most %d are read", len(document), limit),
	}}
}
