package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/mockserver/scenario"
)

func scenarioCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "scenario",
		Short: "check scenario files, show those that are ready",
		Long: `wsbind scenario is about scenarios: files that say what the mock server holds,
what happens when, and what must have come of it. Each is a lesson for a client,
named after the mistake that it catches. Several are ready; one of them is a good
start for a file of your own.`,
		Example: `  wsbind scenario list
  wsbind scenario show renews-too-late > lesson.yaml
  wsbind scenario check lesson.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(scenarioCheckCommand(s), scenarioListCommand(s), scenarioShowCommand(s))
	return c
}

func scenarioCheckCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE...|-]",
		Short: "check scenario files",
		Long: `wsbind scenario check reads scenario files, YAML or JSON, or stdin. Everything
that is wrong with one is a line FILE:LINE:COLUMN: SENTENCE.`,
		Example: `  wsbind scenario check lesson.yaml
  wsbind scenario check - < lesson.json`,
		RunE: func(_ *cobra.Command, args []string) error { return s.checkScenarios(args) },
	}
}

func (s streams) checkScenarios(args []string) error {
	documents, err := s.inputs(args)
	if err != nil {
		for _, name := range args {
			if _, ready := scenario.Lookup(name); ready {
				return withHint(err, "%[1]s is ready: wsbind scenario show %[1]s prints it", name)
			}
		}
		return err
	}
	valid := true
	for _, d := range documents {
		_, err := scenario.Read(d.name, d.text)
		refused, ok := errors.AsType[*scenario.Error](err)
		if !ok {
			fmt.Fprintf(s.out, "%s: valid\n", d.name)
			continue
		}
		valid = false
		for _, p := range refused.Problems {
			fmt.Fprintf(s.out, "%s:%d:%d: %s\n", d.name, p.Line, p.Column, printable(p.Message))
		}
		fmt.Fprintf(s.out, "%s: not valid\n", d.name)
	}
	if !valid {
		return errBad
	}
	return nil
}

func scenarioListCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "list the scenarios that are ready",
		Long:    "wsbind scenario list prints the name of each scenario that is ready, and how it begins.",
		Example: "  wsbind scenario list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
			for _, r := range scenario.Ready() {
				fmt.Fprintf(table, "%s\t%s\n", r.Name, r.First())
			}
			return table.Flush()
		},
	}
}

func scenarioShowCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   "print a scenario that is ready, to start from",
		Long:    "wsbind scenario show prints a scenario that is ready, as the file that it is: what\nit is about stands at the top.",
		Example: "  wsbind scenario show renews-too-late > lesson.yaml",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("one name is due: wsbind scenario list shows which there are")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			r, ok := scenario.Lookup(args[0])
			if !ok {
				return withHint(fmt.Errorf("no scenario named %q is ready", args[0]), "wsbind scenario list shows which there are")
			}
			_, err := io.WriteString(s.out, r.Text)
			return err
		},
	}
}
