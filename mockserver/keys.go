package mockserver

import (
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
}

// newKeyring reads the configured key and algorithm.
func newKeyring(cfg Config) (*keyring, error) {
	k := &keyring{algorithm: token.Algorithm(cfg.Algorithm), log: cfg.Logger}
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

// verify checks a binding token that was shown on the base's websocket.
func (b *base) verify(compact string, now time.Time) (socket.Grant, error) {
	keys, err := b.server.keys.set()
	if err != nil {
		return socket.Grant{}, err
	}
	verifier := jose.Verifier{Keys: keys, Policy: token.Policy{
		Algorithms: []token.Algorithm{b.server.keys.algorithm},
		Issuer:     b.url, Audience: b.socketURL, MaxLifetime: MaxLifetime,
	}}
	claims, err := verifier.Verify(compact, now)
	if err != nil {
		return socket.Grant{}, err
	}
	return socket.Grant{
		JTI: claims.ID, Subject: claims.Subject, Subscriptions: claims.Subscriptions,
		IssuedAt: claims.IssuedAt, Expires: claims.Expires,
	}, nil
}
