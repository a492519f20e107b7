package host

import (
	"encoding/json"
	"math/big"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/token"
)

// wireClaims are the claims of a token by their names, which are told apart by
// case: encoding/json does not where it reads into a struct.
type wireClaims map[string]json.RawMessage

// claimsOf makes claims of those that the module accepted.
func claimsOf(w wireClaims, compact string) (c token.Claims, err error) {
	var audience one
	var subscriptions []string
	var issuedAt, notBefore, expires json.Number
	for name, into := range map[string]any{
		"iss": &c.Issuer, "aud": &audience, "sub": &c.Subject, "jti": &c.ID, "fhir": &c.Release,
		"iat": &issuedAt, "nbf": &notBefore, "exp": &expires, "subscription": &subscriptions,
	} {
		if text, ok := w[name]; ok {
			if err := json.Unmarshal(text, into); err != nil {
				return token.Claims{}, incompatible("claim " + name + " cannot be read")
			}
		}
	}
	c.Audience, c.Subscriptions = audience, distinct(subscriptions)
	c.IssuedAt, c.NotBefore, c.Expires = date(issuedAt), date(notBefore), date(expires)
	if c.Raw, err = payloadOf(compact); err != nil {
		return token.Claims{}, incompatible("it accepts a token whose payload cannot be decoded")
	}
	return c, nil
}

// one reads a string as a list of one (RFC 7519 section 4.1.3).
type one []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *one) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(o))
	}
	*o = make(one, 1)
	return json.Unmarshal(text, &(*o)[0])
}

// distinct leaves out the ids that stood before, as token.Distinct does.
func distinct(ids []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			kept = append(kept, id)
		}
		seen[id] = true
	}
	return slices.Clip(kept)
}

// date reads seconds since 1970 as JSON writes them, exact to the nanosecond
// below; "" is the zero time. A number that the module accepted is small enough
// for exact arithmetic.
func date(n json.Number) time.Time {
	exact, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return time.Time{}
	}
	exact.Mul(exact, big.NewRat(int64(time.Second), 1))
	nanoseconds := new(big.Int).Div(exact.Num(), exact.Denom()) // rounds down
	whole, rest := nanoseconds.DivMod(nanoseconds, big.NewInt(int64(time.Second)), new(big.Int))
	return time.Unix(whole.Int64(), rest.Int64()).UTC()
}
