package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// issueFlags are those of wsbind issue.
type issueFlags struct {
	key, algorithm, now, release string
	claims                       token.Claims
	audience                     string
	lifetime                     time.Duration
	json                         bool
}

func issueCommand(s streams) *cobra.Command {
	var f issueFlags
	c := &cobra.Command{
		Use:   "issue --key FILE --issuer URL --audience URL --subscription ID...",
		Short: "sign a binding token",
		Long: `wsbind issue signs a binding token and prints it. It is what a server does behind
$get-ws-binding-token, for tests of the other end.

The issuer is the FHIR base, the audience the websocket-url. Without --jti the
token gets a random one.`,
		Example: `  wsbind issue --key private.jwk --issuer http://127.0.0.1:8080/fhir/R4 --audience ws://127.0.0.1:8080/ws --subscription 1 > token.txt
  wsbind issue --key private.jwk --issuer http://127.0.0.1:8080/fhir/R4 --audience ws://127.0.0.1:8080/ws --subscription 1 --subscription 2 --now 2026-03-01T12:00:00Z --lifetime 1h --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return issueToken(s, f) },
	}
	c.Flags().StringVar(&f.key, "key", "", "file with the private JWK, - for stdin")
	c.Flags().StringVar(&f.algorithm, "alg", "", "algorithm to sign with, where the key leaves a choice")
	c.Flags().StringVar(&f.claims.Issuer, "issuer", "", "iss, the FHIR base")
	c.Flags().StringVar(&f.audience, "audience", "", "aud, the websocket-url")
	c.Flags().StringArrayVar(&f.claims.Subscriptions, "subscription", nil, "id of a Subscription, may be repeated")
	c.Flags().StringVar(&f.claims.Subject, "subject", "", "sub, the caller")
	c.Flags().StringVar(&f.claims.ID, "jti", "", "jti, the token's own id (default random)")
	c.Flags().StringVar(&f.release, "fhir", "", "the FHIR release: R4, R4B or R5 (default none is said)")
	c.Flags().DurationVar(&f.lifetime, "lifetime", 5*time.Minute, "how long the token is valid")
	c.Flags().StringVar(&f.now, "now", "", "when it is issued, seconds since 1970 or RFC 3339 (default the clock)")
	c.Flags().BoolVar(&f.json, "json", false, "print an object with token and expiration")
	for _, name := range []string{"key", "issuer", "audience", "subscription"} {
		c.MarkFlagRequired(name)
	}
	return c
}

func issueToken(s streams, f issueFlags) error {
	now, err := nowOr(f.now)
	if err != nil {
		return err
	}
	release, err := parseAnyRelease(f.release)
	if err != nil {
		return err
	}
	if f.lifetime < time.Second || f.lifetime > token.DefaultMaxLifetime {
		return withHint(fmt.Errorf("a lifetime of %v is not possible", f.lifetime), "from 1s to %v are accepted", token.DefaultMaxLifetime)
	}
	set, err := readKeys(s, f.key, jose.ParseSet)
	if err != nil {
		return err
	}
	compact, expires, err := f.sign(set, now, release)
	if err != nil {
		return bad(err, "%s", issueHint(err))
	}
	if f.json {
		answer := jsonscan.AppendString([]byte(`{"token":`), compact)
		answer = jsonscan.AppendString(append(answer, `,"expiration":`...), expires.UTC().Format(time.RFC3339))
		_, err = fmt.Fprintf(s.out, "%s}\n", answer)
		return err
	}
	_, err = fmt.Fprintln(s.out, compact)
	return err
}

func (f *issueFlags) sign(set *jose.Set, now time.Time, release fhir.Release) (compact string, expires time.Time, err error) {
	now = now.Truncate(time.Second)
	claims := f.claims
	claims.Audience = []string{f.audience}
	claims.IssuedAt, claims.NotBefore, claims.Expires = now, now, now.Add(f.lifetime).Truncate(time.Second)
	if claims.ID == "" {
		claims.ID = rand.Text()
	}
	if release != 0 {
		claims.Release = release.String()
	}
	issuer := jose.Issuer{Keys: set, Algorithm: token.Algorithm(f.algorithm)}
	compact, err = issuer.Issue(claims)
	return compact, claims.Expires, err
}

func issueHint(err error) string {
	if errors.Is(err, fault.InvalidKey) {
		return "wsbind keys makes a private key"
	}
	return ""
}

// nowOr reads --now, or the clock.
func nowOr(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	return parseInstant(text)
}
