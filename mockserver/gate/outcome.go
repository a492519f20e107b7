package gate

import (
	"slices"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/internal/notice"
)

// behind is what goes wrong behind the gate. Its details are the operator's to know:
// whoever else is told may be nobody's client.
var behind = []fault.Code{fault.Internal, fault.KeysUnavailable, fault.StoreUnavailable, fault.UpstreamUnavailable, fault.UpstreamRefused}

// discreet is an error as a client is told it.
func discreet(err error) error {
	if code := fault.CodeOf(err); slices.Contains(behind, code) {
		return code
	}
	return err
}

// outcomeFrame tells an error.
func outcomeFrame(err error) []byte {
	return fhir.AppendOutcome(nil, nil, []fault.Issue{fault.IssueOf(discreet(err))})
}

// omittedFrame says which Subscriptions of a good token were not bound.
func omittedFrame(omitted []Omitted) []byte {
	issues := make([]fault.Issue, len(omitted))
	for i, o := range omitted {
		code := fault.CodeOf(o.Err)
		issues[i] = notice.Unbindable(code, o.ID, code.Meaning())
	}
	return fhir.AppendOutcome(nil, nil, issues)
}

// closing returns the code that an error closes a socket with.
func closing(err error) fault.Code {
	if code := fault.CodeOf(err); code.CloseStatus() != 0 {
		return code
	}
	return fault.Internal
}
