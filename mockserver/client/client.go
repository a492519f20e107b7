// Package client listens to FHIR Subscriptions over a websocket, as a careful
// application would.
//
// Range over [Notifications]; it needs the FHIR base and, usually, the ids of
// Subscriptions that exist already:
//
//	for n, err := range client.Notifications(ctx, client.Config{Base: base, Subscriptions: ids}) {
//		if err != nil {
//			return err // the last thing yielded: it will not heal
//		}
//		fmt.Println(n.Kind, n.Subscription, n.Events)
//	}
//
// It calls $get-ws-binding-token, checks the answer against the operation's
// definition, connects to the websocket-url it was given, binds, and yields
// every notification after checking it. It asks for a new token before the old
// one expires and binds it on the same socket, or on a new one if the URL has
// changed.
//
// # What it promises
//
// Each event of a Subscription is yielded once. A gap in the numbers is filled
// by $events before the notification that shows it is yielded; what the server
// cannot give any more is told as missed, never passed over in silence. Where
// listening begins, the first counter that a Subscription's notifications tell
// is taken as what has been seen already, unless [Config.Seen] says otherwise.
//
// A connection that ends is made anew, after a growing, jittered wait. What
// will not heal (a Subscription that is gone, a caller who may not) ends the
// sequence with the reason, and so does a server that refuses its own tokens
// several times on end. Heartbeats and events before a handshake are legal and
// accepted; a frame that is no notification is yielded with its issues.
//
// # Bounds
//
// Answers and frames are read up to 16 MiB, a frame waits while the one before
// it is handled, at most 1,000 events are asked of $events at a time, and
// 10,000 per gap. Times to renew and to wait follow [Config.Clock]; the
// timeouts of single exchanges are those of the wall, since they bound a
// network and not a protocol.
package client

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// Config says what to listen to. Only Base must be set.
type Config struct {
	// Base is the FHIR base, such as http://127.0.0.1:8080/fhir/R4.
	Base string
	// Release is the FHIR release of the base. Zero: it is read from
	// [Base]/metadata.
	Release fhir.Release
	// Bearer is sent as Authorization: Bearer to the base, never to another
	// host. Empty: no Authorization.
	Bearer string
	// Subscriptions are the ids to bind. A single one is asked for at the
	// instance level, several at the type level. Empty: the server decides,
	// usually for every Subscription of the caller.
	Subscriptions []string
	// Seen gives, by Subscription id, the number of the last event that was
	// handled before: later ones are caught up with. Nil: from now on.
	Seen map[string]int64

	// HTTP makes the requests and opens the socket. Nil: a client of its own,
	// with the default transport. Its Timeout is not used.
	HTTP *http.Client
	// Clock tells the time and wakes. Nil: the real one.
	Clock clock.Clock
	// Random returns numbers from 0 up to 1, for jitter. Nil: math/rand/v2.
	Random func() float64
	// Log is told what happens to the connection; never a token. Nil: nothing
	// is logged.
	Log *slog.Logger
}

// A Kind is the type of a notification, as FHIR spells it.
type Kind string

// The kinds of notification, and two for frames that are none.
const (
	Handshake         Kind = "handshake"
	Heartbeat         Kind = "heartbeat"
	EventNotification Kind = "event-notification"
	QueryStatus       Kind = "query-status"
	QueryEvent        Kind = "query-event"
	Complaint         Kind = "operation-outcome" // the issue is what the server says
	Other             Kind = ""
)

// A Notification is one thing the server said.
type Notification struct {
	Kind         Kind
	Subscription string // its id
	// Events are the numbers of the events in it that were not yielded
	// before. A Bundle in which every event is a duplicate is not yielded.
	Events []int64
	// Missed are events that the server counted and could not give any more,
	// before this notification.
	Missed []Range
	// Text is the Bundle, or whatever the frame was, as it came.
	Text []byte
	// Issues is what is wrong or odd about Text.
	Issues []fault.Issue
}

// A Range is a run of event numbers, both ends included.
type Range struct{ From, To int64 }

// Notifications listens until ctx ends, the caller stops ranging, or something
// is wrong that will not heal. In the last case, and only then, an error is
// yielded, as the last thing; [fault.CodeOf] tells its code. The sequence may
// be ranged over once at a time.
func Notifications(ctx context.Context, config Config) iter.Seq2[Notification, error] {
	return func(yield func(Notification, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		l, err := newListener(config, yield)
		if err == nil {
			err = l.run(ctx)
		}
		if err != nil {
			yield(Notification{}, err)
		}
	}
}

// Check says what is wrong with a configuration. [Notifications] yields the
// same error.
func (c Config) Check() error {
	base, err := url.Parse(c.Base)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.Fragment != "" {
		return fault.New(fault.MalformedRequest, "the FHIR base "+strconv.Quote(base.Redacted())+" is no http or https URL without a query")
	}
	for _, id := range c.Subscriptions {
		if fhir.CheckText(0, "id", id).Code != "" {
			return fault.New(fault.MalformedRequest, "the Subscription id "+strconv.Quote(id)+" is no FHIR id: give the id alone, without Subscription/")
		}
	}
	return nil
}

func newListener(config Config, yield func(Notification, error) bool) (*listener, error) {
	if err := config.Check(); err != nil {
		return nil, err
	}
	c := config.withDefaults()
	return &listener{
		config: c,
		server: server{config: c},
		ledger: ledger{seen: maps.Clone(c.Seen)},
		yield:  yield,
	}, nil
}

func (c Config) withDefaults() Config {
	c.Base = strings.TrimRight(c.Base, "/")
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	}
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// The bounds and waits of a listener.
const (
	maxBytes          = 16 << 20         // of an answer or a frame
	exchangeTimeout   = 30 * time.Second // of one request, or of opening a socket
	silenceAfterBind  = 10 * time.Second // until a bind without any answer is given up
	stableAfter       = 10 * time.Second // that a bound socket must last to be called good
	firstWait         = 500 * time.Millisecond
	longestWait       = 30 * time.Second
	longestRetryAfter = time.Hour
	maxRefusals       = 5      // broken answers and refused binds on end
	maxPage           = 1_000  // events asked of $events at a time
	maxCatchUp        = 10_000 // events asked of $events for one gap
	maxPages          = 100    // requests for one gap
)
