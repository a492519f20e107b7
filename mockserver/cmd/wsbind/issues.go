package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// judge prints what is found in the documents named in args.
func (s streams) judge(args []string, asJSON bool, find func(text []byte) ([]fault.Issue, error)) error {
	documents, err := s.inputs(args)
	if err != nil {
		return err
	}
	v := verdicts{streams: s, json: asJSON}
	for _, d := range documents {
		issues, err := find(d.text)
		if err != nil {
			return withHint(fmt.Errorf("%s: %w", d.name, err), "")
		}
		v.add(d, issues)
	}
	return v.err()
}

// verdicts prints what was found in documents, one after the other, and
// remembers whether one was bad.
type verdicts struct {
	streams
	json bool // an OperationOutcome per document, a line each
	bad  bool
}

// add prints the issues of one document.
func (v *verdicts) add(d document, issues []fault.Issue) {
	valid := fault.Valid(issues)
	v.bad = v.bad || !valid
	if v.json {
		fmt.Fprintf(v.out, "%s\n", fhir.AppendOutcome(nil, d.text, issues))
		return
	}
	printIssues(v.streams, d, issues)
	if valid {
		fmt.Fprintf(v.out, "%s: valid\n", d.name)
		return
	}
	fmt.Fprintf(v.out, "%s: not valid\n", d.name)
}

// err is the command's error.
func (v *verdicts) err() error {
	if v.bad {
		return errBad
	}
	return nil
}

// printIssues prints a line per issue, in the form that editors jump to.
func printIssues(s streams, d document, issues []fault.Issue) error {
	var text bytes.Buffer
	for _, i := range issues {
		line, column := jsonscan.Locate(d.text, i.Offset)
		fmt.Fprintf(&text, "%s:%d:%d: %s %s: %s", d.name, line, column, i.Severity, i.Code, printable(i.Diagnostics))
		if i.Expression != "" {
			fmt.Fprintf(&text, " (%s)", printable(i.Expression))
		}
		text.WriteByte('\n')
	}
	_, err := s.out.Write(text.Bytes())
	return err
}

// printable keeps what a document holds from steering a terminal.
func printable(text string) string {
	clean := make([]rune, 0, len(text))
	for _, r := range text {
		if !strconv.IsPrint(r) {
			clean = append(clean, []rune(strconv.QuoteRune(r))[1:]...)
			clean = clean[:len(clean)-1]
			continue
		}
		clean = append(clean, r)
	}
	return string(clean)
}

// printLines prints a text of several lines, each printable.
func printLines(out io.Writer, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(out, printable(strings.TrimSuffix(line, "\n")))
	}
}
