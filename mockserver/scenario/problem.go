package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	// Line and Column count from 1, columns in UTF-16 units, as editors do.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Path is where that is, such as timeline[2].emit.count, or "" for the file
	// as a whole.
	Path string `json:"path,omitempty"`
	// Message says what is wrong and what is possible instead.
	Message string `json:"message"`
}

// Error is why a file is refused: every problem, in the order of the file.
type Error struct {
	File     string
	Problems []Problem
}

// Error returns a line for each problem, in the form that editors jump to.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", e.File, p.Line, p.Column, p.Message)
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds what is listed of a file.
const maxProblems = 100

// problems gathers what is wrong with a text.
type problems struct {
	text []byte
	list []found
}

// found is a Problem before line and column are computed.
type found struct {
	at      int
	path    string
	message string
}

func (p *problems) add(at int, path, format string, args ...any) {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	p.list = append(p.list, found{at, path, message})
}

// err returns the problems as an error, or nil where there are none. Of several
// at one place the first that was found is told: the others follow from it.
func (p *problems) err(file string) error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.path, b.path))
	})
	p.list = slices.CompactFunc(p.list, func(a, b found) bool { return a.at == b.at && a.path == b.path })
	e := &Error{File: file}
	for i, f := range p.list {
		line, column := jsonscan.Locate(p.text, f.at)
		if i == maxProblems {
			e.Problems = append(e.Problems, Problem{line, column, "", "stopped here: there is more to mend; mend these and check again"})
			break
		}
		e.Problems = append(e.Problems, Problem{line, column, f.path, f.message})
	}
	return e
}
