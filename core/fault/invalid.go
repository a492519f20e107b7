package fault

import "errors"

// Invalid is the error of a document that was refused for what it says. It
// holds every issue that was found, with expression and offset in the document.
// [CodeOf] and [DetailOf] read the first error among them.
type Invalid struct{ Issues []Issue }

// Error returns the code and the diagnostics of the first error.
func (e *Invalid) Error() string { return e.first().Error() }

// Unwrap returns the first error.
func (e *Invalid) Unwrap() error { return e.first() }

func (e *Invalid) first() *Issue {
	for i := range e.Issues {
		if e.Issues[i].Severity.Invalidates() {
			return &e.Issues[i]
		}
	}
	return &Issue{Severity: Err, Code: Internal}
}

// IssueOf returns what may be told to a stranger of an error, as an issue of
// severity error without a position: its code, its detail, and the expression
// of an [Error].
func IssueOf(err error) Issue {
	i := Issue{Severity: Err, Code: CodeOf(err), Diagnostics: DetailOf(err)}
	if e, ok := errors.AsType[*Error](err); ok {
		i.Expression = e.Expression
	}
	return i
}
