// Package fault is the one vocabulary of failures of wsbind.
//
// A [Code] names what went wrong: the same word in Go, in the results of the
// WebAssembly module, in JavaScript's err.code, in an OperationOutcome, and as
// the reason of a websocket close. A code is an error, so callers branch with
//
//	errors.Is(err, fault.ExpiredToken)
//
// Two shapes carry a code. An [Error] says why one call failed: a token that
// was refused, a request that cannot be served. An [Issue] is one finding about
// a document: validators return a list of them and never stop at the first.
// [Invalid] is the error of a document that was refused, with its issues.
// [CodeOf] reads the code out of any error, and says [Internal] for those that
// have none, so that nothing unexpected is told to a stranger.
//
// What a code means elsewhere (FHIR issue type, HTTP status, close code and
// close reason) is one row of one table: see [Code.IssueType],
// [Code.HTTPStatus], [Code.CloseStatus] and [Code.CloseReason].
//
// Codes are never renamed or reused: clients are expected to switch on them.
package fault

import "errors"

// Code names a kind of failure, in kebab case. The zero value is no failure.
type Code string

// Error returns the code itself, which makes every code usable with errors.Is.
func (c Code) Error() string { return string(c) }

// Error says why a call failed.
type Error struct {
	Code Code
	// Detail is a sentence for a person: what was wrong, where, and what to do
	// next. It never holds a token or key material.
	Detail string
	// Expression is the FHIRPath of the element at fault, where there is one.
	Expression string
}

// New returns an *Error with the given code and detail. It and At are not inlined:
// they are called hundreds of times, and what refuses is in no hurry.
//
//go:noinline
func New(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// At returns an *Error about the element at expression.
//
//go:noinline
func At(code Code, expression, detail string) *Error {
	return &Error{Code: code, Detail: detail, Expression: expression}
}

// Error returns "code: detail".
func (e *Error) Error() string {
	if e.Detail == "" {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Detail
}

// Unwrap returns the code, so that errors.Is(err, fault.ExpiredToken) holds.
func (e *Error) Unwrap() error { return e.Code }

// CodeOf returns the code that err carries, "" for a nil error, and [Internal]
// for an error that carries none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if code, ok := errors.AsType[Code](err); ok {
		return code
	}
	return Internal
}

// DetailOf returns the sentence that may be shown to a stranger: the detail of
// an [Error] or an [Issue], and the table's sentence for anything else.
func DetailOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	if i, ok := errors.AsType[*Issue](err); ok && i.Diagnostics != "" {
		return i.Diagnostics
	}
	return CodeOf(err).Meaning()
}
