package token

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
)

const jwkP256 = `"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`

// TestAppendKeys: a host learns what each key may do, and nothing of the key.
func TestAppendKeys(t *testing.T) {
	keys, set, err := ReadKeys([]byte(`{"keys":[
		{` + jwkP256 + `,"kid":"a\"b","use":"sig"},
		{` + jwkP256 + `,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","key_ops":["sign"]},
		{"kty":"oct","kid":"","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","key_ops":["sign"]},
		{"kty":"RSA","kid":"r","alg":"PS256","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xff", 256))) + `"},
		{"kty":"EC","crv":"P-521","kid":"u"}, null, {"kid":7}]}`))
	if err != nil || !set {
		t.Fatal(set, err)
	}
	want := `{"keys":[` +
		`{"kid":"a\"b","name":"P-256 key","algorithms":["ES256"],"sign":false,"verify":true},` +
		`{"kid":null,"name":"P-256 key","algorithms":["ES256"],"sign":true,"verify":true},` +
		`{"kid":null,"name":"secret","algorithms":["HS256"],"sign":true,"verify":false},` +
		`{"kid":"r","name":"RSA key","algorithms":["PS256"],"sign":false,"verify":true},` +
		`{"kid":"u","unusable":"kty \"EC\" with crv \"P-521\" is not supported: EC with P-256 or P-384, OKP with Ed25519, RSA and oct are"},` +
		`{"kid":null,"unusable":"the key is null, an object is due"},` +
		`{"kid":null,"unusable":"member kid is a number, a string is due"}]}`
	if got := string(AppendKeys(nil, keys)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestReadKeysOfOne: a JWK is a set of one, and what spoils it spoils the set.
func TestReadKeysOfOne(t *testing.T) {
	keys, set, err := ReadKeys([]byte("{" + jwkP256 + "}"))
	if err != nil || set || len(keys) != 1 || !keys[0].Verify {
		t.Errorf("%v, %v, %v", keys, set, err)
	}
	if _, _, err := ReadKeys([]byte("{" + jwkP256 + `,"use":"enc"}`)); !errors.Is(err, fault.InvalidKey) {
		t.Errorf("a JWK for encryption: %v", err)
	}
}

// TestLowOrderPoints: with the identity, say, every signature of the same shape
// is good for every message.
func TestLowOrderPoints(t *testing.T) {
	read := func(point string) error {
		_, err := ReadKey([]byte(`{"kty":"OKP","crv":"Ed25519","x":"` + base64.RawURLEncoding.EncodeToString([]byte(point)) + `"}`))
		return err
	}
	for _, y := range lowOrder {
		for _, sign := range []byte{0, 0x80} {
			point := y[:31] + string([]byte{y[31] | sign})
			if err := read(point); !errors.Is(err, fault.InvalidKey) {
				t.Errorf("%x: %v", point, err)
			}
		}
	}
	if err := read("\x02" + lowOrder[0][1:]); err != nil {
		t.Errorf("2 is no y of low order: %v", err)
	}
}

// TestEvenModulus: some libraries refuse it, others find every signature bad.
func TestEvenModulus(t *testing.T) {
	n := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xff", 255) + "\xfe"))
	if _, err := ReadKey([]byte(`{"kty":"RSA","e":"AQAB","n":"` + n + `"}`)); !errors.Is(err, fault.InvalidKey) {
		t.Error(err)
	}
}
