package gate

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// BoltStore is the store of one gate, in a file that outlives it. Whatever it has
// answered is on the disk.
type BoltStore struct {
	clock clock.Clock
	bell  bell
	db    *bolt.DB
}

// The buckets of the file. Numbers and times (Unix seconds) in it are eight bytes,
// the highest first, so that keys are in their order.
var (
	usedBucket    = []byte("used")     // key → when it is forgotten, value
	expiryBucket  = []byte("expiry")   // when it is forgotten, key → nothing
	counterBucket = []byte("counters") // name → number
	revokedBucket = []byte("revoked")  // number → made, Record as JSON
)

const (
	lockPatience = 500 * time.Millisecond // for another process to let go of the file
	batchDelay   = time.Millisecond       // for others to be written with what is written
	sweepBatch   = 64                     // values that are forgotten with one that is put
)

// OpenBolt opens a store, or makes it where there is no file. A file that
// another process has open is an error within a second.
func OpenBolt(path string, c clock.Clock) (*BoltStore, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockPatience})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fault.New(fault.StoreUnavailable, "the store "+path+" is in use by another process: give each gate a file of its own, or one store of NATS to all")
	case err != nil:
		return nil, fault.New(fault.StoreUnavailable, "the store "+path+" cannot be opened: "+err.Error())
	}
	db.MaxBatchDelay = batchDelay
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{usedBucket, expiryBucket, counterBucket, revokedBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		db.Close()
		return nil, fault.New(fault.StoreUnavailable, "the store "+path+" cannot be written: "+err.Error())
	}
	return &BoltStore{clock: c, db: db}, nil
}

// PutIfAbsent implements [Store].
func (s *BoltStore) PutIfAbsent(_ context.Context, key, text string, expires time.Time) (put bool, err error) {
	now := s.clock.Now()
	until := number(keptUntil(now, expires).Unix())
	err = s.db.Batch(func(tx *bolt.Tx) error {
		used, expiry := tx.Bucket(usedBucket), tx.Bucket(expiryBucket)
		put = !alive(used.Get([]byte(key)), now) // a batch may be tried twice
		if !put {
			return nil
		}
		if err := sweepUsed(used, expiry, now); err != nil {
			return err
		}
		if err := expiry.Put(append(until[:8:8], key...), nil); err != nil {
			return err
		}
		return used.Put([]byte(key), append(until[:8:8], text...))
	})
	return put && err == nil, unavailable(err)
}

// alive tells whether there is a value that has not expired.
func alive(kept []byte, now time.Time) bool { return len(kept) >= 8 && read(kept) > now.Unix() }

// sweepUsed forgets some of what has expired, so that the file does not grow for
// ever. A key that was put anew has another time there.
func sweepUsed(used, expiry *bolt.Bucket, now time.Time) error {
	c := expiry.Cursor()
	for range sweepBatch {
		k, _ := c.First()
		if k == nil || read(k) > now.Unix() {
			break
		}
		if key := k[8:]; !alive(used.Get(key), now) {
			if err := used.Delete(key); err != nil {
				return err
			}
		}
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

// Get implements [Store].
func (s *BoltStore) Get(_ context.Context, key string) (text string, there bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		if kept := tx.Bucket(usedBucket).Get([]byte(key)); alive(kept, s.clock.Now()) {
			text, there = string(kept[8:]), true
		}
		return nil
	})
	return text, there, unavailable(err)
}

// Increment implements [Store].
func (s *BoltStore) Increment(_ context.Context, counter string) (n int64, err error) {
	err = s.db.Batch(func(tx *bolt.Tx) error {
		b := tx.Bucket(counterBucket)
		n = read(b.Get([]byte(counter))) + 1
		return b.Put([]byte(counter), number(n))
	})
	return n, unavailable(err)
}

// Count implements [Store].
func (s *BoltStore) Count(_ context.Context, counter string) (n int64, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		n = read(tx.Bucket(counterBucket).Get([]byte(counter)))
		return nil
	})
	return n, unavailable(err)
}

// Revoke implements [Store].
func (s *BoltStore) Revoke(_ context.Context, r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	err = s.db.Batch(func(tx *bolt.Tx) error {
		b := tx.Bucket(revokedBucket)
		c := b.Cursor()
		for k, v := c.First(); k != nil && read(v) < now.Add(-keepRevoked).Unix(); k, v = c.First() {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		n, err := b.NextSequence() // which goes on where the last process ended
		if err != nil {
			return err
		}
		return b.Put(number(int64(n)), append(number(now.Unix()), text...))
	})
	s.bell.ring()
	return unavailable(err)
}

// Revoked implements [Store]. A cursor is the number of the last revocation told.
func (s *BoltStore) Revoked(_ context.Context, since string) (records []Record, cursor string, err error) {
	after, _ := strconv.ParseInt(since, 10, 64)
	err = s.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(revokedBucket)
		cursor = strconv.FormatUint(b.Sequence(), 10)
		c := b.Cursor()
		for k, v := c.Seek(number(after + 1)); k != nil; k, v = c.Next() {
			var r Record
			if err := json.Unmarshal(v[8:], &r); err != nil {
				return fmt.Errorf("revocation %d: %w", read(k), err)
			}
			records = append(records, r)
		}
		return nil
	})
	return records, cursor, unavailable(err)
}

// Watch implements [Store].
func (s *BoltStore) Watch(ctx context.Context, tell func(Record)) error {
	return s.bell.follow(ctx, s.Revoked, tell)
}

// Close implements [Store]. Another process may have the file then.
func (s *BoltStore) Close() error {
	s.bell.end()
	return s.db.Close()
}

// number writes a number or a time.
func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// read reads what begins with a number, 0 where nothing is.
func read(kept []byte) int64 {
	if len(kept) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(kept))
}

// unavailable is the error of a store that failed.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.StoreUnavailable, "the store failed: "+err.Error())
}
