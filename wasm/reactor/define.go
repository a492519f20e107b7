package main

import (
	"slices"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/schemas"
)

// maxDefinitions bounds what define keeps.
const maxDefinitions = 256

// A contract is a definition with its validators, which are made at first use.
type contract struct {
	handle     int32
	definition *opdef.Definition
	validators [fhir.R5 + 1]*opdef.Validator // by release
}

func (c *contract) validator(r fhir.Release) *opdef.Validator {
	if c.validators[r] == nil {
		c.validators[r] = opdef.NewValidator(c.definition, r)
	}
	return c.validators[r]
}

// contract returns the definition that the options name.
func (m *instance) contract(o *validation) (*contract, error) {
	if o.handle == 0 {
		return m.useBuiltIn(o.builtIn)
	}
	if i := m.defined(o.handle); i >= 0 {
		return m.definitions[i], nil
	}
	return nil, fault.New(fault.UnknownHandle, "no definition has the handle "+number(o.handle)+" on this instance: define it, here, before it is used")
}

// defined returns the index of a handle in m.definitions, or -1.
func (m *instance) defined(handle int32) int {
	return slices.IndexFunc(m.definitions, func(c *contract) bool { return c.handle == handle })
}

// findBuiltIn returns the index of a canonical URL in schemas.Definitions.
func findBuiltIn(url string) (int, error) {
	found, ok := schemas.Lookup(url)
	if !ok {
		return 0, fault.New(fault.NotFound, "no definition with the URL "+fault.Quote(url)+" is built in: define its document")
	}
	return slices.IndexFunc(schemas.Definitions(), func(d schemas.Definition) bool { return d.File == found.File }), nil
}

// useBuiltIn returns a definition that is built in, loaded at first use.
func (m *instance) useBuiltIn(index int) (*contract, error) {
	if m.builtIn == nil {
		m.builtIn = make([]*contract, len(schemas.Definitions()))
	}
	if m.builtIn[index] == nil {
		loaded := opdef.Load(schemas.Definitions()[index].Bytes(), opdef.Options{})
		if loaded.Definition == nil {
			return nil, fault.New(fault.Internal, "a definition that is built in does not load")
		}
		m.builtIn[index] = &contract{definition: loaded.Definition}
	}
	return m.builtIn[index], nil
}

// define loads a definition and gives it a handle.
func (m *instance) define(options, document []byte) ([]byte, error) {
	var o opdef.Options
	url := ""
	err := m.readOptions(options, func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "url":
			url = r.text(v)
		case "strict":
			o.Strict = r.boolean(v)
		case "fhir":
			o.Release = r.release(v, 0)
		default:
			return false
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if url != "" {
		if len(document) > 0 {
			return nil, invalidCall("option url and a document are both given, one is due")
		}
		index, err := findBuiltIn(url)
		if err != nil {
			return nil, err
		}
		document = schemas.Definitions()[index].Bytes()
	}
	loaded := opdef.Load(document, o)
	handle := int32(0)
	if loaded.Definition != nil {
		if len(m.definitions) >= maxDefinitions {
			return nil, fault.New(fault.LimitReached, number(maxDefinitions)+" definitions are kept: forget one before another is defined")
		}
		handle = m.newHandle()
		m.definitions = append(m.definitions, &contract{handle: handle, definition: loaded.Definition})
	}
	return m.appendLoaded(handle, document, &loaded), nil
}

func (m *instance) appendLoaded(handle int32, document []byte, loaded *opdef.Loaded) []byte {
	answer := appendInt(append(m.scratch[:0], '{'), "handle", int64(handle))
	if loaded.Definition != nil {
		answer = opdef.AppendDefinition(append(answer, `,"definition":`...), loaded.Definition)
	}
	answer = fhir.AppendIssues(append(answer, `,"repairs":`...), document, loaded.Repairs)
	answer = fhir.AppendIssues(append(answer, `,"issues":`...), document, loaded.Issues)
	return append(answer, '}')
}

// forget drops a definition, if there is one.
func (m *instance) forget(handle int32) bool {
	i := m.defined(handle)
	if i < 0 {
		return false
	}
	m.definitions = slices.Delete(m.definitions, i, i+1)
	return true
}
