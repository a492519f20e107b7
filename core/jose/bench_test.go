package jose

import (
	"testing"

	"github.com/wsbind/wsbind/core/token"
)

// BenchmarkVerify is one token: form, header, key, signature, claims.
func BenchmarkVerify(b *testing.B) {
	keys, tokens := fuzzSet()
	v := Verifier{Keys: keys, Policy: testPolicy()}
	for i, algorithm := range token.Algorithms() {
		b.Run(string(algorithm), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(tokens[i], noon); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPolicy is the part of it that is core/token's.
func BenchmarkPolicy(b *testing.B) {
	_, tokens := fuzzSet()
	p := testPolicy()
	b.ReportAllocs()
	for b.Loop() {
		u, err := p.Prepare(tokens[0])
		if err != nil {
			b.Fatal(err)
		}
		if _, err := u.Finish(true, noon); err != nil {
			b.Fatal(err)
		}
	}
}
