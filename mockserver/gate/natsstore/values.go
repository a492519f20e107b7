package natsstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/wsbind/wsbind/core/fault"
)

// PutIfAbsent implements [gate.Store].
func (s *Store) PutIfAbsent(ctx context.Context, key, value string, expires time.Time) (bool, error) {
	if s.tokenLife != 0 && expires.Sub(s.clock.Now()) > s.tokenLife {
		return false, unavailable(errors.New("a value is to be kept until " + expires.UTC().Format(time.RFC3339) + ", and the bucket forgets after " + s.tokenLife.String()))
	}
	ctx, done, err := s.call(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	_, err = s.tokens.Create(ctx, "key."+encode(key), []byte(value))
	if errors.Is(err, jetstream.ErrKeyExists) {
		return false, nil
	}
	return err == nil, unavailable(err)
}

// Get implements [gate.Store].
func (s *Store) Get(ctx context.Context, key string) (string, bool, error) {
	ctx, done, err := s.call(ctx)
	if err != nil {
		return "", false, err
	}
	defer done()
	entry, err := s.tokens.Get(ctx, "key."+encode(key))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return "", false, nil
	case err != nil:
		return "", false, unavailable(err)
	}
	return string(entry.Value()), true, nil
}

// Increment implements [gate.Store]. Of several gates that count at once one wins a
// number, and the others try the next.
func (s *Store) Increment(ctx context.Context, counter string) (int64, error) {
	ctx, done, err := s.call(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	for key := encode(counter); ; {
		n, revision, err := s.number(ctx, key)
		if err != nil {
			return 0, err
		}
		text := strconv.AppendInt(nil, n+1, 10)
		if revision == 0 {
			_, err = s.counters.Create(ctx, key, text)
		} else {
			_, err = s.counters.Update(ctx, key, text, revision)
		}
		switch {
		case err == nil:
			return n + 1, nil
		case !errors.Is(err, jetstream.ErrKeyExists) && !errors.Is(err, jetstream.ErrKeyRevisionMismatch):
			return 0, unavailable(err)
		}
	}
}

// number reads a counter, and at which revision that is; 0 where there is none.
func (s *Store) number(ctx context.Context, key string) (n int64, revision uint64, err error) {
	entry, err := s.counters.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, 0, nil
	case err != nil:
		return 0, 0, unavailable(err)
	}
	n, err = strconv.ParseInt(string(entry.Value()), 10, 64)
	if err != nil || n < 0 {
		return 0, 0, fault.New(fault.StoreUnavailable, "the counter "+fault.Quote(key)+" in NATS is no number")
	}
	return n, entry.Revision(), nil
}

// Count implements [gate.Store].
func (s *Store) Count(ctx context.Context, counter string) (int64, error) {
	ctx, done, err := s.call(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	n, _, err := s.number(ctx, encode(counter))
	return n, err
}
