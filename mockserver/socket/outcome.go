package socket

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/notice"
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
		issues[i] = notice.Unbindable(o.code, o.subscription, why)
	}
	return fhir.AppendOutcome(nil, nil, issues)
}
