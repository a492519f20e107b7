package binding

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/schemas"
)

// The parameters that this package fills and reads. What type they have is the
// definition's to say.
const (
	inID            = "id"
	outToken        = "token"
	outExpiration   = "expiration"
	outSubscription = "subscription"
	outURL          = "websocket-url"
)

// contract is the definition that both sides hold to.
type contract struct {
	release    fhir.Release
	definition *opdef.Definition
}

// newContract loads a definition, leniently, or the built-in one of the release
// where text is nil.
func newContract(release fhir.Release, text []byte) (contract, error) {
	if text == nil {
		d, ok := schemas.Find(release.String(), "get-ws-binding-token")
		if !ok {
			return contract{}, fault.New(fault.UnknownOperation, "there is no built-in definition for "+release.String())
		}
		text = d.Bytes()
	}
	loaded := opdef.Load(text, opdef.Options{Release: release})
	if loaded.Definition == nil {
		return contract{}, refusedDefinition(loaded.Issues)
	}
	if err := checkOutputs(loaded.Definition); err != nil {
		return contract{}, err
	}
	return contract{release, loaded.Definition}, nil
}

// checkOutputs refuses a definition whose answers cannot be written or read
// here.
func checkOutputs(d *opdef.Definition) error {
	for _, name := range []string{outToken, outExpiration, outURL} {
		if output(d, name) == nil {
			return fault.New(fault.InvalidDefinition, "the definition has no output "+name+": it is not that of $get-ws-binding-token")
		}
	}
	return nil
}

func refusedDefinition(issues []fault.Issue) error {
	for _, i := range issues {
		if i.Severity.Invalidates() {
			return fault.At(i.Code, i.Expression, i.Diagnostics)
		}
	}
	return fault.New(fault.InvalidDefinition, "")
}

// output returns an output parameter of the definition, or nil.
func output(d *opdef.Definition, name string) *opdef.Parameter {
	for i := range d.Parameters {
		if p := &d.Parameters[i]; p.Use == opdef.Out && p.Name == name {
			return p
		}
	}
	return nil
}

// values yields the parameters of a name in a Parameters document, each with
// its index among all and its value, which is absent where extensions stand in
// its place.
func values(root jsonscan.Value, name string, yield func(index int, parameter, value jsonscan.Value)) {
	i := 0
	for p := root.Get("parameter").First(); p.Exists(); p = p.Next() {
		if p.Get("name").Is(name) {
			yield(i, p.Value, valueOf(p.Value))
		}
		i++
	}
}

func valueOf(parameter jsonscan.Value) jsonscan.Value {
	for m := parameter.FirstMember(); m.Exists(); m = m.Next() {
		if strings.HasPrefix(m.Name().Text(), "value") {
			return m.Value()
		}
	}
	return jsonscan.Value{}
}
