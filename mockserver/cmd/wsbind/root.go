package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `wsbind checks and serves $get-ws-binding-token, the FHIR operation by which a
websocket client gets the token that binds it to Subscriptions.

A server to develop a client against:

  wsbind serve
  wsbind scenario list         lessons that it can give
  wsbind record                a lesson from a real server

A gate in front of a FHIR server, which issues tokens and guards its websocket:

  wsbind gate --upstream URL

A load for it, or for another server, and what arrived of it:

  wsbind load --base URL --sockets N

How it can misbehave, to test what the client does then:

  wsbind faults

What an operation, a notification or a token must look like:

  wsbind definition FILE       the contract of an operation
  wsbind validate FILE         a response of the operation, or a request
  wsbind notification FILE     a notification Bundle
  wsbind verify FILE           a binding token

wsbind exits with 0 for good, 1 for a bad document or token, or a client that did
badly, and 2 for a command that could not be carried out as typed.`

func rootCommand(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:               "wsbind",
		Short:             "check, issue and serve FHIR's $get-ws-binding-token",
		Long:              rootLong,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.AddCommand(
		serveCommand(s), gateCommand(s), listenCommand(s), loadCommand(s), recordCommand(s), faultsCommand(s), scenarioCommand(s),
		validateCommand(s), notificationCommand(s), definitionCommand(s),
		keysCommand(s), issueCommand(s), verifyCommand(s),
		versionCommand(s),
	)
	return root
}

// flagError says what a value should have been, in place of which function of Go
// could not read it.
func flagError(err error) error {
	var number *strconv.NumError
	if !errors.As(err, &number) {
		return err
	}
	due := "a whole number from 0 on is due"
	switch {
	case number.Func == "ParseBool":
		due = "true or false is due"
	case errors.Is(number, strconv.ErrRange):
		due = "the number is too large"
	}
	return errors.New(strings.TrimSuffix(err.Error(), number.Error()) + due)
}

func versionCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "print the version",
		Long:    "wsbind version prints the version that the binary was built from, and the Go release.",
		Example: "  wsbind version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, "wsbind", version())
			return err
		},
	}
}

// stamped is the version of a binary from make dist, which the linker sets.
var stamped string

// version is the one that was stamped, else the module's version, or the commit
// where it was built from a work tree.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	if stamped != "" {
		return stamped + " " + info.GoVersion
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v + " " + info.GoVersion
	}
	return "(devel) " + info.GoVersion
}
