package gate

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
)

// How long keys of elsewhere are gone by.
const (
	keysMaxAge = 10 * time.Minute // until they are read anew
	keysFirst  = time.Second      // between attempts while there are none at all
	keysGrace  = 24 * time.Hour   // beyond their age, while they cannot be read
	maxKeySet  = 1 << 20          // bytes of a JWK Set
)

// keySource is a JWK Set of elsewhere, read when it is needed. A token whose key is
// not in it has it read once more, for keys are published before they are used; the
// former keys are good for as long as the set has them.
type keySource struct {
	load     func(ctx context.Context) ([]byte, error)
	cooldown time.Duration // between attempts, whatever tokens name

	turn chan struct{} // holds the right to read: one at a time does

	mu      sync.Mutex
	set     *jose.Set // nil before the first
	fetched time.Time // when set was read
	tried   time.Time // when it was attempted last
}

func newKeySource(from string, client *http.Client, cooldown time.Duration) *keySource {
	load := func(context.Context) ([]byte, error) { return readKeyFile(from) }
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		load = func(ctx context.Context) ([]byte, error) { return fetchKeys(ctx, client, from) }
	}
	return &keySource{load: load, cooldown: cooldown, turn: make(chan struct{}, 1)}
}

// find returns the key of a token. The error is one of jose.Set.Find's, or
// [fault.KeysUnavailable].
func (k *keySource) find(ctx context.Context, u *token.Unverified, now time.Time) (jose.Key, error) {
	set, err := k.current(ctx, now)
	if err != nil {
		return jose.Key{}, err
	}
	key, err := set.Find(u, now)
	if !errors.Is(err, fault.TokenUnknownKey) {
		return key, err
	}
	newer, again := k.renew(ctx, set, now)
	if again != nil || newer == set {
		return jose.Key{}, err
	}
	return newer.Find(u, now)
}

// current returns the keys, which are read if there are none or they are old.
func (k *keySource) current(ctx context.Context, now time.Time) (*jose.Set, error) {
	set, age := k.have(now)
	if set != nil && age < keysMaxAge {
		return set, nil
	}
	newer, err := k.renew(ctx, set, now)
	if err != nil && set != nil && age < keysMaxAge+keysGrace {
		return set, nil
	}
	return newer, err
}

func (k *keySource) have(now time.Time) (set *jose.Set, age time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.set, now.Sub(k.fetched)
}

// renew reads the keys anew, unless somebody else has since old was looked at, or it
// was attempted a moment ago.
func (k *keySource) renew(ctx context.Context, old *jose.Set, now time.Time) (*jose.Set, error) {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, fault.New(fault.KeysUnavailable, "nobody waits for the keys any more")
	}
	set, due := k.attempt(old, now)
	if !due {
		if set == nil {
			return nil, fault.New(fault.KeysUnavailable, "the keys could not be read a moment ago")
		}
		return set, nil
	}
	text, err := k.load(ctx)
	if err == nil {
		set, err = jose.ParseSet(text)
	}
	if err != nil {
		return nil, fault.New(fault.KeysUnavailable, "the keys cannot be read: "+fault.DetailOf(err))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set, k.fetched = set, now
	return set, nil
}

// attempt reports whether the keys are to be read now, and returns those there are.
func (k *keySource) attempt(old *jose.Set, now time.Time) (*jose.Set, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	cooldown := k.cooldown
	if k.set == nil {
		cooldown = min(cooldown, keysFirst)
	}
	if k.set != old || !k.tried.IsZero() && now.Sub(k.tried) < cooldown {
		return k.set, false
	}
	k.tried = now
	return k.set, true
}

func readKeyFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.New(fault.KeysUnavailable, err.Error())
	}
	defer f.Close()
	return readKeys(f)
}

func fetchKeys(ctx context.Context, client *http.Client, from string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, fault.New(fault.KeysUnavailable, "the URL of the keys cannot be asked")
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, fault.New(fault.KeysUnavailable, withoutURL(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fault.New(fault.KeysUnavailable, "the URL of the keys answers "+response.Status)
	}
	return readKeys(response.Body)
}

func readKeys(from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxKeySet+1))
	switch {
	case err != nil:
		return nil, fault.New(fault.KeysUnavailable, "they broke off")
	case len(text) > maxKeySet:
		return nil, fault.New(fault.KeysUnavailable, "they have more than 1 MiB")
	}
	return text, nil
}
