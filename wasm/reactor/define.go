package main

import (
	"slices"
	"strconv"

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

// contract returns the definition with a handle, or else the one with a URL that
// is built in; by default that of $get-ws-binding-token.
func (m *instance) contract(handle int32, url string) (*contract, error) {
	switch i := m.defined(handle); {
	case handle == 0 && url == "":
		return m.useBuiltIn(schemas.GetWSBindingToken)
	case handle == 0:
		return m.useBuiltIn(url)
	case url != "":
		return nil, invalidCall("options handle and definition are both given, one is due")
	case i < 0:
		return nil, fault.New(fault.UnknownHandle, "no definition has the handle "+strconv.Itoa(int(handle))+" on this instance: define it, here, before it is used")
	default:
		return m.definitions[i], nil
	}
}

// defined returns the index of a handle in m.definitions, or -1.
func (m *instance) defined(handle int32) int {
	return slices.IndexFunc(m.definitions, func(c *contract) bool { return c.handle == handle })
}

// findBuiltIn returns the definition with a canonical URL.
func findBuiltIn(url string) (schemas.Definition, error) {
	found, ok := schemas.Lookup(url)
	if !ok {
		return found, fault.New(fault.NotFound, "no definition with the URL "+fault.Quote(url)+" is built in: define its document")
	}
	return found, nil
}

// useBuiltIn returns a definition that is built in, loaded at first use.
func (m *instance) useBuiltIn(url string) (*contract, error) {
	found, err := findBuiltIn(url)
	if err != nil {
		return nil, err
	}
	for _, c := range m.builtIn {
		if c.definition.URL == found.URL {
			return c, nil
		}
	}
	loaded := opdef.Load(found.Bytes(), opdef.Options{})
	if loaded.Definition == nil {
		return nil, fault.New(fault.Internal, "a definition that is built in does not load")
	}
	c := &contract{definition: loaded.Definition}
	m.builtIn = append(m.builtIn, c)
	return c, nil
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
		found, err := findBuiltIn(url)
		if err != nil {
			return nil, err
		}
		document = found.Bytes()
	}
	loaded := opdef.Load(document, o)
	handle := int32(0)
	if loaded.Definition != nil {
		if len(m.definitions) >= maxDefinitions {
			return nil, fault.New(fault.LimitReached, strconv.Itoa(maxDefinitions)+" definitions are kept: forget one before another is defined")
		}
		handle = m.newHandle()
		m.definitions = append(m.definitions, &contract{handle: handle, definition: loaded.Definition})
	}
	w := m.writer()
	w.Int("handle", int64(handle))
	if loaded.Definition != nil {
		w.Raw("definition", "")
		w.Text = opdef.AppendDefinition(w.Text, loaded.Definition)
	}
	w.Raw("repairs", "")
	w.Text = fhir.AppendIssues(w.Text, document, loaded.Repairs)
	w.Raw("issues", "")
	w.Text = fhir.AppendIssues(w.Text, document, loaded.Issues)
	return answered(&w), nil
}

// forget drops a definition, if there is one.
func (m *instance) forget(handle int32) bool {
	i := m.defined(handle)
	if i < 0 {
		return false
	}
	m.definitions = slices.Delete(m.definitions, i, i+1)
	m.requests, m.responses = remembered[validation]{}, remembered[validation]{} // which may have its validator
	return true
}
