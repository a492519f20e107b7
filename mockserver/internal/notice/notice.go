// Package notice is how the mock server and the gate tell a client what became of its
// Subscriptions, in the same words: OperationOutcome frames that name each.
package notice

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// Unbound says which Subscriptions are bound no more (P§10).
func Unbound(code fault.Code, ids []string) []byte {
	issues := make([]fault.Issue, len(ids))
	for i, id := range ids {
		issues[i] = issue(code, id, "is bound no more. "+code.Meaning())
	}
	return fhir.AppendOutcome(nil, nil, issues)
}

// Unbindable is an issue about a Subscription of a good token that was not bound.
func Unbindable(code fault.Code, id, why string) fault.Issue {
	return issue(code, id, "could not be bound. "+why)
}

// issue names a Subscription, in words and as FHIRPath.
func issue(code fault.Code, id, what string) fault.Issue {
	return fault.Issue{
		Severity:    fault.Err,
		Code:        code,
		Expression:  "Subscription.where(id='" + id + "')",
		Diagnostics: "Subscription/" + id + " " + what,
	}
}
