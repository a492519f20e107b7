// Command wsbind checks, issues and serves FHIR's $get-ws-binding-token: one
// binary for client developers, without a server to install.
//
// Each subcommand has a file of its own, named for it, and says with --help
// what it does and how it is called. What they share: tui.go is how the
// command speaks, input.go how it reads, jsonl.go the streaming form, engine.go
// who judges: core as it is linked in, or as a WebAssembly module.
//
// The exit status is part of the contract: 0 good, 1 a bad document or token
// (or a server that listen had to give up on), 2 a command that could not be
// carried out as it was typed.
package main

import (
	"context"
	"io"
	"os"
)

// The exit statuses.
const (
	exitGood  = 0
	exitBad   = 1
	exitUsage = 2
)

// streams are the command's standard streams, a parameter for the tests.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run executes a command line and returns the exit status. The end of ctx is
// the Ctrl-C of the commands that go on until then.
func run(ctx context.Context, args []string, s streams) int {
	root := rootCommand(s)
	root.SetArgs(args)
	executed, err := root.ExecuteContextC(ctx)
	return s.report(executed.CommandPath(), err)
}
