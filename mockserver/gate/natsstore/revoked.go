package natsstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/gate"
)

// revocations are the keys of what is revoked, one for each record.
const revocations = "revoked."

// record is a revocation as it is kept: one of the three, and when.
type record struct {
	gate.Revocation
	At float64 `json:"at"` // seconds since 1970
}

func readRecord(text []byte) (gate.Record, error) {
	var r record
	if err := json.Unmarshal(text, &r); err != nil || r.Revocation == (gate.Revocation{}) {
		return gate.Record{}, fault.New(fault.StoreUnavailable, "a revocation in NATS cannot be read")
	}
	seconds, part := math.Modf(r.At)
	return gate.Record{Revocation: r.Revocation, At: time.Unix(int64(seconds), int64(math.Round(part*1e6))*1e3)}, nil
}

// Revoke implements [gate.Store].
func (s *Store) Revoke(ctx context.Context, r gate.Record) error {
	text, err := json.Marshal(record{r.Revocation, float64(r.At.UnixMilli()) / 1e3})
	if err != nil {
		return unavailable(err)
	}
	ctx, done, err := s.call(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = s.tokens.Create(ctx, revocations+uuid(), text)
	return unavailable(err)
}

// uuid is a random one (RFC 9562, version 4).
func uuid() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Revoked implements [gate.Store]. A cursor is the last sequence of the bucket's
// stream; a bucket that has not come that far was made anew.
func (s *Store) Revoked(ctx context.Context, since string) ([]gate.Record, string, error) {
	ctx, done, err := s.call(ctx)
	if err != nil {
		return nil, "", err
	}
	defer done()
	last, err := s.lastSequence(ctx)
	after, _ := strconv.ParseUint(since, 10, 64)
	switch {
	case err != nil:
		return nil, "", err
	case after == last && since != "":
		return nil, since, nil
	case after > last:
		after = 0
	}
	watch, err := s.tokens.Watch(ctx, revocations+">", jetstream.ResumeFromRevision(after+1))
	if err != nil {
		return nil, "", unavailable(err)
	}
	defer stop(watch)
	var records []gate.Record
	for {
		select {
		case entry, open := <-watch.Updates():
			switch {
			case !open:
				return nil, "", unavailable(errDisconnected)
			case entry == nil: // all that there was
				return records, strconv.FormatUint(max(last, after), 10), nil
			case entry.Operation() != jetstream.KeyValuePut:
				continue
			}
			r, err := readRecord(entry.Value())
			if err != nil {
				return nil, "", err
			}
			records = append(records, r)
			after = entry.Revision()
		case <-ctx.Done():
			return nil, "", unavailable(ctx.Err())
		}
	}
}

// stop ends a watch, and takes what it still has to tell: it waits for that.
func stop(watch jetstream.KeyWatcher) {
	watch.Stop()
	go func() {
		for range watch.Updates() {
		}
	}()
}

// lastSequence is how far the bucket of tokens has come.
func (s *Store) lastSequence(ctx context.Context) (uint64, error) {
	status, err := s.tokens.Status(ctx)
	if err != nil {
		return 0, unavailable(err)
	}
	bucket, ok := status.(*jetstream.KeyValueBucketStatus)
	if !ok {
		return 0, unavailable(fmt.Errorf("a bucket's status is a %T", status))
	}
	return bucket.StreamInfo().State.LastSeq, nil
}

// Watch implements [gate.Store]. What was revoked before is told first, so that
// nothing is missed between two watches.
func (s *Store) Watch(ctx context.Context, tell func(gate.Record)) error {
	live, err := s.connection()
	if err != nil {
		return err
	}
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(live, cancel)()
	late := time.AfterFunc(s.timeout, cancel)
	watch, err := s.tokens.Watch(watching, revocations+">")
	late.Stop()
	if err == nil {
		err = s.follow(watching, watch, tell)
		stop(watch)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return unavailable(err)
}

// follow tells what a watch has, until it ends.
func (s *Store) follow(ctx context.Context, watch jetstream.KeyWatcher, tell func(gate.Record)) error {
	alive := time.NewTicker(pingPeriod)
	defer alive.Stop()
	for {
		select {
		case entry, open := <-watch.Updates():
			if !open {
				return errDisconnected
			}
			if err := tellEntry(entry, tell); err != nil {
				return err
			}
		case <-alive.C:
			if err := s.alive(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return errDisconnected
		}
	}
}

func tellEntry(entry jetstream.KeyValueEntry, tell func(gate.Record)) error {
	if entry == nil || entry.Operation() != jetstream.KeyValuePut {
		return nil
	}
	r, err := readRecord(entry.Value())
	if err == nil {
		tell(r)
	}
	return err
}

// alive tells whether the bucket is there: a connection may live on while nobody
// serves JetStream behind it.
func (s *Store) alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingPeriod)
	defer cancel()
	_, err := s.tokens.Status(ctx)
	return err
}
