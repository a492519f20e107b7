package binding

import (
	"slices"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
)

// ReadRequest judges a request by a validator, a Parameters document or with query
// the query of a GET, and returns the ids that it names, in order. There are none
// unless [fault.Valid](issues). The list is overwritten by the validator's next
// document.
func ReadRequest(v *opdef.Validator, document []byte, query bool, level opdef.Level) (ids []string, issues []fault.Issue) {
	if query {
		issues = v.ValidateQuery(string(document), level)
	} else {
		issues = v.Validate(document, opdef.In, level)
	}
	if !fault.Valid(issues) {
		return nil, issues
	}
	ids = v.Strings(inID)
	if level != opdef.InstanceLevel && count(v, inID) > len(ids) {
		// It is no request without ids, which might get a token for everything.
		return nil, append(issues, fault.Issue{
			Severity: fault.Err, Code: fault.MissingValue, Expression: "Parameters.parameter.where(name='id')",
			Diagnostics: `parameter "id" has extensions in place of a value: it names no Subscription`,
		})
	}
	return ids, issues
}

// read checks a request and returns the ids that it names, in order.
func read(v *opdef.Validator, r Request) (ids []string, issues []fault.Issue, err error) {
	document := r.Body
	if r.Get {
		document = []byte(r.Query)
	}
	ids, issues = ReadRequest(v, document, r.Get, r.level())
	if issues = slices.Clone(issues); !fault.Valid(issues) {
		return nil, nil, &fault.Invalid{Issues: issues}
	}
	return ids, issues, nil
}

// count returns how many parameters of a name the document has.
func count(v *opdef.Validator, name string) (n int) {
	values(v.Document(), name, func(int, jsonscan.Value, jsonscan.Value) { n++ })
	return n
}
