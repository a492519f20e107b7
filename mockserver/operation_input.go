package mockserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/schemas"
)

// contract is a definition as one release reads it.
type contract struct {
	release    fhir.Release
	definition *opdef.Definition
	lenient    []string // methods that are possible although the definition rules them out
}

func newContract(d schemas.Definition, release fhir.Release) (contract, error) {
	loaded := opdef.Load(d.Bytes(), opdef.Options{Strict: true, Release: release})
	if loaded.Definition == nil {
		return contract{}, &fault.Invalid{Issues: loaded.Issues}
	}
	return contract{release: release, definition: loaded.Definition}, nil
}

func levelOf(instance bool) opdef.Level {
	if instance {
		return opdef.InstanceLevel
	}
	return opdef.TypeLevel
}

// at reports whether the operation exists at a level.
func (c *contract) at(instance bool) bool { return c.definition.At(levelOf(instance)) }

// methods lists the methods at a level, in the order of an Allow header.
func (c *contract) methods(instance bool) []string {
	methods := c.definition.Methods(c.release, levelOf(instance))
	if len(c.lenient) > 0 && !slices.Contains(methods, http.MethodGet) {
		return append(slices.Clone(c.lenient), methods...)
	}
	return methods
}

// readCall reads what a call brings: the body of a POST, which is declared as
// JSON unless it is empty, or the query of a GET.
func (b *base) readCall(w http.ResponseWriter, c *call) (err error) {
	if c.query, err = c.ownQuery(); err != nil || c.Method != http.MethodPost {
		return err
	}
	if c.body, err = b.readAll(w, c.Request); err != nil || len(c.body) == 0 {
		return err
	}
	return b.checkContentType(c.Request)
}

// ownQuery returns the query without what the operation does not know, where
// the client asks for lenient handling. A POST has its parameters in the body:
// one in the query would be overlooked, and is refused.
func (c *call) ownQuery() (string, error) {
	lenient := prefer(c.Request, "handling") == "lenient"
	var kept []string
	for part := range strings.SplitSeq(c.URL.RawQuery, "&") {
		raw, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(raw)
		known := err == nil && c.operation.takes(name)
		switch {
		case part == "" || slices.Contains(httpParameters, name) || lenient && !known:
		case c.Method == http.MethodPost:
			return "", fault.New(fault.InvalidQuery, "parameter "+fault.Quote(raw)+" stands in the query of a POST: put it into a Parameters body")
		default:
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&"), nil
}

// httpParameters belong to HTTP and never to an operation.
var httpParameters = []string{"_format", "_pretty", "_summary", "_elements"}

// takes reports whether the operation has an input of that name.
func (c *contract) takes(name string) bool {
	return slices.ContainsFunc(c.definition.Parameters, func(p opdef.Parameter) bool {
		return p.Use == opdef.In && p.Name == name
	})
}

// check holds the call to the definition. The validator then has the values.
func (c *call) check() (*opdef.Validator, error) {
	v := opdef.NewValidator(c.operation.definition, c.operation.release)
	var issues []fault.Issue
	if c.Method == http.MethodPost {
		issues = v.Validate(c.body, opdef.In, levelOf(c.id != ""))
	} else {
		issues = v.ValidateQuery(c.query, levelOf(c.id != ""))
	}
	if !fault.Valid(issues) {
		return nil, &fault.Invalid{Issues: issues}
	}
	return v, nil
}

// first returns the value of a parameter that is there at most once, or "".
func first(v *opdef.Validator, name string) string {
	for _, value := range v.Strings(name) {
		return value
	}
	return ""
}
