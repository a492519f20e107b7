// Package token holds the claims of a binding token and the policy by which one
// is issued and accepted. The signature itself is computed and checked by
// whoever holds the key: core/jose in Go, WebCrypto in JavaScript, a key
// service.
//
// To verify, prepare, let the key's holder check the signature, and finish:
//
//	pending, err := policy.Prepare(compact)
//	ok := verify(pending.Algorithm, pending.KeyID, pending.SigningInput(), pending.Signature)
//	claims, err := pending.Finish(ok, now)
//
// To issue, [Prepare] a header and [Claims], sign, and finish with the
// signature. Most callers want core/jose, which does the step in the middle.
// Whoever does that step elsewhere learns from [ReadKeys] which key may be used
// with which algorithm.
//
// [Policy.Inspect] judges a token by each rule on its own and shows what stands in
// it. That is for people's eyes: nothing may be decided by it.
//
// Every refusal has a code of core/fault, and a detail that never holds the
// token. Verifying shows no claim before the signature was said to be valid, and a
// pending verification is finished once. Nothing here reads a clock, fetches a
// key or draws randomness: now and jti come in.
//
// # What a binding token promises
//
// The holder of a valid token may receive, on the websocket that its aud names
// and until exp, the notifications of the Subscriptions listed in it, as they
// would be sent to the caller named by sub, who could read those Subscriptions
// when the issuer, iss, was asked.
//
// # What it does not promise
//
//   - Who holds it. It is a bearer token: browsers send no headers on a
//     websocket, so whoever has the token can bind with it. It is to be kept out
//     of URLs and logs, sent over TLS only, and short-lived.
//   - That it was not used before. Single use and revocation need state, by jti,
//     and are the server's. The bytes do not identify a token: an ECDSA signature
//     has a twin, so jti is what to compare, never the compact form.
//   - That access still stands. It was true at iat; the server revokes, and a
//     Subscription that was deleted ends by itself.
//   - Secrecy. The claims are signed, not encrypted: anybody who sees the token
//     reads the ids and the caller. It holds no scope and no clinical data.
//   - Anything over REST. It is no access token, and typ keeps the two apart in
//     both directions.
//
// # What is assumed of an attacker
//
// They choose every byte of the token, and know the policy, the public keys and
// other tokens of the same issuer. So the algorithm comes from the caller's list
// and fits the key or is refused; kid is compared with the kids of the set and
// used for nothing else; keys that a token brings or points to are refused, not
// fetched; and one token has one spelling: canonical base64url, no white space,
// no duplicate members. Certificate thumbprints (x5t, x5t#S256) only name a
// certificate, and are ignored as RFC 7515 asks of members not understood. The
// rules are those of RFC 7515, RFC 7519 and RFC 8725. No secret is compared in
// this package: an HMAC is checked by the key's holder, in constant time.
package token

import "time"

// Type is the typ of a binding token.
const Type = "fhir-ws-binding+jwt"

// The bounds that stand in for the zero values of [Policy], and the one on ids.
const (
	DefaultMaxLifetime = 24 * time.Hour
	DefaultMaxSize     = 64 << 10 // bytes of the compact form
	MaxSubscriptions   = 1000     // ids in one token
)

// Policy says which tokens are accepted. Its zero value accepts none: the
// algorithms, the issuer and the audience must be given. A Policy is not
// changed by its methods and may be shared.
type Policy struct {
	// Algorithms is the allow-list. The token's alg must be on it; nothing is
	// on it by default.
	Algorithms []Algorithm

	// Issuer is the iss that is due, the FHIR base, compared byte for byte.
	Issuer string
	// AnyIssuer accepts whatever iss the token has. A token of another server
	// that shares a key is then accepted; it is for tools that inspect tokens.
	AnyIssuer bool

	// Audience is the aud that is due, the websocket-url, compared byte for
	// byte with the claim or with each of its values.
	Audience string
	// AnyAudience accepts whatever aud the token has. A token for another
	// websocket is then accepted; it is for tools that inspect tokens.
	AnyAudience bool

	// Type is the typ that is due, "" for [Type]. It is compared as a media
	// type: without regard to ASCII case, and "application/" may be left out
	// (RFC 7515 section 4.1.9).
	Type string
	// AnyType accepts any typ or none. A token for another purpose that
	// happens to have the claims is then accepted; it is for raw JWS.
	AnyType bool

	// Leeway is how far clocks may differ: it is added to exp and taken from
	// nbf and iat. The default is none; a minute is plenty.
	Leeway time.Duration
	// MaxLifetime bounds exp minus iat (or nbf, or now, whichever is there
	// first); 0 means DefaultMaxLifetime.
	MaxLifetime time.Duration
	// MaxSize bounds the compact form in bytes; 0 means DefaultMaxSize.
	MaxSize int
}

func (p *Policy) typ() string {
	if p.Type == "" {
		return Type
	}
	return p.Type
}

func (p *Policy) maxSize() int {
	if p.MaxSize == 0 {
		return DefaultMaxSize
	}
	return p.MaxSize
}

func (p *Policy) maxLifetime() time.Duration {
	if p.MaxLifetime == 0 {
		return DefaultMaxLifetime
	}
	return p.MaxLifetime
}
