package client

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// contract checks what a server says against what its release says. A renewal
// reads an answer while notifications are checked, hence the lock.
type contract struct {
	release fhir.Release
	checker notification.Checker

	mu     sync.Mutex
	reader *binding.Reader
}

// grant is the answer of $get-ws-binding-token.
type grant struct {
	token         string
	url           string
	expires       time.Time
	subscriptions []string // ids; none if the server does not say
}

func newContract(release fhir.Release) (*contract, error) {
	reader, err := binding.NewReader(release, nil)
	if err != nil {
		return nil, err
	}
	return &contract{release: release, reader: reader}, nil
}

// checkNotification returns the issues of a frame, which are the caller's.
func (c *contract) checkNotification(text []byte) []fault.Issue {
	return slices.Clone(c.checker.Check(text, c.release))
}

// grant reads an answer. What breaks the definition is not used at all: a
// token without its expiration cannot be renewed in time.
func (c *contract) grant(body []byte, base string, now time.Time) (grant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, issues := c.reader.Response(body)
	if !fault.Valid(issues) {
		first := issues[slices.IndexFunc(issues, func(i fault.Issue) bool { return i.Severity.Invalidates() })]
		return grant{}, refused(first.Code, "the answer to $get-ws-binding-token breaks its definition: "+first.Diagnostics+" ("+first.Expression+")")
	}
	g := grant{token: answer.Token, url: answer.WebsocketURL, expires: answer.Expiration, subscriptions: answer.Subscriptions}
	if !g.expires.After(now) {
		return grant{}, refused(fault.ExpiredToken, "the server gave a token that expired at "+
			g.expires.Format(time.RFC3339)+": one of the two clocks is wrong")
	}
	return g, checkSocketURL(g.url, base)
}

// checkSocketURL refuses to show a token that came over TLS to a socket
// without.
func checkSocketURL(socket, base string) error {
	u, err := url.Parse(socket)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return refused(fault.InvalidPrimitive, "the websocket-url "+place(socket)+" is no ws or wss URL")
	}
	if b, err := url.Parse(base); err == nil && b.Scheme == "https" && u.Scheme != "wss" {
		return refused(fault.InvalidPrimitive, "the websocket-url "+place(socket)+" is not protected, and the FHIR base is: the token would be sent in the clear")
	}
	return nil
}

// covers reports whether the token is for the Subscription.
func (g *grant) covers(subscription string) bool {
	return len(g.subscriptions) == 0 || slices.Contains(g.subscriptions, subscription)
}

// place names a URL in a message without its query, where some servers put a
// token.
func place(socket string) string {
	path, _, _ := strings.Cut(socket, "?")
	return shorten(path)
}
