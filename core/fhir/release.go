// Package fhir knows the rules of FHIR's JSON and of its datatypes in the
// releases R4, R4B and R5.
//
// [CheckPrimitive] judges one primitive value. A [Checker] walks a document
// and gathers every issue it finds, with the FHIRPath of each:
//
//	var c fhir.Checker // reuse it: valid input then costs no allocation
//	c.Reset(fhir.R4, "Parameters")
//	c.EnterIndex("parameter", 0)
//	c.Type("Reference", value, sibling)
//	c.Leave()
//	issues := c.Issues.Issues
//
// [AppendIssues] and [AppendOutcome] write issues as JSON.
//
// # What is checked
//
// Primitives by the rules of their release. Two of R5's published regular
// expressions break its own prose and are not followed: that of dateTime lets a
// time without an offset through, that of decimal refuses every exponent.
// Datatypes that can be the value of a parameter, deeply: unknown elements, JSON
// types, cardinality, choices, required codes with a short closed list, the
// _name siblings of primitives. Any resource by what holds for all: its type is
// known, id, meta, implicitRules, language, text, contained and extension are
// what they must be, nothing is null or empty.
//
// # What is not checked
//
// Terminology, profiles, the targets of references, the grammar of XHTML
// beyond its first tag, and the elements that only one resource type has: they
// are read by the generic rules. Of the invariants only those are checked that
// a sentence here or at a table names.
package fhir

import "strings"

// Release is a release of FHIR. The zero Release is none.
type Release uint8

// The releases, in their order.
const (
	R4 Release = iota + 1
	R4B
	R5
)

// ParseRelease reads "R4", "R4B", "R5", a version such as "4.0.1", "4.3.0" and
// "5.0.0", or the two numbers of one as in the MIME parameter fhirVersion.
func ParseRelease(s string) (Release, bool) {
	switch s {
	case "R4":
		return R4, true
	case "R4B":
		return R4B, true
	case "R5":
		return R5, true
	}
	switch {
	case s == "4.0" || strings.HasPrefix(s, "4.0."):
		return R4, true
	case s == "4.3" || strings.HasPrefix(s, "4.3."):
		return R4B, true
	case s == "5.0" || strings.HasPrefix(s, "5.0."):
		return R5, true
	}
	return 0, false
}

// String returns "R4", "R4B" or "R5".
func (r Release) String() string {
	switch r {
	case R4:
		return "R4"
	case R4B:
		return "R4B"
	case R5:
		return "R5"
	}
	return "no release"
}

// Version returns the version that was published: "4.0.1", "4.3.0" or "5.0.0".
func (r Release) Version() string {
	switch r {
	case R4:
		return "4.0.1"
	case R4B:
		return "4.3.0"
	case R5:
		return "5.0.0"
	}
	return ""
}

// releases is a set of releases, one bit for each.
type releases uint8

const (
	inR4  releases = 1 << R4
	inR4B releases = 1 << R4B
	inR5  releases = 1 << R5

	upToR4B = inR4 | inR4B
	fromR4B = inR4B | inR5
	always  = inR4 | inR4B | inR5
)

// has reports whether r is in the set. No release at all stands for any.
func (s releases) has(r Release) bool { return r == 0 || s&(1<<r) != 0 }
