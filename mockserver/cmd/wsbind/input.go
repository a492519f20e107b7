package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxDocument bounds what is read of one file, and of one line of a stream.
const maxDocument = 128 << 20

// documentLimits lets the command check what core's own limit of 16 MiB keeps
// from servers: the answer of $events to a client that was away for long.
var documentLimits = jsonscan.Limits{MaxBytes: maxDocument}

// stdinName is how stdin is called in a list of files, and standardInput in
// messages.
const (
	stdinName     = "-"
	standardInput = "<stdin>"
)

// document is a file that was read.
type document struct {
	name string
	text []byte
}

// inputs reads the files named in args, stdin for "-" or where args is empty.
func (s streams) inputs(args []string) ([]document, error) {
	if len(args) == 0 {
		args = []string{stdinName}
	}
	documents := make([]document, len(args))
	for i, name := range args {
		d, err := s.input(name)
		if err != nil {
			return nil, err
		}
		documents[i] = d
	}
	return documents, nil
}

func (s streams) input(name string) (document, error) {
	r, err := s.open(name)
	if err != nil {
		return document{}, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return document{}, withHint(err, "")
	}
	if len(text) > maxDocument {
		return document{}, withHint(errors.New(name+" has more than "+strconv.Itoa(maxDocument)+" bytes"), "at most %d MiB are read of a file", maxDocument>>20)
	}
	if name == stdinName {
		name = standardInput
	}
	return document{name, text}, nil
}

// open opens a file, or stdin for "-".
func (s streams) open(name string) (io.ReadCloser, error) {
	if name == stdinName {
		return io.NopCloser(s.in), nil
	}
	f, err := os.Open(name)
	switch {
	case err != nil && isContent(name):
		return nil, withHint(errors.New("the argument is not the name of a file but what should be in it"), "give - and pipe it to stdin")
	case errors.Is(err, fs.ErrNotExist):
		return nil, withHint(fmt.Errorf("there is no file %s", strconv.Quote(name)), "give - to read stdin")
	case err != nil:
		return nil, withHint(err, "")
	}
	return f, nil
}

// isContent recognises JSON and tokens, whose header starts with eyJ: those who
// mean them for a name must not find a key or a token in a message.
func isContent(name string) bool {
	return strings.HasPrefix(strings.TrimSpace(name), "{") || strings.Contains(name, "eyJ")
}
