package gate

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// withDefaults returns the configuration with every zero value replaced but those
// that a listener or a key decides, or says which member cannot be used.
func (c Config) withDefaults() (Config, error) {
	u := &c.Upstream
	u.Base = strings.TrimRight(u.Base, "/")
	u.Dialect = cmp.Or(u.Dialect, Spec)
	u.Release = cmp.Or(u.Release, fhir.R4)
	u.Patience = cmp.Or(u.Patience, DefaultPatience)
	u.Timeout = cmp.Or(u.Timeout, DefaultTimeout)
	if u.Headers == nil {
		u.Headers = func(context.Context) (http.Header, error) { return nil, nil }
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	c.Management = cmp.Or(c.Management, DefaultListen)
	c.Lifetime = cmp.Or(c.Lifetime, binding.DefaultLifetime)
	c.NoIDs = cmp.Or(c.NoIDs, NoIDsFail)
	c.KeysCooldown = cmp.Or(c.KeysCooldown, DefaultKeysCooldown)
	c.Replay = cmp.Or(c.Replay, Isolate)
	c.PollInterval = cmp.Or(c.PollInterval, DefaultPollInterval)
	c.StorePatience = cmp.Or(c.StorePatience, DefaultStorePatience)
	c.BindTimeout = cmp.Or(c.BindTimeout, DefaultBindTimeout)
	c.MaxFrame = cmp.Or(c.MaxFrame, binding.MaxFrame)
	c.MaxQueue = cmp.Or(c.MaxQueue, DefaultMaxQueue)
	c.MaxSockets = cmp.Or(c.MaxSockets, DefaultMaxSockets)
	c.MaxBound = cmp.Or(c.MaxBound, DefaultMaxBound)
	c.MaxWaiting = cmp.Or(c.MaxWaiting, DefaultMaxWaiting)
	c.MaxAnswer = cmp.Or(c.MaxAnswer, DefaultMaxAnswer)
	c.MaxBody = cmp.Or(c.MaxBody, DefaultMaxBody)
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if u.Dialect == Pass {
		c.Issuer = cmp.Or(c.Issuer, u.Base)
		c.Audience = cmp.Or(c.Audience, u.WebsocketURL)
	}
	return c, c.check()
}

// check refuses what no gate can be made of.
func (c *Config) check() error {
	u := &c.Upstream
	switch {
	case !isURL(u.Base, "http", "https"):
		return unusable("Upstream.Base %q: an http or https URL without user and query is due", u.Base)
	case !slices.Contains(Dialects(), u.Dialect):
		return unusable("Upstream.Dialect %q: spec, medplum, legacy and pass are possible", u.Dialect)
	case u.Dialect == Legacy && u.Release == fhir.R5:
		return unusable("Upstream.Release R5: bind ID belongs to R4 and R4B")
	case u.WebsocketURL == "" && (u.Dialect == Legacy || u.Dialect == Pass):
		return unusable("Upstream.WebsocketURL is empty: in the dialect %s nothing else says where it is", u.Dialect)
	case u.WebsocketURL != "" && !isURL(u.WebsocketURL, "ws", "wss"):
		return unusable("Upstream.WebsocketURL %q: a ws or wss URL without user and query is due", u.WebsocketURL)
	case u.Fetch && u.Dialect != Legacy:
		return unusable("Upstream.Fetch is for the dialect legacy only: in %s the server sends what changed", u.Dialect)
	case c.Path != "" && (c.Path[0] != '/' || strings.HasSuffix(c.Path, "/") || c.Path == socketPath || strings.ContainsAny(c.Path, "?#%")):
		return unusable("Path %q: one such as /fhir is due, without a slash at its end, and not %s", c.Path, socketPath)
	case c.PublicURL != "" && !isURL(c.PublicURL, "http", "https"):
		return unusable("PublicURL %q: an http or https URL without user and query is due", c.PublicURL)
	}
	if err := c.checkTokens(); err != nil {
		return err
	}
	return c.checkRest()
}

// checkTokens refuses what is said of tokens, and of what is remembered of them.
func (c *Config) checkTokens() error {
	counts := c.Upstream.Dialect == Medplum || c.Upstream.Dialect == Legacy
	switch pass := c.Upstream.Dialect == Pass; {
	case pass && c.Key != nil:
		return unusable("Key: in the dialect pass the FHIR server signs the tokens")
	case pass && c.Keys == "":
		return unusable("Keys is empty: in the dialect pass the FHIR server's keys are due")
	case !pass && (c.Issuer != "" || c.Audience != ""):
		return unusable("Issuer and Audience are for the dialect pass only: this gate issues its tokens itself")
	case c.Lifetime < time.Second || c.Lifetime > token.DefaultMaxLifetime || c.Lifetime%time.Second != 0:
		return unusable("Lifetime %v: whole seconds from 1s to %v are possible", c.Lifetime, token.DefaultMaxLifetime)
	case c.NoIDs != NoIDsFail && c.NoIDs != NoIDsAll:
		return unusable("NoIDs %q: fail and all are possible", c.NoIDs)
	case !slices.Contains(Replays(), c.Replay):
		return unusable("Replay %q: stateless, isolate and shared are possible", c.Replay)
	case c.Replay == Shared && c.Store == nil:
		return unusable("Store is missing: with Replay shared the gates share one")
	case counts && c.Store == nil:
		return unusable("Store is missing: in the dialect %s event numbers are counted in it; NewMemoryStore is one that begins anew with each start", c.Upstream.Dialect)
	}
	return nil
}

func (c *Config) checkRest() error {
	for _, origin := range c.Origins {
		if origin != "*" && (!isURL(origin, "http", "https") || originOf(origin) != origin) {
			return unusable("Origins has %q: an origin such as https://app.example is due, without a path, or *", origin)
		}
	}
	for _, d := range []time.Duration{c.Upstream.Patience, c.Upstream.Timeout, c.PollInterval, c.StorePatience, c.BindTimeout, c.Leeway, c.KeysCooldown} {
		if d < 0 {
			return unusable("%v is negative: leave a duration zero to get the default", d)
		}
	}
	for _, n := range []int64{int64(c.MaxFrame), int64(c.MaxQueue), int64(c.MaxSockets), int64(c.MaxBound), int64(c.MaxWaiting), int64(c.MaxAnswer), c.MaxBody} {
		if n < 0 {
			return unusable("%d is negative: leave a bound zero to get the default", n)
		}
	}
	if c.Check != "" && !slices.Contains(Checks(), c.Check) {
		return unusable("Check %q: report, drop and annotate are possible", c.Check)
	}
	return nil
}

// isURL reports whether a text is a URL of one of the schemes, without user, query
// and fragment.
func isURL(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme) && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// originOf returns scheme, host and port of a URL, as browsers write them.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	port := u.Port()
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		port = ""
	}
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		host += ":" + port
	}
	return u.Scheme + "://" + host
}

// unusable says which member of a Config cannot be used.
func unusable(format string, args ...any) error {
	return fault.New(fault.InvalidOption, "gate.Config: "+fmt.Sprintf(format, args...))
}
