package jose

import (
	"time"

	"github.com/wsbind/wsbind/core/token"
)

// Inspect judges a token by every rule, for people to look at, and checks the
// signature wherever that can be done, whatever else is wrong. Nothing may be
// decided by what it returns: that is what [Verifier.Verify] is for. Without a
// set of keys the signature is not checked.
func (v *Verifier) Inspect(compact string, now time.Time) token.Inspection {
	i := v.Policy.Inspect(compact, now, token.SignatureVerdict{})
	if v.Keys == nil || !i.Checkable {
		return i
	}
	return v.Policy.Inspect(compact, now, v.ask(compact, &i, now))
}

func (v *Verifier) ask(compact string, i *token.Inspection, now time.Time) token.SignatureVerdict {
	algorithm := token.Algorithm(i.Algorithm)
	key, err := v.Keys.Find(&token.Unverified{Algorithm: algorithm, KeyID: i.KeyID, HasKeyID: i.HasKeyID}, now)
	if err != nil {
		return token.SignatureVerdict{Err: err}
	}
	verified := key.Verify(algorithm, []byte(compact[:i.SigningInput]), i.Signature)
	return token.SignatureVerdict{Asked: true, Verified: verified}
}
