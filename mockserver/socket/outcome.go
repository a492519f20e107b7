package socket

import (
	"errors"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// outcome writes an OperationOutcome about an error.
func outcome(err error) []byte {
	issue := fault.Issue{Severity: fault.Err, Code: fault.CodeOf(err), Diagnostics: fault.DetailOf(err)}
	var e *fault.Error
	if errors.As(err, &e) {
		issue.Expression = e.Expression
	}
	return fhir.AppendOutcome(nil, nil, []fault.Issue{issue})
}

// leftOutcome says which Subscriptions of a good token were not bound.
func leftOutcome(out []left) []byte {
	issues := make([]fault.Issue, len(out))
	for i, l := range out {
		issues[i] = about(l.code, l.subscription, "could not be bound: "+l.code.Meaning())
	}
	return fhir.AppendOutcome(nil, nil, issues)
}

// unboundOutcome says which Subscriptions are bound no more.
func unboundOutcome(code fault.Code, ids []string) []byte {
	issues := make([]fault.Issue, len(ids))
	for i, id := range ids {
		issues[i] = about(code, id, "is bound no more: "+code.Meaning())
	}
	return fhir.AppendOutcome(nil, nil, issues)
}

// about is an issue that names a Subscription, in words and as FHIRPath.
func about(code fault.Code, subscription, what string) fault.Issue {
	return fault.Issue{
		Severity:    fault.Err,
		Code:        code,
		Expression:  "Subscription.where(id='" + subscription + "')",
		Diagnostics: "Subscription/" + subscription + " " + what,
	}
}
