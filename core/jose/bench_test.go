package jose

import (
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/wsbind/wsbind/core/token"
)

// BenchmarkVerify is one token: form, header, key, signature, claims. Beside it
// stands what go-jose's own jwt package does with the same token and key.
func BenchmarkVerify(b *testing.B) {
	keys, tokens := fuzzSet()
	v := Verifier{Keys: keys, Policy: testPolicy()}
	for i, algorithm := range token.Algorithms() {
		b.Run(string(algorithm)+"/ours", func(b *testing.B) {
			for b.Loop() {
				if _, err := v.Verify(tokens[i], noon); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(algorithm)+"/go-jose-jwt", func(b *testing.B) {
			allowed := []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(algorithm)}
			key := keys.entries[i].key.verificationKey(algorithm)
			for b.Loop() {
				var claims jwt.Claims
				parsed, err := jwt.ParseSigned(tokens[i], allowed)
				if err == nil {
					err = parsed.Claims(key, &claims)
				}
				if err == nil {
					err = claims.ValidateWithLeeway(jwt.Expected{Time: noon}, 0)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
