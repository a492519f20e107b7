package host_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/wasm"
	"github.com/wsbind/wsbind/wasm/host"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func claims() token.Claims {
	return token.Claims{
		Issuer: "https://fhir.example/R4?a=1&b=<2>", Audience: []string{"wss://fhir.example/ws"}, Subject: "ich \"und\" du 😀",
		IssuedAt: noon, NotBefore: noon, Expires: noon.Add(time.Minute), ID: "j", Subscriptions: []string{"1", "2", "1"}, Release: "R4",
	}
}

func policy() token.Policy {
	return token.Policy{Algorithms: token.Algorithms(), Issuer: claims().Issuer, Audience: claims().Audience[0]}
}

func newKey(t testing.TB, a token.Algorithm) (jose.Key, *jose.Set) {
	t.Helper()
	key, err := jose.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	return key, jose.NewSet(key)
}

// issued returns a token that core made.
func issued(t testing.TB, set *jose.Set) string {
	t.Helper()
	compact, err := (&jose.Issuer{Keys: set}).Issue(claims())
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// signWith lets core/jose do the arithmetic.
func signWith(key jose.Key, a token.Algorithm) host.Sign {
	return func(_ context.Context, input []byte) ([]byte, error) { return key.Sign(a, input) }
}

// TestIssue issues and verifies with every algorithm, by each way there is, and
// has core verify what the module issued.
func TestIssue(t *testing.T) {
	for _, k := range kinds {
		if k.interpreter || underRace && k != kinds[0] {
			continue // the vectors run through the others
		}
		e := k.shared(t)
		for _, a := range token.Algorithms() {
			key, set := newKey(t, a)
			private, err := key.Private()
			if err != nil {
				t.Fatal(err)
			}
			header := token.Header{Algorithm: a, KeyID: key.ID()}
			issuers := []*host.Issuer{e.NewIssuer(header, signWith(key, a))}
			verifiers := []*host.Verifier{e.NewVerifier(policy(), checkWith(set, noon))}
			if e.SelfContained() {
				issuers = append(issuers, e.NewKeyIssuer(header, private), e.NewKeyIssuer(token.Header{}, private))
				verifiers = append(verifiers, e.NewKeyVerifier(policy(), private))
			}
			for _, issuer := range issuers {
				compact, err := issuer.Issue(t.Context(), claims())
				if err != nil {
					t.Fatalf("%s %s: %v", k.name, a, err)
				}
				want, err := (&jose.Verifier{Keys: set, Policy: policy()}).Verify(compact, noon)
				if err != nil {
					t.Fatalf("%s %s: %v", k.name, a, err)
				}
				for _, verifier := range verifiers {
					got, err := verifier.Verify(t.Context(), compact, noon)
					sameError(t, err, nil)
					same(t, "claims", got, want)
				}
			}
		}
	}
}

// TestIssueRefuses compares with core what cannot be issued, and why.
func TestIssueRefuses(t *testing.T) {
	e := kinds[0].shared(t)
	key, set := newKey(t, token.ES256)
	for name, change := range map[string]func(*token.Claims){
		"nothing":            func(c *token.Claims) { *c = token.Claims{} },
		"no issuer":          func(c *token.Claims) { c.Issuer = "" },
		"no audience":        func(c *token.Claims) { c.Audience = nil },
		"an empty audience":  func(c *token.Claims) { c.Audience = []string{"a", ""} },
		"no exp":             func(c *token.Claims) { c.Expires = time.Time{} },
		"exp before 1970":    func(c *token.Claims) { c.Expires = time.Unix(-1, 0) },
		"exp in year 10000":  func(c *token.Claims) { c.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"exp at iat":         func(c *token.Claims) { c.Expires = noon.Add(time.Millisecond) },
		"nbf after exp":      func(c *token.Claims) { c.NotBefore = noon.Add(time.Hour) },
		"no subscription":    func(c *token.Claims) { c.Subscriptions = nil },
		"a bad subscription": func(c *token.Claims) { c.Subscriptions = []string{"a b"} },
		"many subscriptions": func(c *token.Claims) { c.Subscriptions = make([]string, token.MaxSubscriptions+1) },
		"an unknown release": func(c *token.Claims) { c.Release = "R3" },
		"text not UTF-8":     func(c *token.Claims) { c.Subject = "\xc3" },
		"ids not UTF-8":      func(c *token.Claims) { c.Audience = []string{"\xc3"} },
		"a long token":       func(c *token.Claims) { c.Subject = strings.Repeat("x", 50_000) },
		"a plain token":      func(c *token.Claims) {},
		"several audiences":  func(c *token.Claims) { c.Audience = []string{"a", "b"} },
		"the least there is": func(c *token.Claims) {
			*c = token.Claims{Issuer: "i", Audience: []string{"a"}, Expires: noon, Subscriptions: []string{"a"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := claims()
			change(&c)
			got, err := e.NewIssuer(token.Header{Algorithm: token.ES256, KeyID: key.ID()}, signWith(key, token.ES256)).Issue(t.Context(), c)
			want, wantErr := (&jose.Issuer{Keys: set}).Issue(c)
			sameError(t, err, wantErr)
			same(t, "signing input", got[:max(strings.LastIndex(got, "."), 0)], want[:max(strings.LastIndex(want, "."), 0)])
		})
	}
}

// TestHelpersThatFail: an error of the caller's own function is the error, and
// what was begun is dropped.
func TestHelpersThatFail(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1})
	gone := errors.New("the key service is gone")
	issuer := e.NewIssuer(token.Header{Algorithm: token.ES256}, func(context.Context, []byte) ([]byte, error) { return nil, gone })
	_, set := newKey(t, token.ES256)
	compact := issued(t, set)
	verifier := e.NewVerifier(policy(), func(context.Context, host.Signature) (bool, error) { return true, gone })
	for range 3 {
		if _, err := issuer.Issue(t.Context(), claims()); !errors.Is(err, gone) {
			t.Errorf("issue: %v", err)
		}
		if _, err := verifier.Verify(t.Context(), compact, noon); !errors.Is(err, gone) {
			t.Errorf("verify: %v", err)
		}
	}
	odd := e.NewIssuer(token.Header{Algorithm: token.ES256, KeyID: "\xff"}, nil)
	if _, err := odd.Issue(t.Context(), claims()); !errors.Is(err, fault.TokenHeader) {
		t.Errorf("a kid that is not UTF-8: %v", err)
	}
	der := e.NewIssuer(token.Header{Algorithm: token.ES256}, func(context.Context, []byte) ([]byte, error) { return make([]byte, 70), nil })
	if _, err := der.Issue(t.Context(), claims()); !errors.Is(err, fault.TokenSignatureFormat) {
		t.Errorf("DER: %v", err)
	}
}

// TestPolicies compares with core every field of a policy, the zero ones too.
func TestPolicies(t *testing.T) {
	_, set := newKey(t, token.ES256)
	compact := issued(t, set)
	e := kinds[0].shared(t)
	for name, c := range map[string]struct {
		change func(*token.Policy)
		after  time.Duration
	}{
		"zero":                           {func(p *token.Policy) { *p = token.Policy{} }, 0},
		"no algorithm":                   {func(p *token.Policy) { p.Algorithms = nil }, 0},
		"an unknown one":                 {func(p *token.Policy) { p.Algorithms = []token.Algorithm{"none", "x"} }, 0},
		"no issuer":                      {func(p *token.Policy) { p.Issuer = "" }, 0},
		"another issuer":                 {func(p *token.Policy) { p.Issuer = "x" }, 0},
		"any issuer":                     {func(p *token.Policy) { p.AnyIssuer = true }, 0},
		"no audience":                    {func(p *token.Policy) { p.Audience = "" }, 0},
		"any audience":                   {func(p *token.Policy) { p.Audience, p.AnyAudience = "", true }, 0},
		"another typ":                    {func(p *token.Policy) { p.Type = "JWT" }, 0},
		"any typ":                        {func(p *token.Policy) { p.Type, p.AnyType = "JWT", true }, 0},
		"a small size":                   {func(p *token.Policy) { p.MaxSize = 10 }, 0},
		"the very size":                  {func(p *token.Policy) { p.MaxSize = len(compact) }, 0},
		"a large size":                   {func(p *token.Policy) { p.MaxSize = 1 << 20 }, 0},
		"a short life":                   {func(p *token.Policy) { p.MaxLifetime = time.Minute - time.Millisecond }, 0},
		"the very life":                  {func(p *token.Policy) { p.MaxLifetime = time.Minute }, 0},
		"expired":                        {func(p *token.Policy) {}, time.Minute},
		"a microsecond before":           {func(p *token.Policy) {}, time.Minute - time.Microsecond},
		"less than a microsecond before": {func(p *token.Policy) {}, time.Minute - time.Nanosecond},
		"leeway":                         {func(p *token.Policy) { p.Leeway = 1500 * time.Millisecond }, time.Minute + time.Second},
		"leeway that is over":            {func(p *token.Policy) { p.Leeway = 1500 * time.Millisecond }, time.Minute + 1500*time.Millisecond},
		"leeway of a century":            {func(p *token.Policy) { p.Leeway = 100 * 365 * 24 * time.Hour }, 10 * 365 * 24 * time.Hour},
		"leeway below zero":              {func(p *token.Policy) { p.Leeway = -time.Hour }, 0},
		"too early":                      {func(p *token.Policy) {}, -100 * time.Millisecond},
		"before 1970":                    {func(p *token.Policy) {}, -100 * 365 * 24 * time.Hour},
		"leeway of a nanosecond":         {func(p *token.Policy) { p.Leeway = 1 }, time.Minute},
		"life of a nanosecond":           {func(p *token.Policy) { p.MaxLifetime = 1 }, 0},
		"life to the nanosecond":         {func(p *token.Policy) { p.MaxLifetime = time.Minute - 1 }, 0},
		"a size beyond the module's":     {func(p *token.Policy) { p.MaxSize = 1 << 40 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, now := policy(), noon.Add(c.after)
			c.change(&p)
			got, err := e.NewVerifier(p, checkWith(set, now)).Verify(t.Context(), compact, now)
			want, wantErr := (&jose.Verifier{Keys: set, Policy: p}).Verify(compact, now)
			sameError(t, err, wantErr)
			same(t, "claims", got, want)
		})
	}
}

var lastSecond = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// TestPoliciesThatCannotBe: bounds that nothing is within are refused as what
// they are, and cost no instance.
func TestPoliciesThatCannotBe(t *testing.T) {
	e := lean(t, host.Config{MaxInstances: 1})
	for name, change := range map[string]func(*token.Policy){
		"a size below zero":     func(p *token.Policy) { p.MaxSize = -1 },
		"a life below zero":     func(p *token.Policy) { p.MaxLifetime = -1 },
		"a life of centuries":   func(p *token.Policy) { p.MaxLifetime = 1<<63 - 1 },
		"leeway of centuries":   func(p *token.Policy) { p.Leeway = 1<<63 - 1 },
		"an issuer of no UTF-8": func(p *token.Policy) { p.Issuer = "\xff" },
	} {
		p := policy()
		change(&p)
		if _, err := e.NewVerifier(p, nil).Verify(t.Context(), "a.b.c", noon); !errors.Is(err, fault.InvalidOption) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTimesThatCannotBe: a time whose microseconds do not fit into 64 bits is
// not some other time.
func TestTimesThatCannotBe(t *testing.T) {
	_, set := newKey(t, token.HS256)
	compact := issued(t, set)
	e := kinds[0].shared(t)
	const wrap = 1 << 58 / 15625 // seconds, half of one less than 2^64 microseconds
	for _, now := range []time.Time{lastSecond.Add(time.Second), time.Unix(noon.Unix()+wrap+1, 0), time.Unix(noon.Unix()-wrap, 0), time.Unix(1<<62, 0), time.Unix(-1<<62, 0)} {
		if _, err := e.NewVerifier(policy(), checkWith(set, now)).Verify(t.Context(), compact, now); !errors.Is(err, fault.InvalidOption) {
			t.Errorf("%v: %v", now, err)
		}
	}
	now := lastSecond.Add(time.Second - 1)
	if _, err := e.NewVerifier(policy(), checkWith(set, now)).Verify(t.Context(), compact, now); !errors.Is(err, fault.ExpiredToken) {
		t.Errorf("%v: %v", now, err)
	}
}

// TestUnreadableKeys: what is wrong with the keys is said of them, whatever
// their size, in core's words.
func TestUnreadableKeys(t *testing.T) {
	e := newEngine(t, wasm.Jose, host.Config{MaxInstances: 1})
	defer e.Close()
	for name, keys := range map[string]string{
		"none":             "",
		"not UTF-8":        "\xff",
		"text not UTF-8":   "{\"kty\":\"\xff\"}",
		"17 MiB":           strings.Repeat(" ", 17<<20),
		"33 MiB":           strings.Repeat(" ", 33<<20),
		"17 MiB, no UTF-8": strings.Repeat("\xff", 17<<20),
	} {
		if underRace && len(keys) > 1<<20 { // it takes a second for each, and nothing is concurrent
			continue
		}
		_, want := jose.ParseSet([]byte(keys))
		_, err := e.NewKeyVerifier(policy(), []byte(keys)).Verify(t.Context(), "a.b.c", noon)
		t.Run(name, func(t *testing.T) { sameError(t, err, want) })
		_, err = e.NewKeyIssuer(token.Header{}, []byte(keys)).Issue(t.Context(), claims())
		t.Run(name, func(t *testing.T) { sameError(t, err, want) })
	}
}

// TestCloseEndsHelpers: a caller's function that waits is told that the engine
// is closed, and its call fails for that.
func TestCloseEndsHelpers(t *testing.T) {
	for _, unbounded := range []bool{false, true} {
		e := lean(t, host.Config{MaxInstances: 1, Unbounded: unbounded})
		_, set := newKey(t, token.HS256)
		compact := issued(t, set)
		v := e.NewVerifier(policy(), func(ctx context.Context, _ host.Signature) (bool, error) {
			go e.Close()
			<-ctx.Done()
			return false, ctx.Err()
		})
		if _, err := v.Verify(t.Context(), compact, noon); !errors.Is(err, fault.Interrupted) || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%v", err)
		}
	}
}

// TestNoText: an issuer that is not UTF-8 is not the one that it would turn into
// on its way to the module.
func TestNoText(t *testing.T) {
	set, err := jose.ParseSet([]byte(`{"kty":"oct","k":"` + base64.RawURLEncoding.EncodeToString(secret) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	p := token.Policy{Algorithms: token.Algorithms(), Issuer: "\xff", AnyAudience: true}
	compact := sign(`{"alg":"HS256","typ":"fhir-ws-binding+jwt"}`, `{"iss":"\ufffd","aud":"a","exp":1772366460,"subscription":["1"]}`)
	if _, err := kinds[0].shared(t).NewVerifier(p, checkWith(set, noon)).Verify(t.Context(), compact, noon); !errors.Is(err, fault.InvalidOption) {
		t.Errorf("%v", err)
	}
}

// TestClaimsInFull reads what the vectors do not have: dates with fractions,
// names that differ by case, white space around the claims set.
func TestClaimsInFull(t *testing.T) {
	set, err := jose.ParseSet([]byte(`{"kty":"oct","k":"` + base64.RawURLEncoding.EncodeToString(secret) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	e := kinds[0].shared(t)
	payload := " {\"iss\":\"a\",\"ISS\":\"b\",\"aud\":[\"c\",\"d\"],\"exp\":1772366460.123456789,\"iat\":1.7723664e9,\"subscription\":[\"1\",\"1\"],\"x\":[1e2]}\n"
	compact := sign(`{"alg":"HS256","typ":"fhir-ws-binding+jwt"}`, payload)
	p := token.Policy{Algorithms: token.Algorithms(), AnyIssuer: true, AnyAudience: true}
	got, err := e.NewVerifier(p, checkWith(set, noon)).Verify(t.Context(), compact, noon)
	want, wantErr := (&jose.Verifier{Keys: set, Policy: p}).Verify(compact, noon)
	sameError(t, err, wantErr)
	same(t, "claims", got, want)
	if string(got.Raw) != payload {
		t.Errorf("raw %q", got.Raw)
	}
	binary := sign(`{"alg":"HS256"}`, "\xff\x00")
	p.AnyType = true
	raw, err := e.NewVerifier(p, checkWith(set, noon)).VerifyRaw(t.Context(), binary, noon)
	if err != nil || string(raw) != "\xff\x00" {
		t.Errorf("%q, %v", raw, err)
	}
}

var secret = make([]byte, 32)

// sign makes a JWS of any header and payload.
func sign(header, payload string) string {
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(payload))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + enc.EncodeToString(mac.Sum(nil))
}
