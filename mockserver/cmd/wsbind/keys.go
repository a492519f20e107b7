package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

const keyHint = "a JWK or a JWK Set is due: wsbind keys makes one"

func keysCommand(s streams) *cobra.Command {
	var algorithm, output string
	var public, thumbprint bool
	c := &cobra.Command{
		Use:   "keys [flags] [FILE|-]",
		Short: "make a signing key, show its public half",
		Long: `wsbind keys makes a private key and prints it as a JWK (RFC 7517), or writes it
to a file that only its owner can read. An existing file is never overwritten.

With --public it reads a JWK or a JWK Set, and prints the JWK Set to publish.
Secrets (HS256) have no public half and are left out.

With --thumbprint it reads the same and prints the SHA-256 thumbprint (RFC 7638)
of each key and its kid.`,
		Example: `  wsbind keys --alg ES256 -o private.jwk
  wsbind keys --public private.jwk > jwks.json
  wsbind keys --thumbprint jwks.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !public && !thumbprint {
				if len(args) > 0 {
					return withHint(errors.New("a new key is made from nothing: no file is read"), "--public and --thumbprint read a file, -o names the one to write")
				}
				return makeKey(s, token.Algorithm(algorithm), output)
			}
			if c.Flags().Changed("alg") {
				return withHint(errors.New("--alg is for a new key"), "leave it out")
			}
			if thumbprint {
				return printThumbprints(s, firstOr(args, stdinName))
			}
			set, err := readKeys(s, firstOr(args, stdinName), jose.ParseSet)
			if err != nil {
				return err
			}
			jwks, err := set.Public(time.Now()) // none is retired
			if err != nil {
				return bad(err, "")
			}
			return s.result(output, append(jwks, '\n'), 0o644)
		},
	}
	c.Flags().StringVar(&algorithm, "alg", "ES256", "what the key signs with: "+algorithmNames())
	c.Flags().StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	c.Flags().BoolVar(&public, "public", false, "print the public half of the keys in FILE as a JWK Set")
	c.Flags().BoolVar(&thumbprint, "thumbprint", false, "print the thumbprints of the keys in FILE")
	c.MarkFlagsMutuallyExclusive("public", "thumbprint")
	c.MarkFlagsMutuallyExclusive("output", "thumbprint")
	return c
}

func makeKey(s streams, algorithm token.Algorithm, output string) error {
	if !algorithm.Known() {
		return withHint(fmt.Errorf("algorithm %q is not known", algorithm), "one of %s", algorithmNames())
	}
	key, err := jose.Generate(algorithm)
	if err != nil {
		return err
	}
	jwk, err := key.Private()
	if err != nil {
		return err
	}
	return s.result(output, append(jwk, '\n'), 0o600)
}

// printThumbprints goes through a file key by key: unlike a set, which passes
// over what it cannot use, it says what is wrong with a key.
func printThumbprints(s streams, name string) error {
	d, err := s.input(name)
	if err != nil {
		return err
	}
	texts, err := jwks(d.text)
	if err != nil {
		return bad(fmt.Errorf("%s: %s", d.name, fault.DetailOf(err)), keyHint)
	}
	for _, text := range texts {
		k, err := jose.ParseKey(text)
		switch {
		case err != nil:
			return bad(fmt.Errorf("%s: %s", d.name, fault.DetailOf(err)), keyHint)
		case k.Thumbprint() == "":
			s.say("%v has no thumbprint to show: it would tell of the secret", k)
		default:
			fmt.Fprintf(s.out, "%s %s\n", k.Thumbprint(), k.ID())
		}
	}
	return nil
}

// jwks returns the JWKs of a set, or the one JWK.
func jwks(text []byte) ([][]byte, error) {
	var doc jsonscan.Document
	if err := doc.Parse(text, jsonscan.Limits{}); err != nil {
		return nil, fault.CodeOf(err) // whose sentence does not quote the key
	}
	list := doc.Root().Get("keys")
	if list.Kind() != jsonscan.Array {
		return [][]byte{text}, nil
	}
	var texts [][]byte
	for k := range list.Elements() {
		texts = append(texts, k.Raw())
	}
	return texts, nil
}

// result writes to a new file, or to stdout where no name is given.
func (s streams) result(name string, text []byte, mode fs.FileMode) error {
	if name == "" {
		_, err := s.out.Write(text)
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return withHint(fmt.Errorf("the file %q exists already", name), "remove it first, or choose another name")
	}
	if err != nil {
		return withHint(err, "")
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// readKeys makes something of a file with a JWK or a JWK Set.
func readKeys[T any](s streams, name string, read func(text []byte) (T, error)) (made T, err error) {
	d, err := s.input(name)
	if err != nil {
		return made, err
	}
	if made, err = read(d.text); err != nil {
		return made, bad(fmt.Errorf("%s: %s", d.name, fault.DetailOf(err)), keyHint)
	}
	return made, nil
}

func firstOr(args []string, absent string) string {
	if len(args) > 0 {
		return args[0]
	}
	return absent
}

func algorithmNames() string {
	var names []string
	for _, a := range token.Algorithms() {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}
