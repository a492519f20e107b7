package faults

import (
	"slices"

	"github.com/wsbind/wsbind/core/fault"
)

// Profile is a manner: which faults strike by chance, unasked.
type Profile string

// The profiles.
const (
	Polite     Profile = "polite"     // none
	Surprising Profile = "surprising" // everything legal but unusual
	Hostile    Profile = "hostile"    // the whole catalogue
)

// Profiles lists the profiles, mildest first.
func Profiles() []Profile { return []Profile{Polite, Surprising, Hostile} }

// ParseProfile reads a profile's name; "" is Polite.
func ParseProfile(name string) (Profile, error) {
	switch p := Profile(name); {
	case name == "":
		return Polite, nil
	case slices.Contains(Profiles(), p):
		return p, nil
	}
	return "", fault.At(fault.MalformedRequest, "profile", fault.Quote(name)+" is no profile: polite, surprising or hostile is due")
}

// Means says what a profile does, in a sentence.
func (p Profile) Means() string {
	switch p {
	case Surprising:
		return "what is legal but unusual happens by chance"
	case Hostile:
		return "every fault of the catalogue happens by chance"
	}
	return "nothing happens but what was asked for"
}

// legal are the faults that no specification forbids.
var legal = slices.DeleteFunc(Catalogue(), func(f Fault) bool { return f.Layer != LayerLegal })

// faults lists what strikes by chance.
func (p Profile) faults() []Fault {
	switch p {
	case Surprising:
		return legal
	case Hostile:
		return catalogue
	}
	return nil
}
