package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/opdef"
)

// Definition is an OperationDefinition that the module has accepted. It belongs
// to no instance and may be used by several goroutines, with engines other than
// the one that loaded it too.
type Definition struct {
	opdef.Definition
	text    []byte
	options []byte // of define
	key     definitionKey
}

// definitionKey stands for a text and the options it is loaded with.
type definitionKey [sha256.Size]byte

func newDefinition(text, options []byte) *Definition {
	d := &Definition{text: text, options: options}
	sum := sha256.New()
	sum.Write(options) // a JSON object: where it ends is plain
	sum.Write(text)
	sum.Sum(d.key[:0])
	return d
}

// Loaded is what came of loading, as in core/opdef.
type Loaded struct {
	// Definition is nil when the definition was refused.
	Definition *Definition
	// Repairs lists what lenient loading mended, and Issues what stands
	// against the definition.
	Repairs, Issues []fault.Issue
}

// Load reads an OperationDefinition as opdef.Load does. A definition that is
// refused is no error. Limits cannot be chosen: [fault.InvalidOption].
func (e *Engine) Load(ctx context.Context, text []byte, o opdef.Options) (Loaded, error) {
	if o.Limits != (opdef.Options{}).Limits {
		return Loaded{}, fault.New(fault.InvalidOption, "option Limits cannot be chosen here: the module has its own")
	}
	options := defineOptions{Strict: o.Strict}
	if o.Release != 0 {
		options.Release = o.Release.String()
	}
	return e.load(ctx, bytes.Clone(text), options)
}

// BuiltIn loads a definition that is part of the module, by its canonical URL,
// to which |version may be added. The error of one that is not has the code
// [fault.NotFound].
func (e *Engine) BuiltIn(ctx context.Context, url string) (*Definition, error) {
	if url == "" {
		return nil, fault.New(fault.NotFound, "no URL of a definition is given")
	}
	loaded, err := e.load(ctx, nil, defineOptions{URL: url})
	if err == nil && loaded.Definition == nil {
		err = incompatible("it refuses a definition that is built in")
	}
	return loaded.Definition, err
}

type defineOptions struct {
	URL     string `json:"url,omitempty"`
	Strict  bool   `json:"strict,omitempty"`
	Release string `json:"fhir,omitempty"`
}

func (e *Engine) load(ctx context.Context, text []byte, o defineOptions) (loaded Loaded, err error) {
	d := newDefinition(text, marshal(o))
	err = e.with(ctx, func(i *instance) error {
		answer, err := i.define(ctx, d)
		loaded.Repairs, loaded.Issues = issuesOf(answer.Repairs), issuesOf(answer.Issues)
		if err == nil && answer.Definition != nil {
			d.Definition = answer.Definition.definition()
			loaded.Definition = d
		}
		return err
	})
	if issues := e.tooLarge(text, err); issues != nil {
		return Loaded{Issues: issues}, nil
	}
	return loaded, err
}

// definedAnswer is the answer of define.
type definedAnswer struct {
	failure
	Handle          uint32
	Definition      *wireDefinition
	Repairs, Issues []wireIssue
}

// define loads a definition on the instance and keeps its handle.
func (i *instance) define(ctx context.Context, d *Definition) (answer definedAnswer, err error) {
	h := &i.handles
	if _, again := h.byKey[d.key]; again {
		err = i.forget(ctx, d.key)
	}
	for err == nil && h.full(len(d.text)) {
		err = i.forget(ctx, h.order[0])
	}
	if err != nil {
		return answer, err
	}
	err = i.call(ctx, "define", d.options, d.text, &answer)
	if err == nil && (answer.Handle != 0) != (answer.Definition != nil) {
		err = i.broke("it gives a definition without a handle, or a handle without one")
	}
	if err == nil && answer.Handle != 0 {
		h.add(d, answer.Handle)
	}
	return answer, err
}

// handle returns the handle of a definition on the instance, where it may have
// to be defined first: the instance may be new.
func (i *instance) handle(ctx context.Context, d *Definition) (uint32, error) {
	if kept, ok := i.handles.byKey[d.key]; ok {
		return kept.handle, nil
	}
	answer, err := i.define(ctx, d)
	if err == nil && answer.Handle == 0 {
		err = i.broke("it refuses a definition that it accepted before")
	}
	return answer.Handle, err
}

// What is kept of definitions on an instance: how many, of the 256 that the
// module keeps, and the bytes of their texts together.
const (
	maxHandles     = 200
	maxHandleBytes = 16 << 20
)

// handles are the definitions of an instance, those defined first in front.
type handles struct {
	byKey map[definitionKey]handle
	order []definitionKey
	bytes int // of the texts
}

// handle is what the module knows a definition by.
type handle struct {
	handle uint32
	bytes  int // of the text
}

// full reports whether one has to go before another, of so many bytes, comes.
func (h *handles) full(bytes int) bool {
	return len(h.order) == maxHandles || len(h.order) > 0 && h.bytes+bytes > maxHandleBytes
}

func (h *handles) add(d *Definition, number uint32) {
	if h.byKey == nil {
		h.byKey = map[definitionKey]handle{}
	}
	h.byKey[d.key] = handle{number, len(d.text)}
	h.order = append(h.order, d.key)
	h.bytes += len(d.text)
}

// forget drops a definition from the instance.
func (i *instance) forget(ctx context.Context, key definitionKey) error {
	h := &i.handles
	kept := h.byKey[key]
	err := i.bounded(ctx, func(ctx context.Context) error {
		_, err := i.invoke(ctx, "forget", uint64(kept.handle))
		return err
	})
	delete(h.byKey, key)
	h.order = slices.DeleteFunc(h.order, func(k definitionKey) bool { return k == key })
	h.bytes -= kept.bytes
	return err
}

// wireDefinition is a definition as wasm/ABI.md writes it.
type wireDefinition struct {
	URL, Version, Code, Name, Title, Kind string
	System, Type, Instance                bool
	AffectsState                          *bool
	Resources                             []string
	Parameters                            []wireParameter
}

type wireParameter struct {
	Name, Use    string
	Min          int
	Max, Type    string
	AllowedTypes []string
	SearchType   string
	Scope        []string
	Doc          string
	Part         []wireParameter
}

func (w *wireDefinition) definition() opdef.Definition {
	d := opdef.Definition{
		URL: w.URL, Version: w.Version, Code: w.Code, Name: w.Name, Title: w.Title, Kind: w.Kind,
		System: w.System, Type: w.Type, Instance: w.Instance,
		Resources: orNil(w.Resources), Parameters: parametersOf(w.Parameters),
	}
	if w.AffectsState != nil {
		d.AffectsState = opdef.False
		if *w.AffectsState {
			d.AffectsState = opdef.True
		}
	}
	return d
}

func parametersOf(wire []wireParameter) []opdef.Parameter {
	if len(wire) == 0 {
		return nil
	}
	parameters := make([]opdef.Parameter, len(wire))
	for n := range wire {
		w := &wire[n]
		p := opdef.Parameter{
			Name: w.Name, Min: w.Min, Max: opdef.Unbounded, Type: w.Type,
			AllowedTypes: orNil(w.AllowedTypes), SearchType: w.SearchType, Doc: w.Doc, Parts: parametersOf(w.Part),
		}
		p.Use = word(w.Use, opdef.In, opdef.Out)
		if most, err := strconv.Atoi(w.Max); err == nil {
			p.Max = most
		}
		for _, level := range w.Scope {
			p.Scope |= word(level, opdef.TypeLevel, opdef.InstanceLevel, opdef.SystemLevel)
		}
		parameters[n] = p
	}
	return parameters
}

// word returns the value that is written so, or zero.
func word[T fmt.Stringer](text string, values ...T) (zero T) {
	for _, v := range values {
		if v.String() == text {
			return v
		}
	}
	return zero
}

// orNil makes an absent list of an empty one, as core has them.
func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// marshal writes options, which are of types that can be written.
func marshal(options any) []byte {
	text, err := json.Marshal(options)
	if err != nil {
		panic(err)
	}
	return text
}

// releaseOption checks a release for an option: the zero one, which core takes
// for all at once, is none here.
func releaseOption(r fhir.Release) (string, error) {
	if r < fhir.R4 || r > fhir.R5 {
		return "", fault.New(fault.InvalidOption, "no release of FHIR is given: R4, R4B or R5 is due")
	}
	return r.String(), nil
}
