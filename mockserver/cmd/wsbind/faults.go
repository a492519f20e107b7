package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
)

func faultsCommand(s streams) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "faults [flags] [NAME]",
		Short: "list how the mock server can misbehave",
		Long: `wsbind faults lists every fault that wsbind serve can be told to commit: what the
server does, and what that tests in a client. With a name it shows one fault,
with its options and their defaults.

A fault is planned by a POST to /faults of the management interface, for the next
occasion or by chance:

  {"fault":"close-after-handshake","code":4001}
  {"fault":"gap","times":2,"after":10,"subscription":"s1"}
  {"fault":"duplicate","probability":0.1,"caller":"alice"}

Beside its options every fault takes times, after and probability, which say when
it strikes, and caller, subscription, fhir and socket, which say whom.

With --json the answer is an object in one line: {"catalogue":[…]}, or the fault.`,
		Example: `  wsbind faults
  wsbind faults close-after-handshake
  wsbind faults --json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return s.listFaults(asJSON)
			case 1:
			default:
				return withHint(fmt.Errorf("%d names, one is shown at a time", len(args)), "without a name all are listed")
			}
			f, err := faults.Find(args[0])
			if err != nil {
				return withHint(errors.New(fault.DetailOf(err)), "")
			}
			return s.showFault(f, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the catalogue, or the fault, as JSON")
	return c
}

func (s streams) listFaults(asJSON bool) error {
	if asJSON {
		return s.printJSON(map[string]any{"catalogue": faults.Catalogue()})
	}
	var b bytes.Buffer
	for _, layer := range faults.Layers() {
		fmt.Fprintf(&b, "%s: %s\n\n", layer, layer.Means())
		for _, f := range faults.Catalogue() {
			if f.Layer == layer {
				fmt.Fprintf(&b, "  %s\n", f.Name)
				writeWrapped(&b, "does   ", f.Does)
				writeWrapped(&b, "tests  ", f.Tests)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("wsbind faults NAME shows the options of one\n")
	_, err := s.out.Write(b.Bytes())
	return err
}

func (s streams) showFault(f faults.Fault, asJSON bool) error {
	if asJSON {
		return s.printJSON(f)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s (%s)\n", f.Name, f.Layer)
	writeWrapped(&b, "does   ", f.Does)
	writeWrapped(&b, "tests  ", f.Tests)
	if len(f.Options) > 0 {
		fmt.Fprintf(&b, "\n%-10s  %-21s  %s\n", "option", "default", "what it is")
	}
	for _, o := range f.Options {
		means := o.Means()
		if o == faults.OptionParameter {
			means += ": " + strings.Join(f.Parameters(), ", ")
		}
		fmt.Fprintf(&b, "%-10s  %-21s  %s\n", o, f.Default(o), means)
	}
	_, err := s.out.Write(b.Bytes())
	return err
}

// printJSON prints a value in one line.
func (s streams) printJSON(value any) error { return json.NewEncoder(s.out).Encode(value) }

// lineWidth is where a sentence is wrapped.
const lineWidth = 100

// writeWrapped writes a sentence behind a label, indented below a name.
func writeWrapped(b *bytes.Buffer, label, sentence string) {
	line := "    " + label
	indent := strings.Repeat(" ", len(line))
	empty := true
	for word := range strings.FieldsSeq(sentence) {
		if !empty && len(line)+1+len(word) > lineWidth {
			b.WriteString(line + "\n")
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	b.WriteString(line + "\n")
}
