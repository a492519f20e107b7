package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// ownKeys reads the key that signs, or makes one. It has none in the dialect Pass.
func ownKeys(cfg *Config) (*jose.Set, error) {
	if cfg.Upstream.Dialect == Pass {
		return nil, nil
	}
	if cfg.Key == nil {
		key, err := jose.Generate(DefaultAlgorithm)
		if err == nil {
			cfg.Logger.Info("made a signing key that is gone at the end", slog.String("kid", key.ID()))
		}
		return jose.NewSet(key), err
	}
	key, err := jose.ParseKey(cfg.Key)
	if err != nil {
		return nil, err
	}
	if !key.CanSign() || len(key.Algorithms()) == 0 {
		return nil, unusable("Key: %v cannot sign, a private key is due", key)
	}
	return jose.NewSet(key), nil
}

// shown is a token that was verified.
type shown struct {
	token  string
	claims token.Claims
	kid    string
}

// admission goes from a bind frame to what it grants: the token's form, signature and
// claims, what was revoked, and single use.
type admission struct {
	policy  token.Policy
	own     *jose.Set  // nil where the gate issues none
	others  *keySource // nil where there are none
	clock   clock.Clock
	revoked *revocations
	uses    Store // nil where a token may be used again
	open    bool  // go on where a use cannot be noted
	observe Observer
}

// algorithms are those that a token may be signed with: by published keys, and by the
// gate's own, which may be a secret.
func algorithms(own *jose.Set) []token.Algorithm {
	list := slices.DeleteFunc(token.Algorithms(), func(a token.Algorithm) bool { return a == token.HS256 })
	if own == nil {
		return list
	}
	if key, err := own.Active(); err == nil && slices.Contains(key.Algorithms(), token.HS256) {
		list = append(list, token.HS256)
	}
	return list
}

// read reads a bind frame and verifies its token.
func (a *admission) read(ctx context.Context, frame []byte) (shown, error) {
	compact, err := binding.ParseBind(frame)
	if err != nil {
		return shown{}, err
	}
	now := a.clock.Now()
	u, err := a.policy.Prepare(compact)
	if err != nil {
		return shown{}, err
	}
	key, err := a.find(ctx, u, now)
	if err != nil {
		return shown{}, err
	}
	claims, err := u.Finish(key.Verify(u.Algorithm, u.SigningInput(), u.Signature), now)
	if err == nil && !claims.Expires.After(now) {
		// The leeway is for clocks that differ; what would end at once is not begun.
		err = fault.New(fault.ExpiredToken, "the token has expired: ask for a new one")
	}
	if err == nil && a.uses != nil && claims.Expires.Add(keepUsed).After(now.Add(keepRevoked)) {
		err = fault.New(fault.TokenLifetime, "the token lasts for more than "+(keepRevoked-keepUsed).String()+
			", for which its use or revocation is remembered: ask for one that lasts less")
	}
	if err != nil {
		return shown{}, err
	}
	claims.Raw = nil
	return shown{compact, claims, u.KeyID}, nil
}

// find returns the key of a token: one of the gate's own, or of those elsewhere.
func (a *admission) find(ctx context.Context, u *token.Unverified, now time.Time) (key jose.Key, err error) {
	if a.own != nil {
		key, err = a.own.Find(u, now)
		if err == nil || a.others == nil || !errors.Is(err, fault.TokenUnknownKey) && u.HasKeyID {
			return key, err
		}
	}
	return a.others.find(ctx, u, now)
}

// left takes off what was revoked, and fails where nothing is left.
func (a *admission) left(ctx context.Context, claims *token.Claims) (ids []string, revoked []Omitted, err error) {
	if err := a.revoked.fresh(ctx); err != nil && !a.open {
		return nil, nil, err
	}
	for _, id := range claims.Subscriptions {
		if a.revoked.reaches(claims, id) {
			revoked = append(revoked, Omitted{id, fault.RevokedToken})
		} else {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil, fault.New(fault.RevokedToken, "the token was revoked: ask for a new one")
	}
	return ids, revoked, nil
}

// use uses a token up, where tokens are for single use.
func (a *admission) use(ctx context.Context, claims *token.Claims) error {
	if a.uses == nil {
		return nil
	}
	if claims.ID == "" {
		return fault.New(fault.TokenMissingClaim, "claim jti is missing: this server takes each token once and could not tell it again")
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	first, err := a.uses.PutIfAbsent(ctx, useKey(claims.ID), "used", claims.Expires.Add(a.policy.Leeway))
	switch {
	case err != nil:
		a.observe(Event{Name: StoreFailed, Code: fault.StoreUnavailable, Detail: "a use cannot be noted: " + err.Error(), JTI: claims.ID})
		if a.open {
			return nil
		}
		return storeUnavailable(err)
	case !first:
		return fault.New(fault.AlreadyUsed, "the token was used before and this server takes each token once: ask for a new one")
	}
	return nil
}

// plainID is a jti that is a key of a store as it is.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// useKey is where the use of a token is noted, as in wasm/js/src/edge/admission.ts:
// such gates may share a store. Stores bound their keys, and a jti may be any text.
func useKey(jti string) string {
	if plainID.MatchString(jti) {
		return "jti." + jti
	}
	sum := sha256.Sum256([]byte(jti))
	return "jti.sha256." + hex.EncodeToString(sum[:])
}
