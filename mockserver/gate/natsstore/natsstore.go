// Package natsstore keeps what several gates share on NATS JetStream: which tokens
// were used, what is revoked, and event numbers. [Open] connects to it.
//
// A NATS server answers before what it stored is on the disk (its sync_interval): a
// machine that loses power may forget the last tokens that were used. Three replicas
// forget nothing with one of them; see Config.Replicas.
//
// It writes what the package's natsStore reads, so that gates of both kinds can
// share it: two buckets, one whose entries live for 25 hours, one for ever.
package natsstore

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/gate"
)

// Config says which NATS, and what in it. Only URL is required.
type Config struct {
	// URL is that of a server, or several with commas between them:
	// nats://HOST:4222, tls://HOST:4222. A user and password in it are not told to
	// anybody.
	URL string
	// Credentials is a file of NATS credentials (a user's JWT and seed).
	Credentials string
	// Replicas is on how many servers buckets that are made are kept. Default: 1.
	Replicas int
	// Timeout is how long one call may take. Default: DefaultTimeout.
	Timeout time.Duration
	// Clock tells whether a token expires before it is forgotten. Default: clock.Real.
	Clock clock.Clock
	// Tokens and Counters name the buckets. Default: TokensBucket, CountersBucket.
	Tokens, Counters string
}

// What stands in for the zero values of a [Config].
const (
	DefaultTimeout = 5 * time.Second
	TokensBucket   = "wsbind_tokens"
	CountersBucket = "wsbind_counters"
)

const (
	tokenLife  = 25 * time.Hour  // of an entry in the bucket of tokens
	leastLife  = 24 * time.Hour  // the longest life of a token
	pingPeriod = 2 * time.Second // a connection is lost when one is not answered before the next
	reconnect  = time.Second / 4 // between attempts to have it back
)

// Store implements [gate.Store]. Its connection is had back by itself, however long
// that takes; meanwhile all calls fail at once.
type Store struct {
	conn     *nats.Conn
	timeout  time.Duration
	tokens   jetstream.KeyValue
	counters jetstream.KeyValue

	tokenLife time.Duration // what the bucket of tokens has; 0 where it forgets nothing
	clock     clock.Clock

	mu   sync.Mutex
	live context.Context // is cancelled when the connection is lost
	cut  context.CancelFunc
}

var _ gate.Store = (*Store)(nil)

// Open connects, and makes the buckets that are not there. It fails where NATS
// cannot be reached now, has no JetStream, or has buckets that forget too early.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.Real()
	}
	s := &Store{timeout: cfg.Timeout, clock: cfg.Clock}
	s.live, s.cut = context.WithCancel(context.Background())
	var err error
	if s.conn, err = nats.Connect(cfg.URL, s.options(&cfg)...); err != nil {
		return nil, fault.New(fault.StoreUnavailable, "NATS cannot be reached at "+redacted(cfg.URL)+": "+err.Error())
	}
	if err := s.open(ctx, &cfg); err != nil {
		s.conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) options(cfg *Config) []nats.Option {
	options := []nats.Option{
		nats.Name("wsbind gate"),
		nats.Timeout(cfg.Timeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnect),
		nats.ReconnectBufSize(-1), // nothing waits for a connection to come back
		nats.PingInterval(pingPeriod),
		nats.MaxPingsOutstanding(1),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { s.lose() }),
		nats.ClosedHandler(func(*nats.Conn) { s.lose() }),
	}
	if cfg.Credentials != "" {
		options = append(options, nats.UserCredentials(cfg.Credentials))
	}
	return options
}

// redacted is a URL as it may be told.
func redacted(urls string) string {
	list := strings.Split(urls, ",")
	for i, one := range list {
		u, err := url.Parse(strings.TrimSpace(one))
		switch {
		case err != nil:
			list[i] = "(an address that is no URL)"
		case u.User != nil:
			u.User = url.User("…")
			list[i] = u.Scheme + "://…@" + u.Host
		}
	}
	return strings.Join(list, ",")
}

// open finds the buckets, or makes them.
func (s *Store) open(ctx context.Context, cfg *Config) error {
	js, err := jetstream.New(s.conn)
	if err != nil {
		return unavailable(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if s.tokens, s.tokenLife, err = bucket(ctx, js, jetstream.KeyValueConfig{
		Bucket: orElse(cfg.Tokens, TokensBucket), TTL: tokenLife, Replicas: cfg.Replicas, Description: "binding tokens that were used or revoked",
	}); err != nil {
		return err
	}
	s.counters, _, err = bucket(ctx, js, jetstream.KeyValueConfig{
		Bucket: orElse(cfg.Counters, CountersBucket), Replicas: cfg.Replicas, Description: "event numbers of Subscriptions",
	})
	return err
}

func orElse(name, or string) string {
	if name == "" {
		return or
	}
	return name
}

// bucket finds a bucket as it is, or makes it; several gates may do so at once. life
// is for how long it keeps an entry, 0 for ever.
func bucket(ctx context.Context, js jetstream.JetStream, cfg jetstream.KeyValueConfig) (kv jetstream.KeyValue, life time.Duration, err error) {
	cfg.History, cfg.Storage = 1, jetstream.FileStorage
	kv, err = js.KeyValue(ctx, cfg.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		if kv, err = js.CreateKeyValue(ctx, cfg); errors.Is(err, jetstream.ErrBucketExists) {
			kv, err = js.KeyValue(ctx, cfg.Bucket)
		}
	}
	if err != nil {
		return nil, 0, unavailable(err)
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return nil, 0, unavailable(err)
	}
	switch life = status.TTL(); {
	case life == 0:
	case cfg.TTL == 0:
		return nil, 0, fault.New(fault.InvalidOption, "bucket "+cfg.Bucket+" forgets after "+life.String()+": event numbers must never begin anew, so let it have no TTL")
	case life < leastLife:
		return nil, 0, fault.New(fault.InvalidOption, "bucket "+cfg.Bucket+" forgets after "+life.String()+", while a token may live for "+leastLife.String()+": let its TTL be "+tokenLife.String())
	}
	return kv, life, nil
}

// lose ends what waits for the connection that is lost.
func (s *Store) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut()
	s.live, s.cut = context.WithCancel(context.Background())
}

// errDisconnected is why nothing is asked of NATS.
var errDisconnected = errors.New("the connection to NATS is lost")

// connection returns what is cancelled when the connection is lost, and an error
// where there is none.
func (s *Store) connection() (context.Context, error) {
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	if !s.conn.IsConnected() {
		return nil, unavailable(errDisconnected)
	}
	return live, nil
}

// call begins a call: it fails at once where there is no connection, and ends when
// that is lost.
func (s *Store) call(ctx context.Context) (context.Context, context.CancelFunc, error) {
	live, err := s.connection()
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	stop := context.AfterFunc(live, cancel)
	return ctx, func() { stop(); cancel() }, nil
}

// Close implements [gate.Store].
func (s *Store) Close() error {
	s.conn.Close()
	return nil
}

// unavailable is the error of NATS in our words.
func unavailable(err error) error {
	if err == nil || fault.CodeOf(err) == fault.StoreUnavailable {
		return err
	}
	return fault.New(fault.StoreUnavailable, "NATS fails: "+err.Error())
}
