package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxLineDepth lets a line hold documents deeper than any that is accepted, so
// that it is the document that is refused, with its issues.
const maxLineDepth = 512

// request is one line. Reading a member of the wrong type is noted, and makes
// the whole request fail.
type request struct {
	doc   jsonscan.Document
	root  jsonscan.Value
	aside map[string][]byte // members that only their own reader can judge
	err   error
}

// reply appends the answer to one line.
func (r *request) reply(dst, line []byte, tooLong bool, answer answerer) []byte {
	id, err := r.read(line, tooLong)
	dst = append(dst, `{"id":`...)
	dst = append(dst, id...)
	if err == nil {
		start := len(dst)
		if dst, err = answer(dst, r); err == nil {
			return append(dst, '}')
		}
		dst = dst[:start]
	}
	var issues *definitionError
	if errors.As(err, &issues) {
		dst = append(dst, `,"valid":false,"issues":`...)
		dst = appendIssues(dst, issues.text, issues.issues)
	}
	dst = append(dst, `,"error":`...)
	dst = jsonscan.AppendString(dst, err.Error())
	return append(dst, '}')
}

// read parses a line and returns the id to answer with.
func (r *request) read(line []byte, tooLong bool) (id []byte, err error) {
	id, r.err, r.aside, r.root = []byte("null"), nil, nil, jsonscan.Value{}
	if tooLong {
		return id, fault.New(fault.TooLarge, "the line has more than "+strconv.Itoa(maxDocument)+" bytes")
	}
	if err := r.parse(line); err != nil {
		return id, err
	}
	r.root = r.doc.Root()
	if k := r.root.Kind(); k != jsonscan.Object {
		return id, fault.New(fault.MalformedRequest, "the line is "+k.String()+", a JSON object is due")
	}
	switch v := r.root.Get("id"); v.Kind() {
	case jsonscan.String, jsonscan.Number:
		return v.Raw(), nil
	case jsonscan.Absent, jsonscan.Null:
		return id, nil
	default:
		return id, fault.New(fault.MalformedRequest, "member id is "+v.Kind().String()+", a string or a number is due")
	}
}

var lineLimits = jsonscan.Limits{MaxBytes: maxDocument, MaxDepth: maxLineDepth}

// parse reads a line strictly. What is wrong within a definition or a key set
// is no fault of the line: these are set aside then, for their own readers to
// refuse.
func (r *request) parse(line []byte) error {
	err := r.doc.Parse(line, lineLimits)
	if err == nil {
		return nil
	}
	rest, aside := setAside(line)
	if len(aside) == 0 || r.doc.Parse(rest, lineLimits) != nil {
		return err
	}
	r.aside = aside
	return nil
}

// setAside takes the objects definition and keys out of a line and leaves empty
// ones. It reads as encoding/json does, which is lenient; what it leaves is
// read strictly.
func setAside(line []byte) (rest []byte, aside map[string][]byte) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, nil
	}
	rest, aside = []byte{'{'}, map[string][]byte{}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err == nil {
			err = decoder.Decode(&value)
		}
		if err != nil {
			return nil, nil
		}
		if (name == "definition" || name == "keys") && value[0] == '{' {
			aside[name.(string)], value = value, []byte("{}")
		}
		if len(rest) > 1 {
			rest = append(rest, ',')
		}
		rest = append(jsonscan.AppendString(rest, name.(string)), ':')
		rest = append(rest, value...)
	}
	// What follows the last member is still to be read strictly.
	return append(rest, line[decoder.InputOffset():]...), aside
}

// raw returns the bytes of a member that was got.
func (r *request) raw(name string, v jsonscan.Value) []byte {
	if text, ok := r.aside[name]; ok {
		return text
	}
	return v.Raw()
}

// done returns what was wrong with the members read, or names one that the
// command does not know: a misspelt audience must not turn into one that is
// not checked.
func (r *request) done(names ...string) error {
	if r.err != nil {
		return r.err
	}
members:
	for name := range r.root.Members() {
		for _, known := range names {
			if name.Is(known) {
				continue members
			}
		}
		if !name.Is("id") {
			return fault.New(fault.MalformedRequest, "member "+string(name.Raw())+" is not known here")
		}
	}
	return nil
}

// get returns a member, absent also where it is null, and notes when it is of
// none of the kinds.
func (r *request) get(name, due string, kinds ...jsonscan.Kind) jsonscan.Value {
	v := r.root.Get(name)
	if v.Kind() == jsonscan.Null {
		return jsonscan.Value{}
	}
	for _, k := range kinds {
		if v.Kind() == k {
			return v
		}
	}
	if v.Exists() {
		r.refuse("member " + name + " is " + v.Kind().String() + ", " + due + " is due")
	}
	return jsonscan.Value{}
}

func (r *request) refuse(why string) {
	if r.err == nil {
		r.err = fault.New(fault.MalformedRequest, why)
	}
}

// text returns a member that is a string, or what stands in for it.
func (r *request) text(name, absent string) string {
	if v := r.get(name, "a string", jsonscan.String); v.Exists() {
		return v.Text()
	}
	return absent
}

// document returns the text to check, which must be there.
func (r *request) document(name string) []byte {
	v := r.get(name, "a string", jsonscan.String)
	if !v.Exists() {
		r.refuse("member " + name + " is missing, the text to check is due")
	}
	return v.Bytes(nil)
}

func (r *request) boolean(name string, absent bool) bool {
	if v := r.get(name, "true or false", jsonscan.True, jsonscan.False); v.Exists() {
		return v.Kind() == jsonscan.True
	}
	return absent
}

// choice returns a member that is one of a few words.
func choice[T any](r *request, name, absent string, parse func(string) (T, error)) T {
	value, err := parse(r.text(name, absent))
	if err != nil {
		r.refuse("member " + name + ": " + err.Error())
	}
	return value
}
