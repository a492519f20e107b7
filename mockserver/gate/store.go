package gate

import (
	"context"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// Revocation is what is taken back: exactly one of its members is set.
type Revocation struct {
	JTI          string `json:"jti,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	Subject      string `json:"subject,omitempty"`
}

// due is what a revocation is.
const due = "one of jti, subscription and subject is due, and nothing else"

// check refuses what takes back nothing, or more than one thing.
func (r Revocation) check() error {
	set := 0
	for _, name := range []string{r.JTI, r.Subscription, r.Subject} {
		if name != "" {
			set++
		}
	}
	if set != 1 {
		return fault.New(fault.MalformedRequest, "the revocation cannot be made: "+due)
	}
	return nil
}

// Record is a revocation as a store keeps it. By Subscription or subject it
// reaches the tokens issued until At.
type Record struct {
	Revocation
	At time.Time
}

// Store is what the gates of one deployment share. Whatever fails is an error, and
// means that the store cannot be reached. Keys are short texts of letters, digits,
// '.', '_' and '-'. A store is used by several goroutines.
type Store interface {
	// PutIfAbsent puts a value if there is none, and reports whether it did:
	// exactly one of any number of concurrent calls does. It may be forgotten
	// after expires.
	PutIfAbsent(ctx context.Context, key, value string, expires time.Time) (bool, error)
	// Get returns the value of a key, false if there is none.
	Get(ctx context.Context, key string) (string, bool, error)
	// Increment adds one to a counter that starts at 0 and never expires, and
	// returns what it is then. No value is returned twice.
	Increment(ctx context.Context, counter string) (int64, error)
	// Count returns what a counter is.
	Count(ctx context.Context, counter string) (int64, error)
	// Revoke keeps a revocation for at least a day, the longest life of a token.
	Revoke(ctx context.Context, r Record) error
	// Revoked lists what was revoked since a cursor, all that matters yet for "".
	// Some of it may have been told before.
	Revoked(ctx context.Context, since string) (records []Record, cursor string, err error)
	// Watch tells of revocations as they are made, until ctx is done, and returns
	// an error when it cannot any more: it is polled then. A store that cannot
	// tell returns [ErrNoWatch] at once.
	Watch(ctx context.Context, tell func(Record)) error
	// Close gives up what the store holds.
	Close() error
}
