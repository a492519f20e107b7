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
	return v.Strings(inID), issues, nil
}
