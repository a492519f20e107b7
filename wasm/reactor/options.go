package main

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
)

// remembered are the options of the last calls of an operation, which are
// mostly those of the next one.
type remembered[T any] struct {
	last [8]struct {
		text  []byte
		value *T
	}
	next int // to be forgotten
}

// recall returns what the options mean, as read says if it has not said so
// before. What cannot be read, or is longer than usual, is not kept.
func (r *remembered[T]) recall(text []byte, read func(text []byte) (T, error)) (*T, error) {
	for i := range r.last {
		if l := &r.last[i]; l.value != nil && bytes.Equal(l.text, text) {
			return l.value, nil
		}
	}
	const most = 4 << 10 // bytes
	value, err := read(text)
	if err != nil {
		return nil, err
	}
	if len(text) > most {
		return &value, nil
	}
	l := &r.last[r.next]
	r.next = (r.next + 1) % len(r.last)
	l.text, l.value = append(l.text[:0], text...), &value
	return l.value, nil
}

// An optionReader reads the members of an options object and keeps the first
// that cannot be used.
type optionReader struct {
	noun string // what members are called
	name string
	err  error
}

// readOptions hands each option to set, which reports whether it knows the
// name. An option that is null is known and absent.
func (m *instance) readOptions(text []byte, set func(r *optionReader, name string, v jsonscan.Value) bool) error {
	if len(text) == 0 {
		return nil
	}
	if err := m.options.Parse(text, jsonscan.Limits{}); err != nil {
		return invalidCall("the options are not JSON: " + fault.DetailOf(err))
	}
	return readMembers("option", m.options.Root(), set)
}

// readMembers is readOptions for an object that was parsed.
func readMembers(noun string, root jsonscan.Value, set func(r *optionReader, name string, v jsonscan.Value) bool) error {
	if root.Kind() != jsonscan.Object {
		return invalidCall("the " + noun + "s are " + root.Kind().String() + ", an object is due")
	}
	r := optionReader{noun: noun}
	for member := root.FirstMember(); member.Exists(); member = member.Next() {
		value := member.Value()
		r.name = member.Name().Text()
		if value.Kind() == jsonscan.Null {
			value = jsonscan.Value{}
		}
		if !set(&r, r.name, value) {
			return invalidCall(noun + " " + fault.Quote(r.name) + " is not known here")
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// noOptions refuses every option.
func (m *instance) noOptions(text []byte) error {
	return m.readOptions(text, func(*optionReader, string, jsonscan.Value) bool { return false })
}

// of reports whether the option is present, and notes if it is of none of the
// kinds.
func (r *optionReader) of(v jsonscan.Value, due string, kinds ...jsonscan.Kind) bool {
	if !v.Exists() {
		return false
	}
	for _, k := range kinds {
		if v.Kind() == k {
			return true
		}
	}
	r.refuse("is " + v.Kind().String() + ", " + due + " is due")
	return false
}

//go:noinline
func (r *optionReader) refuse(what string) {
	if r.err == nil {
		r.err = invalidCall(r.noun + " " + r.name + " " + what)
	}
}

// text returns a string, "" where it is absent.
func (r *optionReader) text(v jsonscan.Value) string {
	r.of(v, "a string", jsonscan.String)
	return v.Text()
}

func (r *optionReader) texts(v jsonscan.Value) (texts []string) {
	if !r.of(v, "an array of strings", jsonscan.Array) {
		return nil
	}
	for e := v.First(); e.Exists(); e = e.Next() {
		if e.Kind() != jsonscan.String {
			r.refuse("holds " + e.Kind().String() + ", strings are due")
		}
		texts = append(texts, e.Text())
	}
	return texts
}

func (r *optionReader) boolean(v jsonscan.Value) bool {
	return r.of(v, "true or false", jsonscan.True, jsonscan.False) && v.Kind() == jsonscan.True
}

// integer returns a number within bounds, or absent.
func (r *optionReader) integer(v jsonscan.Value, low, high, absent int) int {
	if !r.of(v, "a whole number", jsonscan.Number) {
		return absent
	}
	n, err := strconv.Atoi(string(v.Raw()))
	if err != nil || n < low || n > high {
		r.refuse("is " + fault.Quote(string(v.Raw())) + ", a whole number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high) + " is due")
	}
	return n
}

// release returns a release of FHIR, or absent.
func (r *optionReader) release(v jsonscan.Value, absent fhir.Release) fhir.Release {
	name := r.text(v)
	for _, release := range releases {
		if name == release.String() {
			return release
		}
	}
	if v.Exists() {
		r.refuseWord(name, releaseNames())
	}
	return absent
}

func (r *optionReader) level(v jsonscan.Value) opdef.Level {
	name := r.text(v)
	if level, ok := opdef.ParseLevel(name); ok {
		return level
	}
	if v.Exists() {
		r.refuseWord(name, []string{"type", "instance", "system"})
	}
	return opdef.TypeLevel
}

// content returns a content level, empty where it is absent.
func (r *optionReader) content(v jsonscan.Value) notification.Content {
	for c := notification.Empty; c <= notification.FullResource; c++ {
		if v.Is(c.String()) {
			return c
		}
	}
	if r.of(v, "a string", jsonscan.String) {
		r.refuseWord(v.Text(), []string{"empty", "id-only", "full-resource"})
	}
	return notification.Empty
}

// count returns a number of events, which has at most the 53 bits that
// JavaScript counts with.
func (r *optionReader) count(v jsonscan.Value) int64 {
	return int64(r.integer(v, 0, 1<<53-1, 0))
}

func (r *optionReader) refuseWord(word string, words []string) {
	r.refuse("is " + fault.Quote(word) + ", one of " + strings.Join(words, ", ") + " is due")
}

var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

func releaseNames() (names []string) {
	for _, r := range releases {
		names = append(names, r.String())
	}
	return names
}
