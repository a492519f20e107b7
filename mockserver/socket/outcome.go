package socket

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// outcome writes an OperationOutcome about an error.
func outcome(err error) []byte {
	return fhir.AppendOutcome(nil, nil, []fault.Issue{fault.IssueOf(err)})
}

// omittedOutcome says which Subscriptions of a good token were not bound.
func omittedOutcome(omitted []omission) []byte {
	issues := make([]fault.Issue, len(omitted))
	for i, o := range omitted {
		why := o.code.Meaning()
		if o.code == fault.UnknownSubscription {
			why = "It is deleted, off or in error." // the world says which only of one that is alone
		}
		issues[i] = about(o.code, o.subscription, "could not be bound. "+why)
	}
	return fhir.AppendOutcome(nil, nil, issues)
}

// unboundOutcome says which Subscriptions are bound no more.
func unboundOutcome(code fault.Code, ids []string) []byte {
	issues := make([]fault.Issue, len(ids))
	for i, id := range ids {
		issues[i] = about(code, id, "is bound no more. "+code.Meaning())
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
