package binding

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
)

// read checks a request and returns the ids that it names, in order.
func (o *Operation) read(r Request) (ids []string, issues []fault.Issue, err error) {
	if issues = o.contract.check(r.Body, opdef.In, r.level()); !fault.Valid(issues) {
		return nil, nil, &Invalid{issues}
	}
	if len(r.Body) == 0 {
		return nil, issues, nil
	}
	var doc jsonscan.Document
	if err := doc.Parse(r.Body, jsonscan.Limits{}); err != nil {
		return nil, nil, err
	}
	values(doc.Root(), inID, func(_ int, value jsonscan.Value) { ids = append(ids, value.Text()) })
	return ids, issues, nil
}
