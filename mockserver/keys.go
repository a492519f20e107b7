package mockserver

import (
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// keyring holds the key that signs binding tokens. Unless it was given one, it
// makes a key at first use: starting costs nothing, and no two runs share one.
type keyring struct {
	algorithm token.Algorithm
	log       *slog.Logger

	mu     sync.Mutex
	keys   *jose.Set // nil until they are made
	active string    // kid of the key that signs

	// foreign makes a key that is never published.
	foreign func() (jose.Key, error)
}

// newKeyring reads the configured key and algorithm.
func newKeyring(cfg Config) (*keyring, error) {
	k := &keyring{algorithm: token.Algorithm(cfg.Algorithm), log: cfg.Logger}
	k.foreign = sync.OnceValues(func() (jose.Key, error) { return jose.Generate(k.algorithm) })
	if cfg.Algorithm != "" && !k.algorithm.Known() {
		return nil, unusable("Algorithm %q: one of %v is possible", cfg.Algorithm, token.Algorithms())
	}
	if cfg.Key == nil {
		if k.algorithm == "" {
			k.algorithm = DefaultAlgorithm
		}
		return k, nil
	}
	key, err := jose.ParseKey(cfg.Key)
	if err != nil {
		return nil, err
	}
	possible := key.Algorithms()
	switch {
	case !key.CanSign() || len(possible) == 0:
		return nil, unusable("Key: %v cannot sign, a private key or a secret is due", key)
	case k.algorithm == "":
		k.algorithm = possible[0]
	case !slices.Contains(possible, k.algorithm):
		return nil, unusable("Key: %v signs with %v, not with the Algorithm %s", key, possible, k.algorithm)
	}
	k.keys, k.active = jose.NewSet(key), key.ID()
	return k, nil
}

// set returns the keys, which are made now if there are none.
func (k *keyring) set() (*jose.Set, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys != nil {
		return k.keys, nil
	}
	key, err := jose.Generate(k.algorithm)
	if err != nil {
		return nil, err
	}
	k.keys, k.active = jose.NewSet(key), key.ID()
	k.log.Warn("made a signing key that is gone at exit: tokens of this run are worth nothing in the next",
		"kid", k.active, "alg", string(k.algorithm))
	return k.keys, nil
}

// kid returns the id of the key that signs, and whether there is one yet.
func (k *keyring) kid() (string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.active, k.keys != nil
}

// Issue signs claims with the active key; it implements binding's signer.
func (k *keyring) Issue(claims token.Claims) (string, error) {
	keys, err := k.set()
	if err != nil {
		return "", err
	}
	issuer := jose.Issuer{Keys: keys, Algorithm: k.algorithm}
	return issuer.Issue(claims)
}

// verify checks a binding token that was shown on a websocket of the base. With
// an error it returns what is known of the token from when it was issued.
func (b *base) verify(compact, page string, now time.Time) (socket.Grant, error) {
	keys, err := b.server.keys.set()
	if err != nil {
		return socket.Grant{}, err
	}
	verifier := jose.Verifier{Keys: keys, Policy: token.Policy{
		Algorithms: []token.Algorithm{b.server.keys.algorithm},
		Issuer:     b.url, Audience: page, MaxLifetime: MaxLifetime,
	}}
	claims, err := verifier.Verify(compact, now)
	if err != nil {
		return b.tokens.find(hashOf(compact)), err
	}
	return grantOf(claims), nil
}

func grantOf(claims token.Claims) socket.Grant {
	g := socket.Grant{
		JTI: claims.ID, Subject: claims.Subject, Subscriptions: claims.Subscriptions,
		IssuedAt: claims.IssuedAt, Expires: claims.Expires,
	}
	if len(claims.Audience) > 0 {
		g.Audience = claims.Audience[0]
	}
	return g
}

// signWith signs claims with a key that is made of the active one, or of a fresh
// one, and has a kid.
func (k *keyring) signWith(claims token.Claims, fresh bool, kid string) (string, error) {
	keys, err := k.set()
	if err != nil {
		return "", err
	}
	key, err := keys.Active()
	if err == nil && fresh {
		key, err = k.foreign()
	}
	if err != nil {
		return "", err
	}
	private, err := key.Private()
	if err != nil {
		return "", err
	}
	var jwk map[string]json.RawMessage
	if err := json.Unmarshal(private, &jwk); err != nil {
		return "", err
	}
	jwk["kid"], _ = json.Marshal(kid)
	private, _ = json.Marshal(jwk)
	if key, err = jose.ParseKey(private); err != nil {
		return "", err
	}
	issuer := jose.Issuer{Keys: jose.NewSet(key), Algorithm: k.algorithm}
	return issuer.Issue(claims)
}
