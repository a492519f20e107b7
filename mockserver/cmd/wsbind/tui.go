package main

// How the command speaks. Results go to stdout. Everything else goes to stderr,
// a line each that starts with "wsbind: ", in lower case and without a full
// stop; a hint says what to do next. No token is ever repeated.

import (
	"errors"
	"fmt"
)

// errBad ends the command with exitBad. What is bad was said already.
var errBad = errors.New("bad")

// hinted is an error with something to do about it.
type hinted struct {
	err  error
	hint string
	exit int
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// withHint adds what to do to an error that ends the command with exitUsage.
func withHint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...), exitUsage}
}

// bad is an error that is a verdict: it ends the command with exitBad.
func bad(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...), exitBad}
}

// report prints the error of a command, if any, and returns the exit status.
func (s streams) report(path string, err error) int {
	if err == nil {
		return exitGood
	}
	if errors.Is(err, errBad) {
		return exitBad
	}
	s.say("%v", err)
	var h *hinted
	if !errors.As(err, &h) {
		s.say("hint: %s --help shows how it is called", path)
		return exitUsage
	}
	if h.hint != "" {
		s.say("hint: %s", h.hint)
	}
	return h.exit
}

// say prints one line to stderr.
func (s streams) say(format string, args ...any) {
	fmt.Fprintf(s.err, "wsbind: "+format+"\n", args...)
}
