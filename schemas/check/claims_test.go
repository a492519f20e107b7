package check

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/schemas/vectors"
)

// TestClaimsOfVectors holds the claims of accepted tokens, and of those that
// were refused for a claim's shape or absence, against the schema.
func TestClaimsOfVectors(t *testing.T) {
	cases, err := vectors.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	accepted, refused := 0, 0
	for _, c := range cases {
		switch {
		case c.OK && !c.Raw:
			accepted++
			if err := Claims(c.Claims); err != nil {
				t.Errorf("%s: %s was accepted: %v", c.File, c.Name, err)
			}
		case c.Code == "invalid-claim", c.Code == "missing-claim":
			refused++
			parts := strings.Split(c.Token, ".")
			payload, err := base64.RawURLEncoding.DecodeString(parts[1])
			if err != nil {
				t.Fatalf("%s: %s: %v", c.File, c.Name, err)
			}
			if Claims(payload) == nil {
				t.Errorf("%s: %s was refused for a claim, and the schema accepts it", c.File, c.Name)
			}
		}
	}
	if accepted == 0 || refused == 0 {
		t.Errorf("%d tokens accepted and %d refused: nothing was compared", accepted, refused)
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
}
