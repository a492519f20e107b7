package fhirhttp

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

// Contract is a definition as one release reads it.
type Contract struct {
	Release    fhir.Release
	Definition *opdef.Definition
	Lenient    []string // methods that are possible although the definition rules them out
}

// NewContract loads one of the definitions that are built in.
func NewContract(d schemas.Definition, release fhir.Release) (Contract, error) {
	loaded := opdef.Load(d.Bytes(), opdef.Options{Strict: true, Release: release})
	if loaded.Definition == nil {
		return Contract{}, &fault.Invalid{Issues: loaded.Issues}
	}
	return Contract{Release: release, Definition: loaded.Definition}, nil
}

func levelOf(instance bool) opdef.Level {
	if instance {
		return opdef.InstanceLevel
	}
	return opdef.TypeLevel
}

// At reports whether the operation exists at a level.
func (c *Contract) At(instance bool) bool { return c.Definition.At(levelOf(instance)) }

// Methods lists the methods at a level, in the order of an Allow header.
func (c *Contract) Methods(instance bool) []string {
	methods := c.Definition.Methods(c.Release, levelOf(instance))
	if len(c.Lenient) > 0 && !slices.Contains(methods, http.MethodGet) {
		return append(slices.Clone(c.Lenient), methods...)
	}
	return methods
}

// httpParameters belong to HTTP and never to an operation.
var httpParameters = []string{"_format", "_pretty", "_summary", "_elements"}

// Query returns the query of a request without what the operation does not know,
// where the client asks for lenient handling. A POST has its parameters in the body:
// one in the query would be overlooked, and is refused.
func (c *Contract) Query(r *http.Request) (string, error) {
	lenient := Prefer(r, "handling") == "lenient"
	var kept []string
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		raw, _, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(raw)
		known := err == nil && c.takes(name)
		switch {
		case part == "" || slices.Contains(httpParameters, name) || lenient && !known:
		case r.Method == http.MethodPost:
			return "", fault.New(fault.InvalidQuery, "parameter "+fault.Quote(raw)+" stands in the query of a POST: put it into a Parameters body")
		default:
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&"), nil
}

// takes reports whether the operation has an input of that name.
func (c *Contract) takes(name string) bool {
	return slices.ContainsFunc(c.Definition.Parameters, func(p opdef.Parameter) bool {
		return p.Use == opdef.In && p.Name == name
	})
}

// Call is what one invocation brings.
type Call struct {
	Post     bool
	Body     []byte // of a POST
	Query    string // of a GET
	Instance bool
}

// Read reads what an invocation brings: the body of a POST, which is declared as
// JSON unless it is empty, or the query of a GET.
func (c *Contract) Read(w http.ResponseWriter, r *http.Request, instance bool, maxBody int64) (call Call, err error) {
	call = Call{Post: r.Method == http.MethodPost, Instance: instance}
	if call.Query, err = c.Query(r); err != nil || !call.Post {
		return call, err
	}
	if call.Body, err = ReadAll(w, r, maxBody); err != nil || len(call.Body) == 0 {
		return call, err
	}
	return call, CheckContentType(r, c.Release)
}

// Check holds an invocation to the definition. The validator then has the values.
func (c *Contract) Check(call Call) (*opdef.Validator, error) {
	v := opdef.NewValidator(c.Definition, c.Release)
	var issues []fault.Issue
	if call.Post {
		issues = v.Validate(call.Body, opdef.In, levelOf(call.Instance))
	} else {
		issues = v.ValidateQuery(call.Query, levelOf(call.Instance))
	}
	if !fault.Valid(issues) {
		return nil, &fault.Invalid{Issues: issues}
	}
	return v, nil
}
