package jose

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

func appendKid(dst []byte, kid string) []byte {
	return jsonscan.AppendString(append(dst, `,"kid":`...), kid)
}

func TestIssueAndVerify(t *testing.T) {
	for _, algorithm := range token.Algorithms() {
		keys := NewSet(generate(t, algorithm))
		compact, err := (&Issuer{Keys: keys}).Issue(testClaims())
		if err != nil {
			t.Fatal(err)
		}
		policy := testPolicy()
		policy.Algorithms = []token.Algorithm{algorithm}
		v := Verifier{Keys: keys, Policy: policy}
		got, err := v.Verify(compact, noon.Add(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if got.ID != "7c1" || !slices.Equal(got.Subscriptions, []string{"a", "b"}) || !got.Expires.Equal(testClaims().Expires) {
			t.Errorf("%s: claims %+v", algorithm, got)
		}
		if payload, err := v.VerifyRaw(compact, noon); err != nil || string(payload) != string(got.Raw) {
			t.Errorf("%s: raw %s, %v", algorithm, payload, err)
		}
		if _, err := v.Verify(compact, got.Expires); !errors.Is(err, fault.ExpiredToken) {
			t.Errorf("%s: at exp: %v", algorithm, err)
		}
	}
}

// TestTwoTokensDiffer: signatures with randomness have some.
func TestTwoTokensDiffer(t *testing.T) {
	for _, algorithm := range []token.Algorithm{token.ES256, token.ES384, token.PS256} {
		issuer := Issuer{Keys: NewSet(generate(t, algorithm))}
		a, errA := issuer.Issue(testClaims())
		b, errB := issuer.Issue(testClaims())
		if errA != nil || errB != nil || a == b {
			t.Errorf("%s: the same token twice, or %v, %v", algorithm, errA, errB)
		}
	}
}

// TestAgainstGoJoseJWT: go-jose's own jwt package accepts what is issued here,
// and what it signs is accepted here.
func TestAgainstGoJoseJWT(t *testing.T) {
	for _, algorithm := range token.Algorithms() {
		key := generate(t, algorithm)
		keys := NewSet(key)
		compact, err := (&Issuer{Keys: keys}).Issue(testClaims())
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jwt.ParseSigned(compact, []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(algorithm)})
		if err != nil {
			t.Fatal(err)
		}
		var theirs jwt.Claims
		var more struct {
			Subscription []string `json:"subscription"`
		}
		public := key.jwk.Key
		if algorithm != token.HS256 {
			public = key.jwk.Public().Key
		}
		if err := parsed.Claims(public, &theirs, &more); err != nil {
			t.Errorf("%s: go-jose refuses what is issued here: %v", algorithm, err)
		}
		if err := theirs.ValidateWithLeeway(jwt.Expected{Issuer: testClaims().Issuer, AnyAudience: testClaims().Audience, Time: noon}, 0); err != nil || len(more.Subscription) != 2 {
			t.Errorf("%s: go-jose reads %+v, %+v: %v", algorithm, theirs, more, err)
		}
		signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: gojose.SignatureAlgorithm(algorithm), Key: key.jwk.Key},
			(&gojose.SignerOptions{}).WithType(token.Type).WithHeader("kid", key.ID()))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jwt.Signed(signer).Claims(theirs).Claims(more).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&Verifier{Keys: keys, Policy: testPolicy()}).Verify(signed, noon)
		if err != nil || got.ID != "7c1" || !got.Expires.Equal(testClaims().Expires) {
			t.Errorf("%s: what go-jose signs: %+v, %v", algorithm, got, err)
		}
	}
}

// TestTokensAreNotInErrors: no refusal of a changed token shows a part of it.
func TestTokensAreNotInErrors(t *testing.T) {
	keys := NewSet(generate(t, token.ES256))
	compact, err := (&Issuer{Keys: keys}).Issue(testClaims())
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(compact, ".")
	v := Verifier{Keys: keys, Policy: testPolicy()}
	for _, changed := range []string{
		compact + "=", compact + "\n", compact + ".x", part[0] + "." + part[1], part[1] + "." + part[0] + "." + part[2],
		part[0] + "." + part[1] + "." + part[0], `{"payload":"` + part[1] + `"}`, part[0][:10] + "." + part[1] + "." + part[2],
	} {
		_, err := v.Verify(changed, noon)
		if err == nil {
			t.Errorf("%s is accepted", changed)
			continue
		}
		for _, p := range part {
			if strings.Contains(err.Error(), p[len(p)-16:]) {
				t.Errorf("a part of the token stands in %q", err)
			}
		}
	}
}

// TestEveryByteCounts: each byte of a token, replaced by each of some others,
// spoils it.
func TestEveryByteCounts(t *testing.T) {
	keys := NewSet(generate(t, token.ES256))
	compact, err := (&Issuer{Keys: keys}).Issue(testClaims())
	if err != nil {
		t.Fatal(err)
	}
	v := Verifier{Keys: keys, Policy: testPolicy()}
	for i := range len(compact) {
		for _, b := range []byte{compact[i] ^ 1, 'A', '.', '=', '\n', 0x80} {
			if b == compact[i] {
				continue
			}
			if _, err := v.Verify(compact[:i]+string([]byte{b})+compact[i+1:], noon); err == nil {
				t.Fatalf("byte %d may be %q", i, b)
			}
		}
		if _, err := v.Verify(compact[:i]+compact[i+1:], noon); err == nil {
			t.Fatalf("byte %d may be left out", i)
		}
	}
}

// fuzzSet is a set with a key of each algorithm and a token of each.
var fuzzSet = sync.OnceValues(func() (*Set, []string) {
	var keys []Key
	var tokens []string
	for _, algorithm := range token.Algorithms() {
		key, err := Generate(algorithm)
		if err != nil {
			panic(err)
		}
		compact, err := (&Issuer{Keys: NewSet(key)}).Issue(testClaims())
		if err != nil {
			panic(err)
		}
		keys, tokens = append(keys, key), append(tokens, compact)
	}
	return NewSet(keys...), tokens
})

// FuzzMalleability: any single changed, added or removed byte of a valid token
// is refused.
func FuzzMalleability(f *testing.F) {
	keys, tokens := fuzzSet()
	for i := range tokens {
		f.Add(uint8(i), uint16(0), byte('f'), uint8(0))
		f.Add(uint8(i), uint16(len(tokens[i])-1), byte('A'), uint8(0))
		f.Add(uint8(i), uint16(len(tokens[i])), byte('='), uint8(1))
		f.Add(uint8(i), uint16(40), byte(0), uint8(2))
	}
	v := Verifier{Keys: keys, Policy: testPolicy()}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, b byte, how uint8) {
		compact := tokens[int(which)%len(tokens)]
		i := int(at) % len(compact)
		changed := compact[:i] + string([]byte{b}) + compact[i+1:]
		switch how % 3 {
		case 1:
			i = int(at) % (len(compact) + 1)
			changed = compact[:i] + string([]byte{b}) + compact[i:]
		case 2:
			changed = compact[:i] + compact[i+1:]
		}
		_, err := v.Verify(changed, noon)
		if (err == nil) != (changed == compact) {
			t.Errorf("token %d, byte %d, %q, %d: %v", which, i, b, how, err)
		}
		if err != nil && shows(err.Error(), compact[strings.IndexByte(compact, '.'):]) {
			t.Errorf("token %d, byte %d, %q, %d: a part of the token stands in %v", which, i, b, how, err)
		}
	})
}

// shows reports whether sixteen characters in a row of a secret stand in text.
func shows(text, secret string) bool {
	const run = 16
	for i := range len(secret) - run {
		if strings.Contains(text, secret[i:i+run]) {
			return true
		}
	}
	return false
}

// fixedKeys are private keys of RFC 7515, RFC 8037 and RFC 7515 again, so that
// what one process of the fuzzer signs another one verifies.
const fixedKeys = `{"keys":[` + ecPrivate + `,"kid":"es"},
	{"kty":"OKP","kid":"ed","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
	{"kty":"oct","kid":"hs","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}`

// FuzzVerifyNeverAcceptsForeign: no header and claims are accepted but those
// that were issued, and whatever is refused has a code of the table.
func FuzzVerifyNeverAcceptsForeign(f *testing.F) {
	keys, err := ParseSet([]byte(fixedKeys))
	if err != nil {
		f.Fatal(err)
	}
	var inputs []string
	for _, e := range keys.entries {
		compact, err := (&Issuer{Keys: NewSet(e.key)}).Issue(testClaims())
		if err != nil {
			f.Fatal(err)
		}
		part := strings.Split(compact, ".")
		inputs = append(inputs, part[0]+"."+part[1])
		f.Add(compact)
		f.Add(part[0] + ".." + part[2])
		f.Add(part[0] + "." + part[1] + ".")
		for _, other := range inputs {
			f.Add(other + "." + part[2])
		}
	}
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + ".e30.")
	f.Add(`{"payload":"e30","signatures":[]}`)
	v := Verifier{Keys: keys, Policy: testPolicy()}
	v.Policy.AnyType = true
	f.Fuzz(func(t *testing.T, compact string) {
		_, err := v.Verify(compact, noon)
		switch {
		case err == nil && !slices.Contains(inputs, compact[:strings.LastIndex(compact, ".")]):
			t.Errorf("%q is accepted", compact)
		case err != nil && !fault.CodeOf(err).Known():
			t.Errorf("%q: %v", compact, err)
		}
	})
}

// FuzzHeaderReadAlike: a header that the policy lets pass is one that go-jose
// reads too, so that a good signature is never called bad.
func FuzzHeaderReadAlike(f *testing.F) {
	for _, seed := range []string{
		`{"alg":"HS256"}`, `{"alg":"HS256","typ":"JWT","kid":"x","cty":1,"x5t":null}`, `{"alg":"HS256","x":[1e308,{"y":-0.5}],"nonce":"a"}`,
		`{"\u0061lg":"HS256","Alg":"none","ALG":1}`, `{"alg":"HS256","b64":true,"zip":"DEF","epk":{},"iv":1,"tag":[]}`, ` {"alg" : "HS256" } `,
		`{"alg":"HS256","p2c":"x","p2s":5,"apu":1,"apv":{},"enc":null,"url":7,"iat":"x","priv":1,"x5t#S256":0}`,
	} {
		f.Add(seed)
	}
	key, err := ParseKey([]byte(`{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`))
	if err != nil {
		f.Fatal(err)
	}
	p := testPolicy()
	p.AnyType = true
	f.Fuzz(func(t *testing.T, header string) {
		input := base64.RawURLEncoding.EncodeToString([]byte(header)) + ".e30"
		mac := hmac.New(sha256.New, key.jwk.Key.([]byte))
		mac.Write([]byte(input))
		u, err := p.Prepare(input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
		if err == nil && u.Algorithm == token.HS256 && !key.Verify(u.Algorithm, u.SigningInput(), u.Signature) {
			t.Errorf("%q passes the policy, and go-jose does not read it", header)
		}
	})
}

// FuzzParseSet: no set makes a panic, and what is published of it is a set
// without anything private.
func FuzzParseSet(f *testing.F) {
	f.Add([]byte(`{"keys":[` + ecPrivate + `},` + ecPublic + `,"kid":"a","use":"sig","key_ops":["verify"]}]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]}`))
	f.Add([]byte(`{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	for _, algorithm := range []token.Algorithm{token.RS256, token.ES384} {
		text, err := generate(f, algorithm).Private()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := ParseSet(text)
		if err != nil {
			if !errors.Is(err, fault.InvalidKey) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		published, err := set.Public(noon)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var jwks struct {
			Keys []map[string]any `json:"keys"`
		}
		if err := json.Unmarshal(published, &jwks); err != nil {
			t.Fatalf("%q: published as %s: %v", text, published, err)
		}
		for _, jwk := range jwks.Keys {
			for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
				if _, ok := jwk[name]; ok {
					t.Errorf("%q: %s is published", text, name)
				}
			}
		}
		if key, err := set.Active(); err == nil {
			compact, err := (&Issuer{Keys: NewSet(key)}).Issue(testClaims())
			if err != nil {
				t.Fatalf("%q: a usable key does not sign: %v", text, err)
			}
			if _, err := (&Verifier{Keys: NewSet(key), Policy: testPolicy()}).Verify(compact, noon); err != nil && key.verify {
				t.Errorf("%q: what the key signs it does not verify: %v", text, err)
			}
		}
	})
}
