package token

import (
	"bytes"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func testClaims() Claims {
	return Claims{
		Issuer: "https://fhir.example/R4", Audience: []string{"wss://fhir.example/ws"}, Subject: "me",
		IssuedAt: noon, NotBefore: noon, Expires: noon.Add(time.Minute),
		ID: "j", Subscriptions: []string{"a", "b"}, Release: "R4",
	}
}

func testPolicy() Policy {
	return Policy{Algorithms: []Algorithm{HS256}, Issuer: "https://fhir.example/R4", Audience: "wss://fhir.example/ws"}
}

// signed is a token with a signature of zeros: whoever finishes decides what it
// is worth.
func signed(t *testing.T, c Claims) string {
	t.Helper()
	u, err := Prepare(Header{Algorithm: HS256, KeyID: "k"}, c)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := u.Finish(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func TestRoundTrip(t *testing.T) {
	want := testClaims()
	compact := signed(t, want)
	p := testPolicy()
	u, err := p.Prepare(compact)
	if err != nil {
		t.Fatal(err)
	}
	if u.Algorithm != HS256 || u.KeyID != "k" || !u.HasKeyID || len(u.Signature) != 32 || string(u.SigningInput()) != compact[:strings.LastIndex(compact, ".")] {
		t.Errorf("prepared %+v", u)
	}
	got, err := u.Finish(true, noon)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(got.Raw) {
		t.Errorf("claims set %s", got.Raw)
	}
	got.Raw = nil
	gotText, _ := json.Marshal(got)
	wantText, _ := json.Marshal(want)
	if !bytes.Equal(gotText, wantText) {
		t.Errorf("claims\n%s\nwant\n%s", gotText, wantText)
	}
}

// TestClaimsStayHidden: nothing of an Unverified shows a claim, and the verdict
// is given once.
func TestClaimsStayHidden(t *testing.T) {
	p := testPolicy()
	u, err := p.Prepare(signed(t, testClaims()))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := u.Finish(false, noon); !errors.Is(err, fault.TokenSignature) || c.Issuer != "" || c.Raw != nil {
		t.Errorf("a bad signature gave %+v, %v", c, err)
	}
	if c, err := u.Finish(true, noon); !errors.Is(err, fault.ExpiredHandle) || c.Issuer != "" || c.Raw != nil {
		t.Errorf("the second verdict gave %+v, %v", c, err)
	}
	if payload, err := u.FinishRaw(true); !errors.Is(err, fault.ExpiredHandle) || payload != nil {
		t.Errorf("the third verdict gave %s, %v", payload, err)
	}
}

func TestRefusedClaimsAreNotReturned(t *testing.T) {
	p := testPolicy()
	u, err := p.Prepare(signed(t, testClaims()))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := u.Finish(true, noon.Add(time.Hour)); !errors.Is(err, fault.ExpiredToken) || c.Issuer != "" || c.Raw != nil {
		t.Errorf("an expired token gave %+v, %v", c, err)
	}
}

// TestZeroPolicyAcceptsNothing: whatever is forgotten refuses.
func TestZeroPolicyAcceptsNothing(t *testing.T) {
	compact := signed(t, testClaims())
	for _, c := range []struct {
		change func(*Policy)
		code   fault.Code
	}{
		{func(p *Policy) { *p = Policy{} }, fault.TokenAlgorithm},
		{func(p *Policy) { p.Algorithms = []Algorithm{} }, fault.TokenAlgorithm},
		{func(p *Policy) { p.Issuer = "" }, fault.TokenIssuer},
		{func(p *Policy) { p.Audience = "" }, fault.TokenAudience},
		{func(p *Policy) { p.Issuer, p.AnyIssuer = "", true }, ""},
		{func(p *Policy) { p.Audience, p.AnyAudience = "", true }, ""},
		{func(p *Policy) { p.MaxSize = len(compact) - 1 }, fault.TokenTooLarge},
		{func(p *Policy) { p.MaxSize = len(compact) }, ""},
		{func(p *Policy) { p.MaxLifetime = time.Minute - 1 }, fault.TokenLifetime},
		{func(p *Policy) { p.MaxLifetime = time.Minute }, ""},
		{func(p *Policy) { p.Leeway = -time.Hour }, ""},
	} {
		p := testPolicy()
		c.change(&p)
		u, err := p.Prepare(compact)
		if err == nil {
			_, err = u.Finish(true, noon)
		}
		if got := fault.CodeOf(err); got != c.code {
			t.Errorf("%+v: %v, want %q", p, err, c.code)
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Header, *Claims)
		code   fault.Code
	}{
		"unknown algorithm":  {func(h *Header, _ *Claims) { h.Algorithm = "none" }, fault.TokenAlgorithm},
		"no algorithm":       {func(h *Header, _ *Claims) { h.Algorithm = "" }, fault.TokenAlgorithm},
		"kid not UTF-8":      {func(h *Header, _ *Claims) { h.KeyID = "\xff" }, fault.TokenHeader},
		"no issuer":          {func(_ *Header, c *Claims) { c.Issuer = "" }, fault.TokenMissingClaim},
		"no audience":        {func(_ *Header, c *Claims) { c.Audience = nil }, fault.TokenMissingClaim},
		"empty audience":     {func(_ *Header, c *Claims) { c.Audience = []string{"a", ""} }, fault.TokenClaim},
		"no exp":             {func(_ *Header, c *Claims) { c.Expires = time.Time{} }, fault.TokenMissingClaim},
		"exp before 1970":    {func(_ *Header, c *Claims) { c.Expires = time.Unix(-1, 0) }, fault.TokenDate},
		"exp in year 10000":  {func(_ *Header, c *Claims) { c.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, fault.TokenDate},
		"exp at iat":         {func(_ *Header, c *Claims) { c.Expires = noon.Add(time.Millisecond) }, fault.ExpiredToken},
		"nbf after exp":      {func(_ *Header, c *Claims) { c.NotBefore = noon.Add(time.Hour) }, fault.ExpiredToken},
		"no subscription":    {func(_ *Header, c *Claims) { c.Subscriptions = nil }, fault.TokenClaim},
		"bad subscription":   {func(_ *Header, c *Claims) { c.Subscriptions = []string{"a b"} }, fault.TokenClaim},
		"many subscriptions": {func(_ *Header, c *Claims) { c.Subscriptions = make([]string, MaxSubscriptions+1) }, fault.TokenClaim},
		"unknown release":    {func(_ *Header, c *Claims) { c.Release = "R3" }, fault.TokenClaim},
		"subject not UTF-8":  {func(_ *Header, c *Claims) { c.Subject = "\xc3" }, fault.TokenClaim},
		"audience not UTF-8": {func(_ *Header, c *Claims) { c.Audience = []string{"\xc3"} }, fault.TokenClaim},
		"least that is needed": {func(h *Header, c *Claims) {
			*c = Claims{Issuer: "i", Audience: []string{"a"}, Expires: noon, Subscriptions: []string{"a"}}
		}, ""},
	} {
		h, claims := Header{Algorithm: HS256}, testClaims()
		c.change(&h, &claims)
		if _, err := Prepare(h, claims); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, err, c.code)
		}
	}
}

// TestFinishRefusesTheUnreadable: what is issued can be verified, also where
// it is large.
func TestFinishRefusesTheUnreadable(t *testing.T) {
	c := testClaims()
	c.Subject = strings.Repeat("x", 48_000)
	for grow := 0; ; grow++ {
		c.ID = strings.Repeat("j", grow+1)
		u, err := Prepare(Header{Algorithm: HS256}, c)
		if err != nil {
			t.Fatal(err)
		}
		compact, err := u.Finish(make([]byte, 32))
		if err != nil {
			if !errors.Is(err, fault.TokenTooLarge) || len(u.SigningInput())+1+43 <= DefaultMaxSize {
				t.Errorf("%d bytes to sign: %v", len(u.SigningInput()), err)
			}
			return
		}
		p := testPolicy()
		if _, err := p.Prepare(compact); err != nil {
			t.Fatalf("%d bytes were issued: %v", len(compact), err)
		}
	}
}

func TestFinishRefusesSignatures(t *testing.T) {
	for algorithm, length := range map[Algorithm]int{ES256: 64, ES384: 96, EdDSA: 64, HS256: 32, RS256: 256, RS384: 512, PS256: 384} {
		u, err := Prepare(Header{Algorithm: algorithm}, testClaims())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Finish(bytes.Repeat([]byte{1}, length)); err != nil {
			t.Errorf("%s: %d bytes: %v", algorithm, length, err)
		}
		for _, wrong := range []int{0, 31, 70, 513} {
			if _, err := u.Finish(bytes.Repeat([]byte{1}, wrong)); !errors.Is(err, fault.TokenSignatureFormat) {
				t.Errorf("%s: %d bytes: %v", algorithm, wrong, err)
			}
		}
	}
}

// TestOrders holds the constants to crypto/elliptic and RFC 8032.
func TestOrders(t *testing.T) {
	if !bytes.Equal(elliptic.P256().Params().N.Bytes(), []byte(orderP256)) || !bytes.Equal(elliptic.P384().Params().N.Bytes(), []byte(orderP384)) {
		t.Error("the order of P-256 or P-384 is not the curve's")
	}
	order := new(big.Int).Lsh(big.NewInt(1), 252)
	rest, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	little := order.Add(order, rest).Bytes()
	slices.Reverse(little)
	if !bytes.Equal(little, []byte(orderEd25519)) {
		t.Error("the order of Ed25519 is not that of RFC 8032 section 5.1")
	}
}

func TestSignatureBounds(t *testing.T) {
	one := func(order string, delta int64) []byte {
		n := new(big.Int).SetBytes([]byte(order))
		return n.Add(n, big.NewInt(delta)).FillBytes(make([]byte, len(order)))
	}
	for algorithm, order := range map[Algorithm]string{ES256: orderP256, ES384: orderP384} {
		good, least := one(order, -1), make([]byte, len(order))
		least[len(least)-1] = 1
		for _, c := range []struct {
			r, s []byte
			ok   bool
		}{
			{good, good, true}, {least, least, true}, {good, least, true},
			{[]byte(order), good, false}, {good, []byte(order), false}, {one(order, 1), good, false},
			{make([]byte, len(order)), good, false}, {good, make([]byte, len(order)), false},
		} {
			if err := algorithm.checkSignature(append(slices.Clone(c.r), c.s...)); (err == nil) != c.ok {
				t.Errorf("%s: r %x, s %x: %v", algorithm, c.r, c.s, err)
			}
		}
	}
	below := []byte(orderEd25519)
	below[0]--
	if err := EdDSA.checkSignature(append(make([]byte, 32), below...)); err != nil {
		t.Errorf("S one below the order: %v", err)
	}
	if err := EdDSA.checkSignature(append(make([]byte, 32), orderEd25519...)); err == nil {
		t.Error("S equal to the order is accepted")
	}
}

func TestDistinct(t *testing.T) {
	for _, c := range [][2]string{{"", ""}, {"a", "a"}, {"b a b", "b a"}, {"a a a", "a"}, {"c b a b c", "c b a"}} {
		if got := strings.Join(Distinct(strings.Fields(c[0])), " "); got != c[1] {
			t.Errorf("Distinct(%s) = %s, want %s", c[0], got, c[1])
		}
	}
}

func TestDecodeBase64URL(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "AA": true, "AAA": true, "AAAA": true, "-_-_": true,
		"A": false, "AB": false, "AAB": false, "AA==": false, "AAA=": false, "+/+/": false, "AA\n": false, "A\r\nA": false, "AA ": false, "AÄ": false,
	} {
		if _, err := DecodeBase64URL(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestSizeComesFirst: an oversized token costs nothing but its length.
func TestSizeComesFirst(t *testing.T) {
	p := testPolicy()
	if _, err := p.Prepare(strings.Repeat(" {", DefaultMaxSize)); !errors.Is(err, fault.TokenTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestManyMembersAreRead(t *testing.T) {
	names := make([]string, 4000)
	for i := range names {
		names[i] = `"` + strings.Repeat("n", i%7) + string(rune('a'+i%26)) + time.Duration(i).String() + `":0`
	}
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"` + Type + `",` + strings.Join(names[:2000], ",") + `}`))
	p := testPolicy()
	if _, err := p.Prepare(header + ".e30." + base64.RawURLEncoding.EncodeToString(make([]byte, 32))); err != nil {
		t.Error(err)
	}
}

// TestVerifyingInSteadyState: whoever verifies one token after the other pays
// for a long kid alone.
func TestVerifyingInSteadyState(t *testing.T) {
	policy, text := testPolicy(), []byte(signed(t, testClaims()))
	var u Unverified
	if n := testing.AllocsPerRun(100, func() {
		if err := policy.PrepareInto(&u, text); err != nil {
			t.Fatal(err)
		}
		if claims, err := u.FinishText(true, noon); err != nil || len(claims) == 0 || claims[0] != '{' {
			t.Fatal(string(claims), err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if _, err := u.FinishText(true, noon); !errors.Is(err, fault.ExpiredHandle) {
		t.Error("finished twice:", err)
	}
	// After a refusal there is nothing to finish, though there was before.
	if err := policy.PrepareInto(&u, []byte("x")); !errors.Is(err, fault.TokenMalformed) {
		t.Error(err)
	}
	if _, err := u.FinishText(true, noon); !errors.Is(err, fault.ExpiredHandle) {
		t.Error("finished after a refusal:", err)
	}
}

// TestHeadersAreReadAgain wherever another header or another policy could be
// mistaken for the one before.
func TestHeadersAreReadAgain(t *testing.T) {
	good := []byte(signed(t, testClaims()))
	other, err := Prepare(Header{Algorithm: HS256, KeyID: "other", Type: "other+jwt"}, testClaims())
	if err != nil {
		t.Fatal(err)
	}
	compact, err := other.Finish(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	strict, lax, es256, another := testPolicy(), testPolicy(), testPolicy(), testPolicy()
	lax.AnyType = true
	es256.Algorithms = []Algorithm{ES256}
	another.Type = "other+jwt"
	var u Unverified
	for i, step := range []struct {
		policy *Policy
		text   []byte
		code   fault.Code
		kid    string
	}{
		{&strict, good, "", "k"}, {&strict, good, "", "k"}, {&es256, good, fault.TokenAlgorithm, ""}, {&strict, good, "", "k"},
		{&another, good, fault.TokenType, ""}, {&another, []byte(compact), "", "other"}, {&strict, []byte(compact), fault.TokenType, ""},
		{&lax, []byte(compact), "", "other"}, {&lax, good, "", "k"}, {&strict, good, "", "k"}, {&strict, append([]byte("x"), good...), fault.TokenMalformed, ""},
		{&strict, good, "", "k"}, {&strict, good[:len(good)-4], fault.TokenSignatureFormat, ""}, {&strict, good, "", "k"},
	} {
		if err := step.policy.PrepareInto(&u, step.text); fault.CodeOf(err) != step.code || err == nil && u.KeyID != step.kid {
			t.Errorf("step %d: %v, kid %q", i, err, u.KeyID)
		}
	}
	// An allow-list that was changed in place is another one.
	if err := strict.PrepareInto(&u, good); err != nil {
		t.Fatal(err)
	}
	strict.Algorithms[0] = ES256
	if err := strict.PrepareInto(&u, good); !errors.Is(err, fault.TokenAlgorithm) {
		t.Error(err)
	}
}

// TestIssuingInSteadyState: a token takes the text to be signed, the token, and
// little else.
func TestIssuingInSteadyState(t *testing.T) {
	header, claims, signature := Header{Algorithm: HS256, KeyID: "a-key-of-some-length"}, testClaims(), make([]byte, 32)
	if n := testing.AllocsPerRun(100, func() {
		u, err := Prepare(header, claims)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Finish(signature); err != nil {
			t.Fatal(err)
		}
	}); n > 5 {
		t.Errorf("%v allocations", n)
	}
}
