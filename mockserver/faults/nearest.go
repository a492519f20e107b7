package faults

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
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
	const longest = 64 // of what may be a name
	name = strings.ToLower(name)
	if len(name) > longest {
		return ""
	}
	best, least := "", max(1, len(name)/3)+1
	for _, f := range catalogue {
		if d := distance(name, f.Name); d < least {
			best, least = f.Name, d
		}
	}
	if best == "" && len(name) > 2 {
		best = holding(name)
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

// distance counts the bytes to insert, delete or replace between two words
// (Levenshtein), and two neighbours that were swapped as one.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	above, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], above[j-1]+1)
			}
		}
		above, last, row = last, row, above
	}
	return last[len(b)]
}
