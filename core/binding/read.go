package binding

import (
	"slices"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/opdef"
)

// read checks a request and returns the ids that it names, in order.
func (o *Operation) read(r Request) (ids []string, issues []fault.Issue, err error) {
	v := opdef.NewValidator(o.contract.definition, o.contract.release)
	if r.Get {
		issues = v.ValidateQuery(r.Query, r.level())
	} else {
		issues = v.Validate(r.Body, opdef.In, r.level())
	}
	if issues = slices.Clone(issues); !fault.Valid(issues) {
		return nil, nil, &fault.Invalid{Issues: issues}
	}
	ids = v.Strings(inID)
	if r.ID == "" && count(v, inID) > len(ids) {
		// It is no request without ids, which might get a token for everything.
		return nil, nil, fault.At(fault.MissingValue, "Parameters.parameter.where(name='id')",
			`parameter "id" has extensions in place of a value: it names no Subscription`)
	}
	return ids, issues, nil
}

// count returns how many parameters of a name the document has.
func count(v *opdef.Validator, name string) (n int) {
	for range v.All(name) {
		n++
	}
	return n
}
