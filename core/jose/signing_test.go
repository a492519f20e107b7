package jose

import (
	"strings"
	"sync"
	"testing"

	"github.com/wsbind/wsbind/core/token"
)

// TestOneKeySignsWithSeveralHeaders: what a key has signed with before is used again
// only for the header that it is for.
func TestOneKeySignsWithSeveralHeaders(t *testing.T) {
	text, err := generate(t, token.RS256).Private()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey([]byte(strings.Replace(string(text), `"alg":"RS256",`, "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	keys := NewSet(key)
	var all sync.WaitGroup
	for _, issuer := range []Issuer{
		{Keys: keys, Algorithm: token.RS256}, {Keys: keys, Algorithm: token.PS256},
		{Keys: keys, Algorithm: token.RS256, Type: "other"}, {Keys: keys, Algorithm: token.PS256, Type: "other"},
	} {
		all.Go(func() {
			v := Verifier{Keys: keys, Policy: testPolicy()}
			v.Policy.Algorithms, v.Policy.Type = []token.Algorithm{issuer.Algorithm}, issuer.Type
			for range 5 {
				compact, err := issuer.Issue(testClaims())
				if err == nil {
					_, err = v.Verify(compact, noon)
				}
				if err != nil {
					t.Errorf("%s %q: %v", issuer.Algorithm, issuer.Type, err)
				}
			}
		})
	}
	all.Wait()
}

// TestSigningInSteadyState: of what signs, the header is read for the first token
// only. Most of the rest is go-jose's.
func TestSigningInSteadyState(t *testing.T) {
	issuer := Issuer{Keys: NewSet(generate(t, token.EdDSA))}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := issuer.Issue(testClaims()); err != nil {
			t.Fatal(err)
		}
	}); n > 60 {
		t.Errorf("%v allocations", n)
	}
}
