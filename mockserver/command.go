package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxCommand bounds the body of a management request, in bytes.
const maxCommand = 256 << 10

// readCommand reads the body of a request, a JSON object, into a struct. An empty
// body is an empty object. Unknown members are refused: a misspelled one would be
// a command that does something else than it says.
func readCommand(r *http.Request, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCommand+1))
	if err != nil {
		return fault.New(fault.MalformedRequest, "the body broke off")
	}
	if len(body) == 0 {
		return nil
	}
	return decode(body, into)
}

// decode reads a JSON object into a struct, strictly.
func decode(text []byte, into any) error {
	var doc jsonscan.Document
	if err := doc.Parse(text, jsonscan.Limits{MaxBytes: maxCommand, MaxDepth: 16}); err != nil {
		return err
	}
	if doc.Root().Kind() != jsonscan.Object {
		return fault.New(fault.MalformedRequest, "the body is "+doc.Root().Kind().String()+", an object is due")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		return fault.At(fault.MalformedRequest, wrong.Field, "member "+wrong.Field+" is "+wrong.Value+", "+dueFor(wrong.Type)+" is due")
	}
	if _, name, unknown := strings.Cut(err.Error(), "unknown field "); unknown {
		return fault.New(fault.MalformedRequest, "there is no member "+name+" here; there is "+strings.Join(membersOf(reflect.TypeOf(into).Elem()), ", "))
	}
	return fault.New(fault.MalformedRequest, "the body cannot be read: "+err.Error())
}

// dueFor names what JSON a Go type is read from.
func dueFor(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "an object"
}

// membersOf lists the JSON members of a struct, those of embedded ones included.
func membersOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, membersOf(f.Type)...)
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}
