package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/opdef"
)

func definitionCommand(s streams) *cobra.Command {
	var release, engineName string
	var strict, asJSON, asStream bool
	c := &cobra.Command{
		Use:   "definition [flags] [FILE|URL|-]",
		Short: "show what an OperationDefinition demands",
		Long: `wsbind definition reads an OperationDefinition from a file, from stdin, or from
what is built in, and prints its contract: levels, HTTP methods, and parameters.
Damage that has one remedy only is repaired, and each repair is printed. With
--strict nothing is repaired and the definition is refused for the same reasons.

Built in are:

` + builtIns() + `
With --json the contract, the repairs and the issues are an object in one line.

` + jsonlHelp + `

  {"id":1,"definition":"text of the definition","strict":false,"fhir":"R4"}
  {"id":1,"loaded":true,"repairs":[…],"issues":[…]}

Only definition must be there. An absent strict means what the flag says. An
absent fhir, or flag, means that a type is known if any release knows it.

` + engineHelp,
		Example: `  wsbind definition definition.json
  wsbind definition --strict --fhir R4 - < definition.json
  wsbind definition http://hl7.org/fhir/OperationDefinition/Subscription-events`,
		Args: cobra.ArbitraryArgs,
		RunE: withEngine(&engineName, func(e engine, args []string) error {
			r, err := parseAnyRelease(release)
			if err != nil {
				return err
			}
			options := opdef.Options{Strict: strict, Release: r}
			if asStream {
				return s.stream(args, definitionAnswerer(e, options))
			}
			if len(args) > 1 {
				return withHint(fmt.Errorf("%d definitions, one is shown at a time", len(args)), "--jsonl reads many")
			}
			return showDefinition(s, e, firstOr(args, stdinName), options, asJSON)
		}),
	}
	c.Flags().BoolVar(&strict, "strict", false, "repair nothing")
	c.Flags().StringVar(&release, "fhir", "", "the release whose types are known: R4, R4B or R5 (default all)")
	c.Flags().BoolVar(&asJSON, "json", false, "print the contract as JSON")
	c.Flags().BoolVar(&asStream, "jsonl", false, "answer a stream of requests, one per line")
	c.MarkFlagsMutuallyExclusive("json", "jsonl")
	engineFlag(c, &engineName)
	return c
}

func showDefinition(s streams, e engine, name string, options opdef.Options, asJSON bool) error {
	d, err := s.definition(name)
	if err != nil {
		return err
	}
	loaded, err := e.load(d.text, options)
	if err != nil {
		return withHint(err, "")
	}
	switch {
	case asJSON:
		line := appendLoaded(nil, d.text, loaded)[1:] // without the comma
		if loaded.Definition != nil {
			line = appendContract(append(line, `,"contract":`...), loaded.Definition)
		}
		_, err = fmt.Fprintf(s.out, "{%s}\n", line)
	case loaded.Definition != nil:
		_, err = s.out.Write(contractTable(loaded.Definition))
	}
	if err == nil && !asJSON {
		err = printFindings(s, d, loaded)
	}
	if err == nil && loaded.Definition == nil {
		err = errBad
	}
	return err
}

// printFindings prints what was repaired, and what stands against it.
func printFindings(s streams, d document, loaded contract) error {
	if len(loaded.Repairs) > 0 {
		fmt.Fprintln(s.out, "\nrepaired:")
	}
	if err := printIssues(s, d, loaded.Repairs); err != nil {
		return err
	}
	switch {
	case loaded.Definition == nil:
		fmt.Fprintln(s.out, "refused:")
	case len(loaded.Issues) > 0:
		fmt.Fprintln(s.out, "\nodd:")
	}
	return printIssues(s, d, loaded.Issues)
}

func definitionAnswerer(e engine, fallback opdef.Options) answerer {
	fallbackRelease := "" // any
	if fallback.Release != 0 {
		fallbackRelease = fallback.Release.String()
	}
	return func(dst []byte, r *request) ([]byte, error) {
		options := fallback
		options.Release = choice(r, "fhir", fallbackRelease, parseAnyRelease)
		options.Strict = r.boolean("strict", fallback.Strict)
		text := r.document("definition")
		if err := r.done("definition", "strict", "fhir"); err != nil {
			return dst, err
		}
		loaded, err := e.load(text, options)
		return appendLoaded(dst, text, loaded), err
	}
}

// appendLoaded appends the members of an answer about a definition.
func appendLoaded(dst, text []byte, loaded contract) []byte {
	dst = strconv.AppendBool(append(dst, `,"loaded":`...), loaded.Definition != nil)
	dst = appendIssues(append(dst, `,"repairs":`...), text, loaded.Repairs)
	return appendIssues(append(dst, `,"issues":`...), text, loaded.Issues)
}
