package jose

import (
	"strconv"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// Set is a JWK Set: the key that signs, and all that verify. After a rotation
// the former keys verify for a while. It may be used by several goroutines.
type Set struct {
	mu      sync.RWMutex
	entries []entry
}

// entry is a key of a set, or the reason why a JWK in it cannot be used: RFC
// 7517 section 5 wants such a JWK ignored, and a token that names it should be
// told why.
type entry struct {
	key      Key
	id       string
	unusable error
	until    time.Time // when a retired key stops verifying; zero if not retired
}

func (e *entry) live(now time.Time) bool { return e.until.IsZero() || now.Before(e.until) }

// NewSet returns a set of keys. The first that can sign is the active one.
func NewSet(keys ...Key) *Set {
	s := new(Set)
	for _, k := range keys {
		s.entries = append(s.entries, entry{key: k, id: k.ID()})
	}
	return s
}

// ParseSet reads a JWK Set, or a single JWK as a set of one. JWKs that cannot
// be used do not spoil the others; a token that needs one is refused with the
// reason. Duplicate members anywhere spoil the set. The error has the code
// [fault.InvalidKey].
func ParseSet(text []byte) (*Set, error) {
	jwks, isSet, err := token.ReadKeys(text)
	if err != nil {
		return nil, err
	}
	s := new(Set)
	for _, jwk := range jwks {
		key, err := newKey(jwk)
		if err != nil && !isSet {
			return nil, err
		}
		s.entries = append(s.entries, entry{key: key, id: jwk.ID, unusable: err})
	}
	return s, nil
}

// String counts the keys; it shows no key material.
func (s *Set) String() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return "JWK Set of " + strconv.Itoa(len(s.entries)) + " keys"
}

// GoString is String, so that %#v shows no key material either.
func (s *Set) GoString() string { return s.String() }

// Active returns the key that signs: the first that can and is not retired.
func (s *Set) Active() (Key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.entries {
		if e.unusable == nil && e.until.IsZero() && e.key.CanSign() {
			return e.key, nil
		}
	}
	return Key{}, invalidKey("no key of the set can sign: give a private key")
}

// Rotate makes next the active key. The former ones verify until now plus keep,
// which is best the longest lifetime of a token and the leeway of verifiers;
// those that stopped before now are dropped. A next that cannot sign, or whose
// kid is not new, is refused with [fault.InvalidKey] and changes nothing.
func (s *Set) Rotate(next Key, now time.Time, keep time.Duration) error {
	if !next.CanSign() {
		return invalidKey("the next key cannot sign: give a private key")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := []entry{{key: next, id: next.ID()}}
	for _, e := range s.entries {
		if e.id == next.ID() {
			return invalidKey("the set has a key " + fault.Quote(e.id) + " already: give the next one another kid")
		}
		if !e.live(now) {
			continue
		}
		if e.until.IsZero() {
			e.until = now.Add(keep)
		}
		entries = append(entries, e)
	}
	s.entries = entries
	return nil
}

// Public returns the JWK Set to publish at the time now: the public halves of
// all keys that verify, the active one first. Secrets are not in it.
func (s *Set) Public(now time.Time) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	text := []byte(`{"keys":[`)
	for _, e := range s.entries {
		if e.unusable != nil || !e.live(now) || !e.key.hasPublic() {
			continue
		}
		jwk, err := e.key.Public()
		if err != nil {
			return nil, err
		}
		if text[len(text)-1] == '}' {
			text = append(text, ',')
		}
		text = append(text, jwk...)
	}
	return append(text, "]}"...), nil
}

// Find returns the key to verify a token with: the only one with its kid, or
// without a kid the only one, that fits the algorithm. The error has the code
// [fault.TokenUnknownKey] or [fault.TokenKeyMismatch].
func (s *Set) Find(u *token.Unverified, now time.Time) (Key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []Key
	named, unusable := 0, error(nil)
	for i := range s.entries {
		e := &s.entries[i]
		if !e.live(now) || u.HasKeyID && (e.id == "" || e.id != u.KeyID) {
			continue
		}
		named++
		switch {
		case e.unusable != nil:
			unusable = e.unusable
		case e.key.verifies(u.Algorithm):
			found = append(found, e.key)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && u.HasKeyID:
		return Key{}, fault.New(fault.TokenUnknownKey, strconv.Itoa(len(found))+" keys have kid "+fault.Quote(u.KeyID)+": give each its own")
	case len(found) > 1:
		return Key{}, fault.New(fault.TokenUnknownKey, "the token has no kid, and "+strconv.Itoa(len(found))+" keys of the set fit "+string(u.Algorithm))
	case named == 0 && u.HasKeyID:
		return Key{}, fault.New(fault.TokenUnknownKey, "no key has kid "+fault.Quote(u.KeyID))
	case named == 0:
		return Key{}, fault.New(fault.TokenUnknownKey, "the set has no key that is still in use")
	case unusable != nil:
		return Key{}, fault.New(fault.TokenKeyMismatch, "the token's key cannot be used: "+fault.DetailOf(unusable))
	case u.HasKeyID:
		return Key{}, fault.New(fault.TokenKeyMismatch, "the key with kid "+fault.Quote(u.KeyID)+" must not be used with "+string(u.Algorithm))
	}
	return Key{}, fault.New(fault.TokenKeyMismatch, "no key of the set may be used with "+string(u.Algorithm))
}
