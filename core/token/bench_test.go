package token_test

import (
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/token"
)

// BenchmarkPolicy is all of verifying but the arithmetic: for a caller in Go,
// and as the WebAssembly module does it for its host.
func BenchmarkPolicy(b *testing.B) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	unsigned, err := token.Prepare(token.Header{Algorithm: token.HS256, KeyID: "hs-1"}, token.Claims{
		Issuer: "https://fhir.example/R4", Audience: []string{"wss://fhir.example/ws"}, Subject: "anonymous",
		IssuedAt: now, NotBefore: now, Expires: now.Add(5 * time.Minute), ID: "0a1b",
		Subscriptions: []string{"a1", "b-2.c"}, Release: "R4"})
	if err != nil {
		b.Fatal(err)
	}
	compact, err := unsigned.Finish(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	policy := token.Policy{Algorithms: []token.Algorithm{token.HS256}, Issuer: "https://fhir.example/R4", Audience: "wss://fhir.example/ws"}
	b.Run("claims", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			u, err := policy.Prepare(compact)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := u.Finish(true, now); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("text", func(b *testing.B) {
		var u token.Unverified
		text := []byte(compact)
		b.ReportAllocs()
		for b.Loop() {
			if err := policy.PrepareInto(&u, text); err != nil {
				b.Fatal(err)
			}
			if _, err := u.FinishText(true, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}
