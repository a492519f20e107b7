package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/schemas"
)

// validateFlags are those of wsbind validate.
type validateFlags struct {
	definition, use, level, release, engine string
	json, stream                            bool
}

func validateCommand(s streams) *cobra.Command {
	var f validateFlags
	c := &cobra.Command{
		Use:   "validate [flags] [FILE...|-]",
		Short: "check requests and responses of an operation",
		Long: `wsbind validate checks documents against an OperationDefinition: by default
responses of $get-ws-binding-token at the type level, in FHIR R4. It reads the
files, or stdin. A definition is a file, or the URL of one that is built in:

` + builtIns() + `
Every issue is a line FILE:LINE:COLUMN: SEVERITY CODE: DIAGNOSTICS (EXPRESSION).
With --json each document is answered by an OperationOutcome, a line each.

` + jsonlHelp + `

  {"id":1,"definition":{…},"use":"in","level":"type","fhir":"R4","document":"…"}
  {"id":1,"valid":false,"issues":[…]}

The definition is an object, or the text of one, or the URL of one that is built
in, which may also stand in a member url. Only document must be there; absent
members mean what the flags say, and without flags what they mean by default. A
definition that does not load makes every document invalid: issues then says
what is wrong with the definition, as error does. Damage that can be repaired is
repaired.

` + engineHelp + engineLimitHelp,
		Example: `  wsbind validate response.json
  wsbind validate --use in --level instance - < request.json
  wsbind validate --definition definition.json --fhir R4B --json response.json
  echo '{"id":1,"use":"in","document":"{}"}' | wsbind validate --jsonl`,
		RunE: withEngine(&f.engine, func(e engine, args []string) error { return f.run(s, e, args) }),
	}
	c.Flags().StringVar(&f.definition, "definition", schemas.GetWSBindingToken, "file with the definition, or the URL of one that is built in")
	c.Flags().StringVar(&f.use, "use", "out", "in for requests, out for responses")
	c.Flags().StringVar(&f.level, "level", "type", "where the operation is invoked: type, instance or system")
	c.Flags().StringVar(&f.release, "fhir", "R4", "the FHIR release: R4, R4B or R5")
	c.Flags().BoolVar(&f.json, "json", false, "print an OperationOutcome per document")
	c.Flags().BoolVar(&f.stream, "jsonl", false, "answer a stream of requests, one per line")
	c.MarkFlagsMutuallyExclusive("json", "jsonl")
	engineFlag(c, &f.engine)
	return c
}

func (f *validateFlags) run(s streams, e engine, args []string) error {
	a, err := f.asked(s, e)
	if err != nil {
		return err
	}
	if f.stream {
		return s.stream(args, validateAnswerer(e, a))
	}
	validate := e.validator(a.definition, a.release)
	return s.judge(args, f.json, func(text []byte) ([]fault.Issue, error) { return validate(text, a.use, a.level) })
}

// builtIns lists the definitions that need no file.
func builtIns() string {
	var list strings.Builder
	for _, d := range schemas.Definitions() {
		fmt.Fprintf(&list, "  %s (%s)\n", d.URL, strings.Join(d.Releases, ", "))
	}
	return list.String()
}

// asked says what to hold a document against.
type asked struct {
	definition contract
	use        opdef.Use
	level      opdef.Level
	release    fhir.Release
}

func (f *validateFlags) asked(s streams, e engine) (a asked, err error) {
	if a.use, err = parseUse(f.use); err != nil {
		return a, err
	}
	if a.level, err = parseLevel(f.level); err != nil {
		return a, err
	}
	if a.release, err = parseRelease(f.release); err != nil {
		return a, err
	}
	d, err := s.definition(f.definition)
	if err != nil {
		return a, err
	}
	loaded, err := e.load(d.text, opdef.Options{})
	if err != nil {
		return a, withHint(err, "")
	}
	if loaded.Definition == nil {
		printIssues(streams{out: s.err}, d, loaded.Issues)
		return a, bad(fmt.Errorf("the definition %s does not load", d.name), "wsbind definition shows why")
	}
	a.definition = loaded
	return a, nil
}

// definition reads a definition that is built in, or a file.
func (s streams) definition(name string) (document, error) {
	if built, ok := schemas.Lookup(name); ok {
		return document{name, built.Bytes()}, nil
	}
	if strings.Contains(name, "://") {
		return document{}, withHint(fmt.Errorf("no definition with the URL %s is built in", name), "give a file with it; nothing is fetched")
	}
	return s.input(name)
}

func validateAnswerer(e engine, fallback asked) answerer {
	validators := validatorCache{engine: e, fallback: fallback.definition}
	return func(dst []byte, r *request) ([]byte, error) {
		use := choice(r, "use", fallback.use.String(), parseUse)
		level := choice(r, "level", fallback.level.String(), parseLevel)
		release := choice(r, "fhir", fallback.release.String(), parseRelease)
		definition := r.definition()
		document := r.document("document")
		if err := r.done("definition", "url", "use", "level", "fhir", "document"); err != nil {
			return dst, err
		}
		validate, err := validators.get(definition, r.raw("definition", definition), release)
		if err != nil {
			return dst, err
		}
		issues, err := validate(document, use, level)
		return appendVerdict(dst, document, issues), err
	}
}

// definition returns the member definition, an object or a string, or url,
// which says the same as a string.
func (r *request) definition() jsonscan.Value {
	definition := r.get("definition", "an object or a URL", jsonscan.Object, jsonscan.String)
	url := r.get("url", "a string", jsonscan.String)
	switch {
	case !url.Exists():
		return definition
	case definition.Exists():
		r.refuse("definition and url both stand here, one is due")
	}
	return url
}

// validatorCache keeps the validators that were used last: the lines of a
// stream tend to have the same definition.
type validatorCache struct {
	engine     engine
	fallback   contract
	validators map[string]validator // by release and definition as it was written
	size       int                  // of these texts together, in bytes
}

func (c *validatorCache) get(definition jsonscan.Value, raw []byte, release fhir.Release) (validator, error) {
	const most, mostBytes = 256, 64 << 20
	key := release.String() + string(raw)
	if v, ok := c.validators[key]; ok {
		return v, nil
	}
	d, err := c.load(definition, raw)
	if err != nil {
		return nil, err
	}
	if c.size += len(key); len(c.validators) >= most || c.size > mostBytes || c.validators == nil {
		c.validators, c.size = map[string]validator{}, len(key)
	}
	v := c.engine.validator(d, release)
	c.validators[key] = v
	return v, nil
}

func (c *validatorCache) load(definition jsonscan.Value, text []byte) (contract, error) {
	switch definition.Kind() {
	case jsonscan.Absent:
		return c.fallback, nil
	case jsonscan.String:
		text = definition.Bytes(nil)
		if built, ok := schemas.Lookup(string(text)); ok {
			text = built.Bytes()
		} else if bytes.IndexByte(text, '{') < 0 {
			return contract{}, fault.New(fault.NotFound, "no definition with this URL is built in: give the definition as an object")
		}
	}
	loaded, err := c.engine.load(text, opdef.Options{})
	if err == nil && loaded.Definition == nil {
		err = &definitionError{text, loaded.Issues}
	}
	return loaded, err
}

// definitionError says why a definition does not load.
type definitionError struct {
	text   []byte
	issues []fault.Issue
}

func (e *definitionError) Error() string {
	for i := range e.issues {
		if e.issues[i].Severity.Invalidates() {
			return "the definition does not load: " + e.issues[i].Error()
		}
	}
	return "the definition does not load"
}

func parseUse(word string) (opdef.Use, error) {
	if u, ok := opdef.ParseUse(word); ok {
		return u, nil
	}
	return 0, fmt.Errorf("%q is no use: in or out", word)
}

func parseLevel(word string) (opdef.Level, error) {
	if l, ok := opdef.ParseLevel(word); ok {
		return l, nil
	}
	return 0, fmt.Errorf("%q is no level: type, instance or system", word)
}
