package faults

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/alike"
)

// Find is [Lookup] with an error about the member fault of a Spec, which suggests
// the name that may have been meant.
func Find(name string) (Fault, error) {
	if f, known := Lookup(name); known {
		return f, nil
	}
	if name == "" {
		return Fault{}, wrong("fault", "is missing; wsbind faults lists the names")
	}
	hint := "; wsbind faults lists them"
	if like := nearest(name); like != "" {
		hint = ", " + like + " is" + hint
	}
	return Fault{}, fault.At(fault.MalformedRequest, "fault", fault.Quote(name)+" is no fault"+hint)
}

// nearest is the fault whose name is most like what was typed, "" where none is.
func nearest(name string) string {
	names := make([]string, len(catalogue))
	for i, f := range catalogue {
		names[i] = f.Name
	}
	best := alike.Nearest(name, names)
	if best == "" && len(name) > 2 {
		best = holding(strings.ToLower(name))
	}
	return best
}

// holding is the first fault whose name has a part of it typed alone: "pong",
// "bundle".
func holding(part string) string {
	for _, f := range catalogue {
		if strings.Contains(f.Name, part) {
			return f.Name
		}
	}
	return ""
}
