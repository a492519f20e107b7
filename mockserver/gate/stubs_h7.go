package gate

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// Stubs of H7's outcome.go: delete this file when it is there.

func discreet(err error) error {
	switch code := fault.CodeOf(err); code {
	case fault.UpstreamUnavailable, fault.UpstreamRefused, fault.StoreUnavailable, fault.KeysUnavailable, fault.Internal:
		return code
	}
	return err
}

func unboundFrame(code fault.Code, ids []string) []byte {
	var issues []fault.Issue
	for _, id := range ids {
		issues = append(issues, fault.Issue{Severity: fault.Err, Code: code, Diagnostics: "Subscription/" + id + " is bound no more. " + code.Meaning()})
	}
	return fhir.AppendOutcome(nil, nil, issues)
}
