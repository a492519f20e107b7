package journal

import "slices"

// Query chooses entries. Members that are zero choose all.
type Query struct {
	After        int64  // only entries with a larger number
	Limit        int    // only the latest so many
	Kind         Kind   //
	FHIR         string //
	Caller       string // the name in the journal
	Subscription string // an id
	Socket       uint64
	Type         string // of frames
	Interaction  string // of requests
	Fault        string // that was injected
	Bad          bool   // only entries whose verdict is not Good
}

func (q *Query) matches(e *Entry) bool {
	return fits(q.Kind, e.Kind) && fits(q.FHIR, e.FHIR) && fits(q.Caller, e.Caller) &&
		fits(q.Socket, e.Socket) && fits(q.Type, e.Type) && fits(q.Interaction, e.Interaction) &&
		(q.Subscription == "" || slices.Contains(e.Subscriptions, q.Subscription)) &&
		(q.Fault == "" || slices.Contains(e.Faults, q.Fault)) &&
		(!q.Bad || e.Verdict != "" && e.Verdict != Good)
}

// fits reports whether a value is the wanted one, or any will do.
func fits[T comparable](want, value T) bool {
	var zero T
	return want == zero || want == value
}
