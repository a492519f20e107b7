package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// ending is what a server has to say of its clients in the end. With --json it is
// the last line.
type ending struct {
	Findings []review.Finding `json:"findings"`
	Worst    string           `json:"worst"`
	// Tenants have the findings of those with a name.
	Tenants  map[string][]review.Finding `json:"tenants,omitempty"`
	Scenario *scenarioEnding             `json:"scenario,omitempty"`
}

type scenarioEnding struct {
	Name string `json:"name"`
	scenario.Verdict
}

// endingOf asks the server, which is closed already.
func endingOf(server *mockserver.Server, played *scenario.Scenario) ending {
	e := ending{Findings: server.Findings()}
	all := e.Findings
	for _, t := range server.Tenants() {
		if list := t.Findings(); len(list) > 0 {
			if e.Tenants == nil {
				e.Tenants = map[string][]review.Finding{}
			}
			e.Tenants[t.Name()] = list
			all = append(all[:len(all):len(all)], list...)
		}
	}
	e.Worst = review.Worst(all)
	if played != nil {
		e.Scenario = &scenarioEnding{played.Name, server.Verdict()}
	}
	return e
}

// fails reports whether the exit status is to say so.
func (e *ending) fails(failOn string) bool {
	if e.Scenario != nil && !e.Scenario.Passed {
		return true
	}
	reached := failOn != "" && review.Reaches(e.Findings, failOn)
	for _, list := range e.Tenants {
		reached = reached || failOn != "" && review.Reaches(list, failOn)
	}
	return reached
}

// print says it to a person, or to a program in one line.
func (e *ending) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(e)
	}
	e.printFindings(out, "", e.Findings)
	for _, name := range slices.Sorted(maps.Keys(e.Tenants)) {
		e.printFindings(out, "tenant "+name+": ", e.Tenants[name])
	}
	if e.Scenario == nil {
		return nil
	}
	if e.Scenario.Passed {
		_, err := fmt.Fprintf(out, "scenario %s: passed\n", e.Scenario.Name)
		return err
	}
	_, err := fmt.Fprintf(out, "scenario %s: not passed\n", e.Scenario.Name)
	for _, line := range e.Scenario.Lines {
		fmt.Fprintf(out, "  %s\n", printable(line))
	}
	return err
}

func (e *ending) printFindings(out io.Writer, whose string, list []review.Finding) {
	if len(list) == 0 {
		fmt.Fprintf(out, "\n%sno findings about clients\n", whose)
		return
	}
	fmt.Fprintf(out, "\n%sfindings about clients:\n", whose)
	for _, f := range list {
		printLines(out, mockserver.DescribeFinding(f))
	}
}
