package jose

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func testClaims() token.Claims {
	return token.Claims{
		Issuer: "https://fhir.example/R4", Audience: []string{"wss://fhir.example/ws"}, Subject: "anonymous",
		IssuedAt: noon, NotBefore: noon, Expires: noon.Add(time.Hour),
		ID: "7c1", Subscriptions: []string{"a", "b"}, Release: "R4",
	}
}

func testPolicy() token.Policy {
	return token.Policy{Algorithms: token.Algorithms(), Issuer: "https://fhir.example/R4", Audience: "wss://fhir.example/ws"}
}

func generate(t testing.TB, algorithm token.Algorithm) Key {
	t.Helper()
	key, err := Generate(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestRotation: a former key verifies until the window ends, is published until
// then, and never signs again.
func TestRotation(t *testing.T) {
	first, second, third := generate(t, token.ES256), generate(t, token.ES256), generate(t, token.EdDSA)
	keys := NewSet(first)
	issuer, verifier := Issuer{Keys: keys}, Verifier{Keys: keys, Policy: testPolicy()}
	old, err := issuer.Issue(testClaims())
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Rotate(second, noon, 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	fresh, err := issuer.Issue(testClaims())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		token string
		after time.Duration
		code  fault.Code
	}{
		{old, 0, ""}, {old, 10*time.Minute - 1, ""}, {old, 10 * time.Minute, fault.TokenUnknownKey},
		{fresh, 0, ""}, {fresh, 10 * time.Minute, ""},
	} {
		if _, err := verifier.Verify(c.token, noon.Add(c.after)); fault.CodeOf(err) != c.code {
			t.Errorf("after %v: %v, want %q", c.after, err, c.code)
		}
	}
	if active, err := keys.Active(); err != nil || active.ID() != second.ID() {
		t.Errorf("active is %v, %v", active, err)
	}
	if err := keys.Rotate(second, noon, time.Minute); !errors.Is(err, fault.InvalidKey) {
		t.Errorf("rotating to the same key: %v", err)
	}
	for _, next := range []Key{{}, publicHalf(t, third)} {
		if err := keys.Rotate(next, noon, time.Minute); !errors.Is(err, fault.InvalidKey) {
			t.Errorf("rotating to %v, which cannot sign: %v", next, err)
		}
	}
	if active, err := keys.Active(); err != nil || active.ID() != second.ID() {
		t.Errorf("after refused rotations active is %v, %v", active, err)
	}
	published := func(at time.Time) string {
		text, err := keys.Public(at)
		if err != nil {
			t.Fatal(err)
		}
		noPrivateMembers(t, text)
		if _, err := ParseSet(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		return string(text)
	}
	if text := published(noon); !strings.Contains(text, first.ID()) || strings.Index(text, second.ID()) > strings.Index(text, first.ID()) {
		t.Errorf("published %s", text)
	}
	if text := published(noon.Add(10 * time.Minute)); strings.Contains(text, first.ID()) || !strings.Contains(text, second.ID()) {
		t.Errorf("published after the window: %s", text)
	}
	// A retired key keeps its own window when the next one is retired.
	if err := keys.Rotate(third, noon.Add(5*time.Minute), time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(old, noon.Add(10*time.Minute)); !errors.Is(err, fault.TokenUnknownKey) {
		t.Errorf("the second rotation gave the first key more time: %v", err)
	}
	if err := keys.Rotate(generate(t, token.ES384), noon.Add(11*time.Minute), time.Hour); err != nil {
		t.Fatal(err)
	}
	if n := len(keys.entries); n != 3 {
		t.Errorf("%d keys are kept, the first is over", n)
	}
}

func publicHalf(t *testing.T, key Key) Key {
	t.Helper()
	text, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	public, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func TestSecretsAreNotPublished(t *testing.T) {
	keys := NewSet(generate(t, token.HS256), generate(t, token.ES256), generate(t, token.HS256))
	text, err := keys.Public(noon)
	if err != nil {
		t.Fatal(err)
	}
	noPrivateMembers(t, text)
	if set, err := ParseSet(text); err != nil || len(set.entries) != 1 {
		t.Errorf("published %s, %v", text, err)
	}
	if text, err := NewSet().Public(noon); err != nil || string(text) != `{"keys":[]}` {
		t.Errorf("an empty set is published as %s, %v", text, err)
	}
}

func TestParseSet(t *testing.T) {
	for text, want := range map[string]int{
		`{"keys":[]}`:                  0,
		`{"keys":[` + ecPublic + `}]}`: 1,
		ecPrivate + `}`:                1,
		`{"keys":[{"kty":"new"},` + ecPublic + `}],"other":{}}`: 2,
		`{"keys":[1,null,[]]}`:             3,
		`{"keys":{}}`:                      -1,
		`{"keys":null}`:                    -1,
		`{}`:                               -1,
		`[]`:                               -1,
		``:                                 -1,
		`{"kty":"EC"}`:                     -1,
		`{"keys":[{"kid":"a","kid":"a"}]}`: -1,
		`{"keys":[` + strings.Repeat("1,", 1000) + `1]}`: -1,
		`{"keys":[]}` + strings.Repeat(" ", 1<<20):       -1,
	} {
		set, err := ParseSet([]byte(text))
		switch {
		case want < 0 && !errors.Is(err, fault.InvalidKey):
			t.Errorf("%.80s: %v", text, err)
		case want >= 0 && (err != nil || len(set.entries) != want):
			t.Errorf("%.80s: %v, %v", text, set, err)
		}
	}
}

func TestIssuerRefuses(t *testing.T) {
	public, err := ParseKey([]byte(ecPublic + `}`))
	if err != nil {
		t.Fatal(err)
	}
	ec := generate(t, token.ES256)
	for name, c := range map[string]struct {
		issuer Issuer
		change func(*token.Claims)
		code   fault.Code
	}{
		"no key":            {Issuer{Keys: NewSet()}, nil, fault.InvalidKey},
		"public key":        {Issuer{Keys: NewSet(public)}, nil, fault.InvalidKey},
		"other algorithm":   {Issuer{Keys: NewSet(ec), Algorithm: token.RS256}, nil, fault.TokenKeyMismatch},
		"unknown algorithm": {Issuer{Keys: NewSet(ec), Algorithm: "none"}, nil, fault.TokenAlgorithm},
		"hmac with a key":   {Issuer{Keys: NewSet(ec), Algorithm: token.HS256}, nil, fault.TokenKeyMismatch},
		"bad claims":        {Issuer{Keys: NewSet(ec)}, func(c *token.Claims) { c.Subscriptions = nil }, fault.TokenClaim},
		"second key signs":  {Issuer{Keys: NewSet(public, ec)}, nil, ""},
		"another typ":       {Issuer{Keys: NewSet(ec), Type: "example+jwt"}, nil, ""},
	} {
		claims := testClaims()
		if c.change != nil {
			c.change(&claims)
		}
		if _, err := c.issuer.Issue(claims); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// TestUnicodeKid: a kid is any text, and is signed as it is.
func TestUnicodeKid(t *testing.T) {
	for _, kid := range []string{"schlüssel 1", "\u2028", "a\"b\\c", "\t", "\U0001f511", "a/b?c=d#e", "\x7f", "<script>&amp;", "\u2029\x00\b\f"} {
		text := string(appendKid([]byte(ecPrivate), kid)) + "}"
		keys, err := ParseSet([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		compact, err := (&Issuer{Keys: keys}).Issue(testClaims())
		if err != nil {
			t.Errorf("%q: %v", kid, err)
			continue
		}
		if _, err := (&Verifier{Keys: keys, Policy: testPolicy()}).Verify(compact, noon); err != nil {
			t.Errorf("%q: %v", kid, err)
		}
	}
}

func TestSetConcurrently(t *testing.T) {
	keys := NewSet(generate(t, token.EdDSA))
	issuer, verifier := Issuer{Keys: keys}, Verifier{Keys: keys, Policy: testPolicy()}
	next := []Key{generate(t, token.EdDSA), generate(t, token.ES256), generate(t, token.EdDSA)}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				compact, err := issuer.Issue(testClaims())
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := verifier.Verify(compact, noon); err != nil {
					t.Error(err)
				}
				if _, err := keys.Public(noon); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, key := range next {
		if err := keys.Rotate(key, noon, time.Hour); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
