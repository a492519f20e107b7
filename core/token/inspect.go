package token

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// Inspection is what people are shown of a token. Nothing in it was verified
// unless [Inspection.Valid] says so, and then [Policy.Prepare] and its Finish
// give the claims: nothing may be decided by an Inspection.
type Inspection struct {
	// HeaderText and ClaimsText are what stands in the token, whether it is JSON
	// or not; "" where it cannot be decoded or is not UTF-8.
	HeaderText, ClaimsText string
	// Algorithm is the header's alg, any string, and KeyID its kid.
	Algorithm              string
	KeyID                  string
	HasAlgorithm, HasKeyID bool
	// Checkable tells that the holder of the keys can be asked: the algorithm is
	// on the policy's list, and the signature has its form. SigningInput is then
	// how many bytes from the start of the token were signed.
	Checkable    bool
	SigningInput int
	Signature    []byte
	// Rules are all rules, in the order in which verifying applies them.
	Rules []Rule
}

// Rule is a rule and what came of it.
type Rule struct {
	Name  string // in kebab case
	State State
	// Code is that of the refusal where the rule is broken. Where it is unknown
	// there mostly is none.
	Code fault.Code
	// Detail says what was found, and what is due. It never holds the token.
	Detail string
}

// State is what came of a rule.
type State uint8

// The states. Unknown is a rule that cannot be judged, because what it is about
// cannot be read or because nothing was given to judge it by.
const (
	Unknown State = iota
	Met
	Broken
)

// String returns "unknown", "met" or "broken".
func (s State) String() string {
	switch s {
	case Met:
		return "met"
	case Broken:
		return "broken"
	}
	return "unknown"
}

// SignatureVerdict is what the holder of the keys says of a signature. The zero
// value says that nobody was asked.
type SignatureVerdict struct {
	Asked    bool
	Verified bool
	// Err says why there is no verdict. With [fault.KeysUnavailable] nothing is
	// known about the signature; any other, such as [fault.TokenUnknownKey],
	// refuses the token.
	Err error
}

// Inspect judges a token by each rule on its own, where verifying stops at the
// first that is broken: claims are judged whatever the signature is worth. The
// first broken rule has the code and the detail that verifying gives, and all
// are met if and only if verifying accepts. But for this: an issuer or an
// audience that the policy does not name makes the rule unknown, not broken.
//
// The signature can be checked between two calls: the first, with the zero
// verdict, says whether and how. A verdict on what is not Checkable is ignored.
func (p *Policy) Inspect(compact string, now time.Time, signature SignatureVerdict) Inspection {
	i := inspector{policy: p, now: now}
	for _, name := range ruleNames {
		i.Rules = append(i.Rules, Rule{Name: name, Detail: "what this rule is about cannot be read"})
	}
	i.judge(compact, signature)
	return i.Inspection
}

// Valid reports whether all rules are met.
func (i *Inspection) Valid() bool {
	for n := range i.Rules {
		if i.Rules[n].State != Met {
			return false
		}
	}
	return len(i.Rules) > 0
}

// rule numbers the rules in the order in which verifying applies them.
type rule int

const (
	ruleSize rule = iota
	ruleForm
	ruleHeader
	ruleAlgorithm
	ruleEmbeddedKey
	ruleExtensions
	ruleKeyID
	ruleType
	rulePayload
	ruleSignatureForm
	ruleSignature
	ruleClaims
	ruleIssuer
	ruleAudience
	ruleNotBefore
	ruleIssuedAt
	ruleExpiration
	ruleLifetime
	numRules
)

var ruleNames = [numRules]string{
	"size", "form", "header", "algorithm", "embedded-key", "extensions", "key-id", "type", "payload",
	"signature-form", "signature", "claims", "issuer", "audience", "not-before", "issued-at", "expiration", "lifetime",
}

func (r rule) String() string { return ruleNames[r] }
