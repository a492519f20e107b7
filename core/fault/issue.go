package fault

// Severity orders issues as FHIR's IssueSeverity does.
type Severity uint8

// The severities, from worst to mildest.
const (
	Fatal Severity = iota + 1
	Err
	Warning
	Information
)

// String returns FHIR's code: fatal, error, warning or information.
func (s Severity) String() string {
	switch s {
	case Fatal:
		return "fatal"
	case Err:
		return "error"
	case Warning:
		return "warning"
	case Information:
		return "information"
	}
	return "invalid-severity"
}

// Invalidates reports whether an issue of this severity makes its document
// invalid.
func (s Severity) Invalidates() bool { return s == Fatal || s == Err }

// Issue is one finding about a document.
type Issue struct {
	Severity Severity
	Code     Code
	// Expression is the FHIRPath of the element, such as
	// Parameters.parameter[0].value, or "" when the document as a whole or no
	// element at all is meant.
	Expression string
	// Diagnostics is a sentence that names the value and the limit.
	Diagnostics string
	// Offset and Length span the offending token in bytes from the start of
	// the document. Line and column are computed when an issue is written.
	Offset, Length int
}

// Error returns "code: diagnostics": an issue can stand as the error of a call
// that stops at the first finding, such as a JSON reader.
func (i *Issue) Error() string { return string(i.Code) + ": " + i.Diagnostics }

// Unwrap returns the code.
func (i *Issue) Unwrap() error { return i.Code }

// Valid reports whether no issue in the list invalidates its document.
func Valid(issues []Issue) bool {
	for i := range issues {
		if issues[i].Severity.Invalidates() {
			return false
		}
	}
	return true
}

// DefaultMaxIssues bounds a [List] whose Max is zero.
const DefaultMaxIssues = 100

// List gathers issues up to a bound. Its zero value is ready to use, and Reset
// keeps its memory.
type List struct {
	// Max is the number of issues kept; 0 means DefaultMaxIssues.
	Max int
	// Issues holds what was found, in the order of the finding. When there
	// was more than Max, the last one has the code [TooManyIssues].
	Issues []Issue

	full bool
}

// Reset empties the list and keeps its memory and bound.
func (l *List) Reset() { l.Issues, l.full = l.Issues[:0], false }

// Full reports whether the bound is reached: a validator may stop then.
func (l *List) Full() bool { return l.full }

// Add appends an issue. One issue beyond the bound is replaced by a last one
// that says so, and whatever follows is dropped. That last one is an error when
// it hides one, so that a full list can never turn an invalid document valid.
func (l *List) Add(i Issue) {
	limit := l.Max
	if limit == 0 {
		limit = DefaultMaxIssues
	}
	if len(l.Issues) < limit {
		l.Issues = append(l.Issues, i)
		return
	}
	if !l.full {
		l.full = true
		l.Issues = append(l.Issues, Issue{
			Severity:    Information,
			Code:        TooManyIssues,
			Diagnostics: "stopped here: there are more issues than are listed; mend these and check again",
			Offset:      i.Offset,
		})
	}
	if last := &l.Issues[len(l.Issues)-1]; i.Severity < last.Severity {
		last.Severity = i.Severity
	}
}
