package load

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/draw"
)

// The dialects that a server may speak on its websocket.
const (
	Spec    = "spec"    // bind-with-token TOKEN, of the guide and of R5
	Query   = "query"   // the token stands in the websocket-url
	Medplum = "medplum" // JSON frames, R4
	Legacy  = "legacy"  // bind ID and ping ID, of R4's core and of HAPI
)

// Dialects lists the dialects, the default first.
func Dialects() []string { return []string{Spec, Query, Medplum, Legacy} }

// The content levels of a notification.
const (
	Empty        = "empty"
	IDOnly       = "id-only"
	FullResource = "full-resource"
)

// Contents lists the content levels, the least first.
func Contents() []string { return []string{Empty, IDOnly, FullResource} }

// Defaults that stand in for the zero values of [Config].
const (
	DefaultTopic    = "http://wsbind.example/SubscriptionTopic/Patient"
	DefaultRate     = 10
	DefaultParallel = 32
	DefaultWait     = 10 * time.Second
)

// The bounds of a load.
const (
	maxSockets       = 1_000_000
	maxSubscriptions = 1_000
	maxEvents        = 100_000_000
	maxRate          = 1_000_000
	maxSize          = 1 << 20
	maxParallel      = 10_000
	maxBits          = 8 << 30 // of all bitsets together: 1 GiB
	maxBytes         = 16 << 20
	exchangeTimeout  = 30 * time.Second // of one request, opening handshake or bind
	cleanUpTimeout   = 30 * time.Second // of closing and deleting all together
)

// Config says which load. Base and Sockets must be set.
type Config struct {
	// Base is the FHIR base, such as http://127.0.0.1:8080/fhir/R4.
	Base string
	// MayLoad says that the owner of a server on another machine knows of this.
	// Default: false, and any Base or websocket-url but a loopback one is refused.
	MayLoad bool
	// Release is the FHIR release of the base. Zero: it is read from
	// [Base]/metadata.
	Release fhir.Release
	// Bearer is sent as Authorization: Bearer to the base, never to another
	// host. Empty: no Authorization.
	Bearer string
	// TLS is for https and wss. Nil: the system's roots.
	TLS *tls.Config
	// Dialect is how the server binds. Default: Spec.
	Dialect string
	// Websocket is where Medplum and Legacy connect to. Default: what stands below
	// the root of Base in those servers, /ws/subscriptions-r4 or /websocket. The
	// other dialects are told by the operation.
	Websocket string

	// Sockets is how many there are, and Subscriptions how many each binds.
	// Default: 1 Subscription.
	Sockets, Subscriptions int
	// Topic is the canonical of a SubscriptionTopic that fires when a Patient is
	// made. Default: DefaultTopic, which every wsbind server has. Classic criteria
	// stand in for it in Medplum, and in Legacy in R4 and R4B.
	Topic string
	// Content is the content level. Default: IDOnly; Medplum sends full resources
	// and Legacy nothing, whatever is asked.
	Content string
	// Groups spreads the Subscriptions over filters on identifier, so that an event
	// reaches one of so many. Default: 1, without a filter where there is a topic.
	Groups int

	// Events is how many there are, at Rate per second. Default: none, at
	// DefaultRate.
	Events int
	Rate   float64
	// Size of each Patient in bytes, as far as it is not longer anyway. Default:
	// as short as can be.
	Size int
	// Post creates Patients by POST, for servers that do not let a client choose the
	// id. Default: PUT; Medplum is always asked by POST.
	Post bool

	// Parallel bounds the requests under way, and the sockets that are opened, at
	// the same time. Default: DefaultParallel.
	Parallel int
	// Wait is how long what is missing is waited for, from the last event that
	// arrived on. Default: DefaultWait.
	Wait time.Duration
	// Keep leaves Subscriptions and Patients where they are. Default: false, they are
	// deleted.
	Keep bool
	// Seed is what names of Patients and times of renewal are drawn from, at most
	// draw.MaxSeed. Default: one that is drawn, see [Report].
	Seed uint64

	// Progress is told what goes on, a few times a second and never by two
	// goroutines at once. Default: nobody is.
	Progress func(Progress)
	// Clock tells the time and wakes. Default: the real one.
	Clock clock.Clock
}

func (c Config) withDefaults() Config {
	c.Base = strings.TrimRight(c.Base, "/")
	if c.Dialect == "" {
		c.Dialect = Spec
	}
	if c.Topic == "" {
		c.Topic = DefaultTopic
	}
	if c.Content == "" {
		c.Content = IDOnly
	}
	switch c.Dialect {
	case Medplum:
		c.Content, c.Post = FullResource, true
	case Legacy:
		c.Content = Empty
	}
	for _, n := range []*int{&c.Subscriptions, &c.Groups} {
		if *n == 0 {
			*n = 1
		}
	}
	if c.Rate == 0 {
		c.Rate = DefaultRate
	}
	if c.Parallel == 0 {
		c.Parallel = DefaultParallel
	}
	if c.Wait == 0 {
		c.Wait = DefaultWait
	}
	if c.Seed == 0 {
		c.Seed = drawSeed()
	}
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	return c
}

// drawSeed is never 0, which stands for none.
func drawSeed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])%draw.MaxSeed + 1
}

// Check says what is wrong with a configuration. [Run] returns the same error.
func (c Config) Check() error {
	c = c.withDefaults()
	base, err := url.Parse(c.Base)
	if err != nil {
		return refuse("the FHIR base is no URL (" + reason(err) + "): one such as http://127.0.0.1:8080/fhir/R4 is due")
	}
	if base.User != nil {
		return refuse("the FHIR base " + strconv.Quote(base.Redacted()) + " has a user in it, which no report may repeat: give a bearer token")
	}
	if base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.RawQuery != "" || base.Fragment != "" {
		return refuse("the FHIR base " + strconv.Quote(base.Redacted()) + " is no http or https URL without a query")
	}
	if err := c.checkPlace(c.Base); err != nil {
		return err
	}
	if c.Websocket != "" {
		if err := c.checkSocketURL(c.Websocket); err != nil {
			return err
		}
	}
	for _, w := range []struct {
		name, word string
		possible   []string
	}{{"dialect", c.Dialect, Dialects()}, {"content level", c.Content, Contents()}} {
		if !slices.Contains(w.possible, w.word) {
			return refuse("the " + w.name + " " + strconv.Quote(w.word) + " is not known: one of " + strings.Join(w.possible, ", "))
		}
	}
	if err := c.checkNumbers(); err != nil {
		return err
	}
	return c.checkFit()
}

// checkNumbers compares each number with its bounds.
func (c Config) checkNumbers() error {
	for _, n := range []struct {
		name            string
		is, least, most int
	}{
		{"sockets", c.Sockets, 1, maxSockets},
		{"Subscriptions per socket", c.Subscriptions, 1, maxSubscriptions},
		{"groups", c.Groups, 1, max(1, c.Sockets*c.Subscriptions)},
		{"events", c.Events, 0, maxEvents},
		{"bytes of a resource", c.Size, 0, maxSize},
		{"requests in parallel", c.Parallel, 1, maxParallel},
	} {
		if n.is < n.least || n.is > n.most {
			return refuse(strconv.Itoa(n.is) + " " + n.name + " are not possible: from " + strconv.Itoa(n.least) + " to " + strconv.Itoa(n.most) + " are")
		}
	}
	switch {
	case math.IsNaN(c.Rate) || c.Rate < 0.001 || c.Rate > maxRate:
		return refuse("a rate of " + strconv.FormatFloat(c.Rate, 'g', -1, 64) + " is not possible: from 0.001 to " + strconv.Itoa(maxRate) + " events per second are")
	case c.Wait < 0:
		return refuse("a wait of " + c.Wait.String() + " is not possible")
	case c.Seed > draw.MaxSeed:
		return refuse("the seed is not possible: whole numbers up to 9007199254740991 are")
	}
	return nil
}

// checkFit looks at what must go together.
func (c Config) checkFit() error {
	perSubscription := (c.Events + c.Groups - 1) / c.Groups
	bits := float64(c.Sockets) * float64(c.Subscriptions) * float64((perSubscription+63)&^63)
	switch {
	case c.Dialect == Legacy && c.Subscriptions > 1:
		return refuse("a socket of the dialect legacy binds one Subscription: more sockets are due, not more Subscriptions for each")
	case c.Dialect == Medplum && c.Release != 0 && c.Release != fhir.R4:
		return refuse("the dialect medplum is one of R4")
	case bits > maxBits:
		return refuse("telling duplicates of " + strconv.Itoa(c.Events) + " events apart would take " +
			strconv.FormatFloat(bits/(8<<20), 'f', 0, 64) + " MiB: fewer events, sockets or Subscriptions are due, or more groups")
	}
	return nil
}

func refuse(detail string) error { return fault.New(fault.MalformedRequest, detail) }

// checkPlace refuses to load a machine whose owner may not know.
func (c Config) checkPlace(place string) error {
	u, err := url.Parse(place)
	if c.MayLoad || err == nil && loopback(u.Hostname()) {
		return nil
	}
	return fault.New(fault.Forbidden, strconv.Quote(u.Hostname())+" is not this machine, and a load is felt by everybody who uses it")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkSocketURL refuses to show a token that came over TLS to a socket without.
func (c Config) checkSocketURL(socket string) error {
	u, err := url.Parse(socket)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return refuse("the websocket " + strconv.Quote(withoutQuery(socket)) + " is no ws or wss URL")
	}
	if strings.HasPrefix(c.Base, "https:") && u.Scheme != "wss" {
		return refuse("the websocket " + strconv.Quote(withoutQuery(socket)) + " is not protected, and the FHIR base is: the token would be sent in the clear")
	}
	return c.checkPlace(socket)
}

// withoutQuery names a URL in a message: some servers put a token into its query.
func withoutQuery(socket string) string {
	path, _, _ := strings.Cut(socket, "?")
	return path
}
