package review

import (
	"cmp"
	"maps"
	"slices"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// Finding is something that a client did wrong, or that it should know. There is
// one for each code, caller and Subscription.
type Finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	// Message says what the client did the first time, Advice what to do.
	Message string `json:"message"`
	Advice  string `json:"advice"`

	FHIR         string `json:"fhir,omitempty"`
	Caller       string `json:"caller,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	Socket       uint64 `json:"socket,omitempty"` // of the first time

	Count int `json:"count"`
	// Evidence are numbers of journal entries, the first few.
	Evidence []int64 `json:"evidence,omitempty"`
}

// findings gathers findings.
type findings map[findingKey]*Finding

type findingKey struct{ code, fhir, caller, subscription string }

// add counts a finding. The members of f that the catalogue has are filled in.
func (fs findings) add(f Finding) {
	key := findingKey{f.Code, f.FHIR, f.Caller, f.Subscription}
	old, again := fs[key]
	if !again {
		if len(fs) >= maxFindings {
			return
		}
		c, _ := lookup(f.Code)
		f.Severity, f.Advice, f.Count = cmp.Or(f.Severity, c.Severity), c.Advice, 1
		fs[key] = &f
		return
	}
	old.Count++
	if worse(f.Severity, old.Severity) {
		old.Severity = f.Severity
	}
	for _, n := range f.Evidence {
		if len(old.Evidence) < maxEvidence {
			old.Evidence = append(old.Evidence, n)
		}
	}
}

// list returns copies, worst first.
func (fs findings) list() []Finding {
	list := make([]Finding, 0, len(fs))
	for _, f := range fs {
		one := *f
		one.Evidence = slices.Clone(f.Evidence)
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Finding) int {
		_, i := lookup(a.Code)
		_, j := lookup(b.Code)
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(i, j),
			slices.Compare(a.Evidence, b.Evidence), cmp.Compare(a.FHIR, b.FHIR),
			cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Subscription, b.Subscription))
	})
	return list
}

// clone copies deeply enough for add.
func (fs findings) clone() findings {
	c := maps.Clone(fs)
	for key, f := range c {
		one := *f
		one.Evidence = slices.Clone(f.Evidence)
		c[key] = &one
	}
	return c
}

// severities are the severities of findings, worst first.
var severities = []string{anError, aWarning, information}

func rank(severity string) int { return slices.Index(severities, severity) }

func worse(a, b string) bool { return a != "" && rank(a) < rank(b) }

// Worst returns the worst severity among findings, "" where there are none.
func Worst(list []Finding) string {
	worst := ""
	for _, f := range list {
		if worst == "" || worse(f.Severity, worst) {
			worst = f.Severity
		}
	}
	return worst
}

// Reaches reports whether any finding is of a severity, or worse.
func Reaches(list []Finding, severity string) bool {
	worst := Worst(list)
	return worst != "" && rank(worst) <= rank(severity)
}

// about starts a finding on an entry.
func about(code string, e *journal.Entry, caller, subscription, message string) Finding {
	return Finding{
		Code: code, Message: message, FHIR: e.FHIR, Caller: caller, Subscription: subscription,
		Socket: e.Socket, Evidence: []int64{e.N},
	}
}
