package host

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// Signature is what the holder of a key is asked about.
type Signature struct {
	// Algorithm is on the policy's list. The key must fit it.
	Algorithm token.Algorithm
	// KeyID is the token's kid, and HasKeyID tells whether it has one. It is to
	// be compared with the kids of known keys and used for nothing else.
	KeyID    string
	HasKeyID bool
	// Input is what was signed, and Signature what it is to be.
	Input, Signature []byte
}

// Check reports whether a signature is that of the key it names, as
// jose.Set.Find and jose.Key.Verify do. An error, such as one with the code
// [fault.TokenUnknownKey], refuses the token. It must not use the engine: an
// instance waits for it. Its context ends with that of the call, and when the
// engine is closed.
type Check func(ctx context.Context, s Signature) (bool, error)

// Verifier verifies binding tokens by a policy. Several goroutines may use it.
type Verifier struct {
	engine  *Engine
	options []byte // the policy, as a JSON object
	keyed   bool   // with keys, for verify_token
	check   Check
	maxSize int   // of a token, by the policy
	err     error // what is wrong with the policy or the keys
}

// NewVerifier returns a verifier with the policy applied in the module and the
// signature checked by the caller.
func (e *Engine) NewVerifier(p token.Policy, check Check) *Verifier {
	v := e.newVerifier(p, nil)
	v.check = check
	return v
}

// NewKeyVerifier returns a verifier that does it all in the module, which must
// be self-contained: [Engine.SelfContained]. keys is the text of a JWK or a JWK
// Set; one that cannot be read is an [fault.InvalidKey] of each verification.
func (e *Engine) NewKeyVerifier(p token.Policy, keys []byte) *Verifier {
	v := e.newVerifier(p, keys)
	v.keyed = true
	return v
}

func (e *Engine) newVerifier(p token.Policy, keys []byte) *Verifier {
	o := optionsOf(p)
	o.Keys = string(keys)
	v := &Verifier{engine: e, options: marshal(o), maxSize: p.MaxSize}
	if v.err = e.checkKeys(keys, v.options); v.err == nil {
		v.err = checkPolicy(p)
	}
	if v.maxSize == 0 {
		v.maxSize = token.DefaultMaxSize
	}
	return v
}

// checkPolicy refuses what the module has no word for.
func checkPolicy(p token.Policy) error {
	const century = 100 * 365 * 24 * time.Hour // the module takes some more
	switch {
	case !writable(p.Issuer, p.Audience, p.Type):
		return fault.New(fault.InvalidOption, "the policy's issuer, audience or typ is not valid UTF-8: no token can have it")
	case p.MaxSize < 0 || p.MaxLifetime < 0:
		return fault.New(fault.InvalidOption, "the policy's MaxSize or MaxLifetime is below zero: no token can keep to it")
	case p.Leeway > century || p.MaxLifetime > century:
		return fault.New(fault.InvalidOption, "the policy's Leeway or MaxLifetime is longer than a century")
	}
	return nil
}

// policyOptions are those of verify_begin and verify_token.
type policyOptions struct {
	Keys           string            `json:"keys,omitempty"`
	Algorithms     []token.Algorithm `json:"algorithms"`
	Issuer         *string           `json:"issuer,omitempty"`
	AnyIssuer      bool              `json:"anyIssuer,omitempty"`
	Audience       *string           `json:"audience,omitempty"`
	AnyAudience    bool              `json:"anyAudience,omitempty"`
	Type           string            `json:"typ,omitempty"`
	AnyType        bool              `json:"anyType,omitempty"`
	ClockTolerance json.Number       `json:"clockTolerance,omitempty"`
	MaxLifetime    json.Number       `json:"maxLifetime,omitempty"`
	MaxSize        int               `json:"maxSize,omitempty"`
}

func optionsOf(p token.Policy) policyOptions {
	o := policyOptions{
		Algorithms: append([]token.Algorithm{}, p.Algorithms...), // never null
		AnyIssuer:  p.AnyIssuer, AnyAudience: p.AnyAudience, AnyType: p.AnyType,
		ClockTolerance: inSeconds(p.Leeway), MaxLifetime: inSeconds(p.MaxLifetime),
		MaxSize: min(p.MaxSize, maxBuffer), // what is larger fits no buffer
	}
	if !p.AnyIssuer {
		o.Issuer = &p.Issuer
	}
	if !p.AnyAudience {
		o.Audience = &p.Audience
	}
	if !p.AnyType {
		o.Type = p.Type
	}
	return o
}

// Verify checks a compact serialization at the time now and returns its claims,
// as jose.Verifier.Verify does. The error carries one of the Token codes or
// [fault.ExpiredToken].
func (v *Verifier) Verify(ctx context.Context, compact string, now time.Time) (token.Claims, error) {
	var answer verifiedAnswer
	if err := v.run(ctx, compact, now, false, &answer); err != nil {
		return token.Claims{}, err
	}
	if answer.Claims == nil { // nothing is accepted in silence
		return token.Claims{}, incompatible("it accepts a token and shows no claims")
	}
	return claimsOf(answer.Claims, compact)
}

// VerifyRaw checks header and signature only and returns the payload, whatever
// it is.
func (v *Verifier) VerifyRaw(ctx context.Context, compact string, now time.Time) ([]byte, error) {
	var answer verifiedAnswer
	err := v.run(ctx, compact, now, true, &answer)
	switch {
	case err != nil:
		return nil, err
	case answer.Payload != nil:
		return []byte(*answer.Payload), nil
	case len(answer.PayloadBase64) > 0:
		return answer.PayloadBase64, nil
	}
	return nil, incompatible("it accepts a token and shows no payload")
}

// verifiedAnswer is the answer of verify_end and verify_token.
type verifiedAnswer struct {
	failure
	Claims        wireClaims
	Payload       *string
	PayloadBase64 []byte
}

func (v *Verifier) run(ctx context.Context, compact string, now time.Time, raw bool, out *verifiedAnswer) error {
	if v.err != nil {
		return v.err
	}
	if s := now.Unix(); s < -lastSecond || s > lastSecond {
		return fault.New(fault.InvalidOption, "the time of the verification is beyond the year 9999")
	}
	options := v.options[: len(v.options)-1 : len(v.options)-1]
	if raw {
		options = append(options, `,"raw":true`...)
	}
	err := v.engine.with(ctx, func(i *instance) error {
		if v.keyed {
			options = strconv.AppendFloat(append(options, `,"now":`...), seconds(now), 'f', -1, 64)
			return i.call(ctx, "verify_token", append(options, '}'), []byte(compact), out)
		}
		return v.between(ctx, i, append(options, '}'), compact, now, out)
	})
	if errors.Is(err, fault.TooLarge) {
		return fault.New(fault.TokenTooLarge, fmt.Sprintf("the token has %d bytes, at most %d are read", len(compact), min(v.maxSize, maxBuffer)))
	}
	return err
}

// begunAnswer is the answer of verify_begin.
type begunAnswer struct {
	failure
	Handle             uint32
	Alg                token.Algorithm
	Kid                *string
	SigningInputLength int
}

// between begins a verification, asks the caller, and ends it.
func (v *Verifier) between(ctx context.Context, i *instance, options []byte, compact string, now time.Time, out *verifiedAnswer) error {
	var begun begunAnswer
	if err := i.call(ctx, "verify_begin", options, []byte(compact), &begun); err != nil {
		return err
	}
	s, err := begun.signature(compact)
	if err != nil {
		return i.broke(err.Error())
	}
	verified := false
	err = v.engine.ask(ctx, func(ctx context.Context) (err error) {
		verified, err = v.check(ctx, s)
		return err
	})
	if err != nil {
		i.cancel(ctx, begun.Handle)
		return err
	}
	verdict := uint64(0)
	if verified {
		verdict = 1
	}
	return i.finish(ctx, "verify_end", out, uint64(begun.Handle), verdict, math.Float64bits(seconds(now)))
}

func (b *begunAnswer) signature(compact string) (s Signature, err error) {
	if b.SigningInputLength < 0 || b.SigningInputLength >= len(compact) {
		return s, errors.New("it names a signing input beyond the token")
	}
	s = Signature{Algorithm: b.Alg, Input: []byte(compact[:b.SigningInputLength])}
	s.Signature, err = base64.RawURLEncoding.Strict().DecodeString(compact[b.SigningInputLength+1:])
	if b.Kid != nil {
		s.KeyID, s.HasKeyID = *b.Kid, true
	}
	return s, err
}

// cancel drops what was begun. That it fails costs the instance only.
func (i *instance) cancel(ctx context.Context, handle uint32) {
	err := i.bounded(ctx, func(ctx context.Context) error {
		_, err := i.invoke(ctx, "cancel", uint64(handle))
		return err
	})
	if err != nil {
		i.dead = true
	}
}

// inSeconds writes a duration as JSON has numbers, exact to the nanosecond and
// without an exponent: "" for none, or less.
func inSeconds(d time.Duration) json.Number {
	if d <= 0 {
		return ""
	}
	return json.Number(fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second))
}

// lastSecond is that of the year 9999, the last that the module knows.
const lastSecond = 253402300799

// seconds returns the time in seconds since 1970, cut to microseconds, which is
// what a double can tell apart.
func seconds(t time.Time) float64 { return min(float64(t.UnixMicro())/1e6, lastSecond) }

// payloadOf returns the payload of a token that was verified.
func payloadOf(compact string) ([]byte, error) {
	_, rest, _ := strings.Cut(compact, ".")
	payload, _, _ := strings.Cut(rest, ".")
	return base64.RawURLEncoding.Strict().DecodeString(payload)
}
