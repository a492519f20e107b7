package main

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the golden files of the help")

// commands returns every command that is not cobra's own.
func commands() []*cobra.Command {
	var list []*cobra.Command
	for _, c := range rootCommand(streams{strings.NewReader(""), io.Discard, io.Discard}).Commands() {
		if c.Name() != "help" && c.Name() != "completion" {
			list = append(list, c)
		}
	}
	return list
}

// TestHelp compares the help with golden files: what a flag is called and what
// it says is part of the contract, and every change of it a diff to look at.
// go test -run TestHelp -update writes them.
func TestHelp(t *testing.T) {
	names := []string{""}
	for _, c := range commands() {
		if c.Example == "" || c.Short == "" || c.Long == "" {
			t.Errorf("wsbind %s has no example, or does not say what it does", c.Name())
		}
		names = append(names, c.Name())
	}
	for _, name := range names {
		args, file := []string{"--help"}, "wsbind.txt"
		if name != "" {
			args, file = []string{name, "--help"}, name+".txt"
		}
		got, _, status := wsbind(t, "", args...)
		if status != exitGood {
			t.Fatalf("wsbind %v: exit status %d", args, status)
		}
		golden := filepath.Join("testdata", "help", file)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the help of wsbind %s is not the golden one:\n%s", name, got)
		}
	}
}
