package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
)

// What is issued at the time issuedAt, and read then.
const (
	issuedAt   = 1_767_355_200
	goodClaims = `{"iss":"https://fhir.example/R4","aud":"wss://fhir.example/ws","sub":"a é 😀","iat":1767355200,"nbf":1767355200,"exp":1767355500,"jti":"1","subscription":["1","b.2"],"fhir":"R4"}`
)

// signingKeys are private JWKs by algorithm: those of RFC 7515 appendix A and RFC
// 8037 appendix A, and for P-384 one of a hash. They protect nothing.
func signingKeys() map[token.Algorithm]string {
	const rsa = `{"kty":"RSA","kid":"rsa","e":"AQAB",
		"n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
		"d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
		"p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
		"q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
		"dp":"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
		"dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
		"qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U"}`
	return map[token.Algorithm]string{
		token.ES256: `{"kty":"EC","kid":"p-256","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`,
		token.ES384: p384(),
		token.EdDSA: `{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`,
		token.RS256: rsa, token.RS384: rsa, token.PS256: rsa,
		token.HS256: `{"kty":"oct","kid":"secret","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`,
	}
}

func p384() string {
	d := sha512.Sum384([]byte("wsbind conformance P-384"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P384(), d[:])
	if err != nil {
		panic(err) // the hash is what it is
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"kty":"EC","kid":"p-384","crv":"P-384","x":%q,"y":%q,"d":%q}`, b64(point[1:49]), b64(point[49:]), b64(d[:]))
}

// addIssues adds tokens to be issued with every algorithm, and claims that are
// refused.
func (s *Suite) addIssues() error {
	keys := signingKeys()
	for _, a := range token.Algorithms() {
		public := keys[a] // of a secret there is no other half
		if a != token.HS256 {
			key, err := jose.ParseKey([]byte(keys[a]))
			if err != nil {
				return err
			}
			text, err := key.Public()
			if err != nil {
				return err
			}
			public = string(text)
		}
		s.addIssue(string(a), a, keys[a], public, goodClaims)
	}
	for _, c := range []struct{ name, old, new string }{
		{"aud-list", `"wss://fhir.example/ws"`, `["wss://a.example","wss://b.example"]`},
		{"least", `"sub":"a é 😀","iat":1767355200,"nbf":1767355200,`, ``},
		{"no-iss", `"iss":"https://fhir.example/R4",`, ``},
		{"no-exp", `"exp":1767355500,`, ``},
		{"no-subscription", `["1","b.2"]`, `[]`},
		{"no-id", `"b.2"`, `"b 2"`},
		{"twice-the-id", `"b.2"`, `"1"`},
		{"no-release", `"R4"}`, `"R3"}`},
		{"exp-before-iat", `1767355500`, `1767355100`},
		{"exp-after-9999", `1767355500`, `253402300800`},
	} {
		s.addIssue(c.name, token.HS256, keys[token.HS256], keys[token.HS256], strings.Replace(goodClaims, c.old, c.new, 1))
	}
	return nil
}

func (s *Suite) addIssue(name string, a token.Algorithm, private, public, claims string) {
	s.Cases = append(s.Cases, Case{
		Kind: "issue", Name: name, Document: claims, Key: private,
		Policy: &Policy{Keys: public, Algorithms: []string{string(a)}, Now: issuedAt},
	})
}

// issued is the answer to claims that are to be issued: the token, which must be
// one that the engine itself accepts. Of the algorithms that draw randomness the
// signature is left out.
func (e *engine) issued(c *Case) (Answer, error) {
	compact, err := e.issue(c)
	if err != nil {
		return verdictOn(err, Answer{}), nil
	}
	check := *c
	check.Document = compact
	if _, err := e.verify(&check); err != nil {
		return Answer{}, fmt.Errorf("what was issued is refused: %w", err)
	}
	switch a := token.Algorithm(c.Policy.Algorithms[0]); a {
	case token.ES256, token.ES384, token.PS256:
		compact = compact[:strings.LastIndexByte(compact, '.')]
	}
	return verdictOn(nil, Answer{Token: compact}), nil
}

// claims returns the claims of a case of kind issue.
func (c *Case) claims() (token.Claims, error) {
	var in struct {
		Iss, Sub, Jti, Fhir string
		Aud                 any
		Iat, Nbf, Exp       *int64
		Subscription        []string
	}
	if err := json.Unmarshal([]byte(c.Document), &in); err != nil {
		return token.Claims{}, err
	}
	out := token.Claims{
		Issuer: in.Iss, Subject: in.Sub, ID: in.Jti, Release: in.Fhir, Subscriptions: in.Subscription,
		IssuedAt: date(in.Iat), NotBefore: date(in.Nbf), Expires: date(in.Exp),
	}
	switch aud := in.Aud.(type) {
	case string:
		out.Audience = []string{aud}
	case []any:
		for _, a := range aud {
			out.Audience = append(out.Audience, a.(string))
		}
	}
	return out, nil
}

func date(seconds *int64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return time.Unix(*seconds, 0).UTC()
}
