package main

import (
	"bytes"
	"strings"
	"testing"
)

// wsbind runs a command line in this process.
func wsbind(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, streams{strings.NewReader(stdin), &out, &err})
	return out.String(), err.String(), status
}
