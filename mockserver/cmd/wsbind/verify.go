package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// verifyFlags are those of wsbind verify.
type verifyFlags struct {
	keys, issuer, audience, typ, now, tolerance, engine string
	algorithms                                          []string
	raw, json, stream                                   bool
}

func verifyCommand(s streams) *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify --keys FILE [flags] [FILE|-]",
		Short: "check a binding token",
		Long: `wsbind verify checks a binding token and prints its claims. The token is in a
file or on stdin; it may be the argument itself, but other users of the machine
can then see it in the list of processes.

The keys are a JWK or a JWK Set. The algorithms are every one that is known
unless --alg lists those to accept; each key fits one kind of algorithm only. An
issuer and an audience that are not given are not compared, but the token must
have both.

With --raw only header and signature are checked, and the payload is printed as
it is, whatever it is; --typ '' lets any typ pass, or none.

` + jsonlHelp + `

  {"id":1,"token":"…","keys":{"keys":[…]},"algorithms":["ES256"],"issuer":"…",
   "audience":"…","typ":"…","now":1772366400,"clockTolerance":0,"raw":false}
  {"id":1,"ok":true,"claims":{…}}
  {"id":2,"ok":false,"code":"expired-token","diagnostics":"…"}

Only token and keys must be there. Absent algorithms are all that are known, an
absent issuer or audience is not compared, an absent typ is ` + token.Type + `
and "" accepts any or none; now is the clock, and clockTolerance 0; both are
seconds. Instead of claims, raw answers with the payload as a string, or with
payloadBase64 where it is not UTF-8. A key set that cannot be read at all is a
refusal, invalid-key.

` + engineHelp,
		Example: `  wsbind verify --keys jwks.json token.txt
  wsbind verify --keys jwks.json --issuer http://127.0.0.1:8080/fhir/R4 --audience ws://127.0.0.1:8080/ws --clock-tolerance 30s < token.txt
  wsbind verify --keys jwks.json --raw --typ '' token.txt`,
		Args: cobra.ArbitraryArgs,
		RunE: withEngine(&f.engine, func(e engine, args []string) error {
			if f.stream {
				return s.stream(args, verifyAnswerer(e))
			}
			if len(args) > 1 {
				return withHint(fmt.Errorf("%d tokens, one is checked at a time", len(args)), "--jsonl checks many")
			}
			return verifyToken(s, e, f, firstOr(args, stdinName))
		}),
	}
	c.Flags().StringVar(&f.keys, "keys", "", "file with the JWK or JWK Set")
	c.Flags().StringSliceVar(&f.algorithms, "alg", nil, "accept only these algorithms (default all known: "+algorithmNames()+")")
	c.Flags().StringVar(&f.issuer, "issuer", "", "the iss that is due (default not compared)")
	c.Flags().StringVar(&f.audience, "audience", "", "the aud that is due (default not compared)")
	c.Flags().StringVar(&f.typ, "typ", token.Type, "the typ that is due, '' for any or none")
	c.Flags().StringVar(&f.now, "now", "", "the time of the check, seconds since 1970 or RFC 3339 (default the clock)")
	c.Flags().StringVar(&f.tolerance, "clock-tolerance", "0", "how far clocks may differ, seconds or such as 30s")
	c.Flags().BoolVar(&f.raw, "raw", false, "check header and signature only and print the payload")
	c.Flags().BoolVar(&f.json, "json", false, "print the verdict as JSON")
	c.Flags().BoolVar(&f.stream, "jsonl", false, "answer a stream of requests, one per line")
	c.MarkFlagsMutuallyExclusive("json", "jsonl")
	engineFlag(c, &f.engine)
	return c
}

func verifyToken(s streams, e engine, f verifyFlags, name string) error {
	if f.keys == "" {
		return withHint(errors.New("there are no keys to check the token with"), "give --keys FILE, such as a server's /.well-known/jwks.json")
	}
	check, err := f.check()
	if err != nil {
		return err
	}
	if check.now, err = nowOr(f.now); err != nil {
		return err
	}
	verify, err := readKeys(s, f.keys, e.verifier)
	if err != nil {
		return err
	}
	compact, err := s.token(name)
	if err != nil {
		return err
	}
	v := check.run(verify, compact)
	if noVerdict(v.err) {
		return withHint(v.err, "")
	}
	if f.json {
		fmt.Fprintf(s.out, "{%s}\n", v.append(nil)[1:])
	} else if v.err == nil {
		s.out.Write(v.human())
	}
	if v.err != nil {
		return bad(v.err, "%s", verifyHint(v.err))
	}
	if !f.raw && (f.issuer == "" || f.audience == "") {
		s.say("warning: not everything was compared; give --issuer and --audience to check whose token it is and for which socket")
	}
	return nil
}

// verifyHint says what to try, where there is something.
func verifyHint(err error) string {
	switch fault.CodeOf(err) {
	case fault.ExpiredToken, fault.TokenNotYetValid:
		return "--now checks it at another time"
	case fault.TokenUnknownKey, fault.TokenSignature:
		return "are these the keys of the server that issued the token, and of its present run?"
	case fault.TokenType:
		return "--typ names another typ, and --typ '' accepts any"
	case fault.TokenMissingClaim:
		return "--raw checks header and signature of any JWS"
	}
	return ""
}

// token reads the token from a file, stdin, or the argument itself.
func (s streams) token(name string) (string, error) {
	if _, err := os.Stat(name); err != nil && strings.Count(name, ".") == 2 && !strings.ContainsAny(name, "/ ") {
		s.say("warning: a token in an argument can be seen in the list of processes; give it on stdin")
		return name, nil
	}
	d, err := s.input(name)
	if err != nil {
		return "", err
	}
	// The line's end is the file's; any other white space is the token's.
	return strings.TrimSuffix(strings.TrimSuffix(string(d.text), "\n"), "\r"), nil
}

func (f *verifyFlags) check() (c check, err error) {
	c = check{raw: f.raw}
	c.policy = policy(f.issuer, f.audience, f.typ)
	if c.policy.Leeway, err = parseTolerance(f.tolerance); err != nil {
		return c, err
	}
	c.policy.Algorithms = token.Algorithms()
	if f.algorithms != nil {
		c.policy.Algorithms = nil
	}
	for _, name := range f.algorithms {
		a := token.Algorithm(name)
		if !a.Known() {
			return c, withHint(fmt.Errorf("algorithm %q is not known", name), "one of %s", algorithmNames())
		}
		c.policy.Algorithms = append(c.policy.Algorithms, a)
	}
	return c, nil
}
