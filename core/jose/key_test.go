package jose

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// TestThumbprints are the examples of RFC 7638 and RFC 8037.
func TestThumbprints(t *testing.T) {
	for source, c := range map[string]struct{ jwk, want string }{
		"RFC 7638 section 3.1": {`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`,
			"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		"RFC 8037 appendix A.3":                     {`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
		"RFC 8037 appendix A.3, the private key":    {`{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
		"RFC 7638 section 7: a secret is not shown": {`{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`, ""},
	} {
		key, err := ParseKey([]byte(c.jwk))
		if err != nil {
			t.Fatal(err)
		}
		if got := key.Thumbprint(); got != c.want {
			t.Errorf("%s: %s, want %s", source, got, c.want)
		}
	}
}

const (
	ecPublic  = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	ecPrivate = ecPublic + `,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"`
)

func TestParseKeyRefuses(t *testing.T) {
	for jwk, want := range map[string]string{
		``:                        "not JSON",
		`{"kty":"EC","kty":"EC"}`: "two members of one name",
		`{} {}`:                   "not JSON",
		`[]`:                      "an object is due",
		`null`:                    "an object is due",
		`{}`:                      "kty",
		`{"kty":1}`:               "a string is due",
		`{"kty":"AKP"}`:           "not supported",
		`{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}`:                                 "not supported",
		`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}`: "member y",
		`{"kty":"ec","crv":"P-256"}`:                                                   "not supported",
		ecPublic + `,"alg":"ES384"}`:                                                   "does not fit",
		ecPublic + `,"alg":"HS256"}`:                                                   "does not fit",
		ecPublic + `,"alg":["ES256"]}`:                                                 "a string is due",
		ecPublic + `,"use":"enc"}`:                                                     "sig is due",
		ecPublic + `,"use":["sig"]}`:                                                   "a string is due",
		ecPublic + `,"key_ops":"verify"}`:                                              "an array is due",
		ecPublic + `,"key_ops":["sign"]}`:                                              "neither sign nor verify",
		ecPublic + `,"key_ops":["verify",7]}`:                                          "names are due",
		ecPublic + `,"key_ops":["verify","ver\u0069fy"]}`:                              "twice",
		ecPublic + `,"kid":7}`:                                                         "a string is due",
		ecPublic + `,"d":null}`:                                                        "a string is due",
		ecPublic + `,"d":""}`:                                                          "canonical base64url",
		ecPublic + `,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LA"}`:               "are no key",
		ecPublic + `,"d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`:               "are no key",
		ecPublic + `,"d":"_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE"}`:               "are no key",
		ecPublic + `,"d":"jpsQ"}`:                                                      "d of the P-256 key has 3 bytes, 32 are due",
		strings.Replace(ecPublic, "f83O", "f83P", 1) + `}`:                             "are no key",
		strings.Replace(ecPublic, "VEU\"", "VEV\"", 1) + `}`:                           "canonical base64url",
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`: "are no key",
		`{"kty":"OKP","crv":"Ed25519","x":"AQ"}`:                                          "x of the Ed25519 key has 1 bytes, 32 are due",
		`{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA"}`: "low order",
		`{"kty":"oct","k":"c2hvcnQ"}`:                                                     "at least 32",
		`{"kty":"oct","k":""}`:                                                            "canonical base64url",
		`{"kty":"RSA","n":"AQAB","e":"AQAB"}`:                                             "2048 to 4096",
		`{"kty":"RSA","n":"AQAB"}`:                                                        "2048 to 4096",
		`{"kty":"RSA","e":"AQAB"}`:                                                        "member n of the RSA key is missing",
	} {
		_, err := ParseKey([]byte(jwk))
		if !errors.Is(err, fault.InvalidKey) || !strings.Contains(fault.DetailOf(err), want) {
			t.Errorf("%s: %v, want %q", jwk, err, want)
		}
	}
}

func TestRSAPrivateMembersComeTogether(t *testing.T) {
	key, err := Generate(token.RS256)
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.Private()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	change := func(name string, value any) error {
		changed := map[string]any{}
		for n, v := range members {
			changed[n] = v
		}
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
		text, _ := json.Marshal(changed)
		_, err := ParseKey(text)
		return err
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		if err := change(name, nil); !errors.Is(err, fault.InvalidKey) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	for name, value := range map[string]any{"oth": []any{}, "e": "AQAC", "p": members["q"], "n": members["d"]} {
		if err := change(name, value); !errors.Is(err, fault.InvalidKey) {
			t.Errorf("with another %s: %v", name, err)
		}
	}
	if err := change("x5c", []string{"not read"}); err != nil {
		t.Error(err)
	}
}

func TestKeyOps(t *testing.T) {
	for _, c := range []struct {
		jwk          string
		sign, verify bool
	}{
		{ecPublic + `}`, false, true},
		{ecPrivate + `}`, true, true},
		{ecPrivate + `,"key_ops":["sign"]}`, true, true}, // its public half verifies
		{ecPrivate + `,"key_ops":["verify"]}`, false, true},
		{ecPublic + `,"key_ops":["sign","verify"]}`, false, true},
		{`{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","key_ops":["sign"]}`, true, false},
		{`{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","key_ops":["verify"]}`, false, true},
	} {
		key, err := ParseKey([]byte(c.jwk))
		if err != nil {
			t.Fatal(err)
		}
		algorithm := key.Algorithms()[0]
		if key.signs(algorithm) != c.sign || key.CanSign() != c.sign || key.verifies(algorithm) != c.verify {
			t.Errorf("%s: signs %v, verifies %v", c.jwk, key.signs(algorithm), key.verifies(algorithm))
		}
		if _, err := key.Sign(algorithm, nil); (fault.CodeOf(err) == fault.TokenKeyMismatch) == c.sign {
			t.Errorf("%s: Sign: %v", c.jwk, err)
		}
	}
}

// TestGenerate: what is generated can be written, read and published, and only
// Private shows what is private.
func TestGenerate(t *testing.T) {
	for _, algorithm := range token.Algorithms() {
		key, err := Generate(algorithm)
		if err != nil {
			t.Fatal(err)
		}
		private, err := key.Private()
		if err != nil {
			t.Fatal(err)
		}
		read, err := ParseKey(private)
		if err != nil {
			t.Fatal(err)
		}
		if read.ID() != key.ID() || key.ID() == "" || len(read.Algorithms()) != 1 || read.Algorithms()[0] != algorithm || !read.CanSign() {
			t.Errorf("%s: %v became %v", algorithm, key, read)
		}
		public, err := key.Public()
		if algorithm == token.HS256 {
			if !errors.Is(err, fault.InvalidKey) || public != nil {
				t.Errorf("a secret has the public half %s, %v", public, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if key.ID() != key.Thumbprint() {
			t.Errorf("%s: kid %s, thumbprint %s", algorithm, key.ID(), key.Thumbprint())
		}
		half, err := ParseKey(public)
		if err != nil || half.CanSign() || half.Thumbprint() != key.Thumbprint() {
			t.Errorf("%s: public half %v, %v", algorithm, half, err)
		}
		noPrivateMembers(t, public)
	}
	if _, err := Generate("ES512"); !errors.Is(err, fault.InvalidKey) {
		t.Errorf("ES512: %v", err)
	}
}

// noPrivateMembers looks for the names of everything private in a JWK or set.
func noPrivateMembers(t *testing.T, text []byte) {
	t.Helper()
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "k", "oth", "priv"} {
		if strings.Contains(string(text), `"`+name+`"`) {
			t.Errorf("%s is published in %s", name, text)
		}
	}
}

// TestKeysAreNotPrinted: no verb of fmt shows what is private.
func TestKeysAreNotPrinted(t *testing.T) {
	const secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
	key, err := ParseKey([]byte(`{"kty":"oct","kid":"s","k":"` + secret + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.DecodeBase64URL(secret)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{key, &key, NewSet(key), []Key{key}, map[string]Key{"": key}, struct{ key Key }{key}, struct{ set *Set }{NewSet(key)}, Verifier{Keys: NewSet(key)}} {
			text := fmt.Sprintf(verb, v)
			for _, leak := range []string{secret[:8], string(raw[:8]), fmt.Sprint(raw[:4])[1:12], fmt.Sprintf("%#v", raw[:4])[7:20]} {
				if strings.Contains(text, leak) {
					t.Errorf("%s of %T shows %s", verb, v, text)
				}
			}
		}
	}
	if text := fmt.Sprint(key); text != `secret "s"` {
		t.Errorf("the key is called %s", text)
	}
}
