package mockserver

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxCommand bounds the body of a management request, in bytes.
const maxCommand = 256 << 10

var commandLimits = jsonscan.Limits{MaxBytes: maxCommand, MaxDepth: 16}

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
	if err := doc.Parse(text, commandLimits); err != nil {
		return err
	}
	if doc.Root().Kind() != jsonscan.Object {
		return fault.New(fault.MalformedRequest, "the body is "+doc.Root().Kind().String()+", an object is due")
	}
	if err := checkMembers(doc.Root(), reflect.TypeOf(into).Elem(), ""); err != nil {
		return err
	}
	err := json.Unmarshal(text, into)
	var wrong *json.UnmarshalTypeError
	var noTime *time.ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrong):
		name := memberOf(wrong.Field)
		return fault.At(fault.MalformedRequest, name, "member "+name+" is "+wrong.Value+", "+dueFor(wrong.Type)+" is due")
	case errors.As(err, &noTime):
		return fault.New(fault.MalformedRequest, fault.Quote(strings.Trim(noTime.Value, `"`))+" is no time, one such as 2026-03-01T12:00:00Z is due")
	}
	return fault.New(fault.MalformedRequest, "the body cannot be read: "+err.Error())
}

// memberOf is a member's name without those of the Go types that are embedded on
// the way to it, which encoding/json puts there.
func memberOf(field string) string {
	parts := slices.DeleteFunc(strings.Split(field, "."), func(part string) bool { return part != "" && part[0] >= 'A' && part[0] <= 'Z' })
	return strings.Join(parts, ".")
}

// checkMembers refuses what encoding/json would let pass: unknown members and
// those in another case, nulls, and strings with nothing in them. name is that of
// the value, "" for the whole.
func checkMembers(v jsonscan.Value, t reflect.Type, name string) error {
	t = direct(t)
	switch kind := v.Kind(); {
	case kind == jsonscan.Null || kind == jsonscan.String && v.Empty():
		return fault.At(fault.MalformedRequest, name, "member "+name+" says nothing: leave it out, or give a value")
	case kind == jsonscan.Array && t.Kind() == reflect.Slice && !readsItself(t):
		i := 0
		for element := range v.Elements() {
			if err := checkMembers(element, t.Elem(), name+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
			i++
		}
	case kind == jsonscan.Object && t.Kind() == reflect.Struct && !readsItself(t):
		known := membersOf(t)
		for member, value := range v.Members() {
			i := slices.IndexFunc(known, func(m field) bool { return member.Is(m.name) })
			if i < 0 {
				return unknownMember(member.Text(), name, known)
			}
			if err := checkMembers(value, known[i].of, strings.TrimPrefix(name+"."+known[i].name, ".")); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPart is checkMembers for a part of a body that is read later.
func checkPart(text []byte, t reflect.Type, name string) error {
	var doc jsonscan.Document
	if err := doc.Parse(text, commandLimits); err != nil {
		return err
	}
	return checkMembers(doc.Root(), t, name)
}

// direct returns what a pointer points to, and every other type as it is.
func direct(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// readsItself reports whether a type is none of encoding/json's business.
func readsItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}

func unknownMember(name, within string, known []field) error {
	var names []string
	for _, m := range known {
		names = append(names, m.name)
	}
	there := "none is known"
	if names != nil {
		there = "there is " + strings.Join(names, ", ")
	}
	return fault.At(fault.MalformedRequest, within, "there is no member "+fault.Quote(name)+" here; "+there)
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

// field is a member of a JSON object and the Go type that it is read into.
type field struct {
	name string
	of   reflect.Type
}

// membersOf lists the JSON members of a struct, those of embedded ones behind its
// own, which precede.
func membersOf(t reflect.Type) []field {
	var own, embedded []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			embedded = append(embedded, membersOf(direct(f.Type))...)
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			own = append(own, field{name, f.Type})
		}
	}
	for _, e := range embedded {
		if !slices.ContainsFunc(own, func(f field) bool { return f.name == e.name }) {
			own = append(own, e)
		}
	}
	return own
}
