package gate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fault"
)

// fhirJSON is the media type of all requests and answers.
const fhirJSON = "application/fhir+json"

// exchange makes one request of the FHIR server with the gate's own credential. path
// starts with a slash and stands below the base. The error says that there is no
// answer to go by: [fault.UpstreamUnavailable], or [fault.UpstreamRefused] where the
// gate itself is refused or what comes is too large. What any other status means is
// for the caller to say.
func (c *upstreamConfig) exchange(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	header, err := c.headers(ctx)
	if err != nil {
		return 0, nil, err
	}
	return c.exchangeAs(ctx, header, method, path, body)
}

// exchangeAs is exchange with somebody else's credential.
func (c *upstreamConfig) exchangeAs(ctx context.Context, header http.Header, method, path string, body []byte) (status int, answer []byte, err error) {
	a, err := c.ask(ctx, header, method, path, body)
	return a.status, a.body, err
}

// reply is the FHIR server's answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// ask makes a request, with errors as exchange.
func (c *upstreamConfig) ask(ctx context.Context, header http.Header, method, path string, body []byte) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, fault.New(fault.UpstreamRefused, "no request can be made of "+fault.Quote(path))
	}
	if request.Header = header.Clone(); request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("Accept", fhirJSON)
	if body != nil {
		request.Header.Set("Content-Type", fhirJSON)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return reply{}, fault.New(fault.UpstreamUnavailable, "the FHIR server cannot be reached: "+withoutURL(err))
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, int64(c.maxBytes)+1))
	switch status := response.StatusCode; {
	case err != nil:
		return reply{}, fault.New(fault.UpstreamUnavailable, "the FHIR server's answer broke off")
	case len(answer) > c.maxBytes:
		return reply{}, tooLarge{fault.New(fault.UpstreamRefused, "the FHIR server's answer has more than "+strconv.Itoa(c.maxBytes)+" bytes")}
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		return reply{}, fault.New(fault.UpstreamUnavailable, "the FHIR server answers "+strconv.Itoa(status))
	}
	return reply{response.StatusCode, response.Header, answer}, nil
}

// tooLarge is the error of an answer that is not read: less may be asked for.
type tooLarge struct{ error }

func (e tooLarge) Unwrap() error { return e.error }

// refuses says that the FHIR server's status is none that can be gone by; that of a
// credential is told apart.
func refuses(status int) error {
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return fault.New(fault.UpstreamRefused, "the FHIR server refuses the gate's credential with "+strconv.Itoa(status))
	}
	return fault.New(fault.UpstreamRefused, "the FHIR server answers "+strconv.Itoa(status))
}

// dial opens a websocket of the FHIR server. The gate's credential goes with it to
// the host of the base or of the configured websocket, and to no other. Frames are
// read up to maxBytes. Whoever reads it calls hungUp at its end.
func (c *upstreamConfig) dial(ctx context.Context, address string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	options := &websocket.DialOptions{HTTPClient: c.http, CompressionMode: websocket.CompressionDisabled}
	if c.trusts(address) {
		var err error
		if options.HTTPHeader, err = c.headers(ctx); err != nil {
			return nil, err
		}
	}
	conn, response, err := websocket.Dial(ctx, address, options)
	if err == nil {
		conn.SetReadLimit(int64(c.maxBytes))
		c.sockets.Add(1)
		return conn, nil
	}
	if response != nil && response.StatusCode >= 300 && response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests {
		return nil, fault.New(fault.UpstreamRefused, "the FHIR server's websocket answers "+strconv.Itoa(response.StatusCode)+" instead of opening")
	}
	return nil, fault.New(fault.UpstreamUnavailable, "the FHIR server's websocket does not open")
}

// hungUp notes that a websocket that was dialled is over.
func (c *upstreamConfig) hungUp() { c.sockets.Add(-1) }

// trusts reports whether a websocket may have the gate's credential.
func (c *upstreamConfig) trusts(address string) bool {
	if address == c.websocketURL {
		return true
	}
	to, err := url.Parse(address)
	base, baseErr := url.Parse(c.base)
	return err == nil && baseErr == nil && to.Host == base.Host && strings.TrimPrefix(base.Scheme, "http") == strings.TrimPrefix(to.Scheme, "ws")
}

// withoutURL is what an error of net/http says, without the request's line.
func withoutURL(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err.Error()
	}
	return err.Error()
}

// shortestSecret is the length of a token that is taken out of texts: a shorter one is
// no secret, and may be a part of any.
const shortestSecret = 10

// withoutSecrets takes out tokens that the FHIR server quotes: what it says is told, and
// logged.
func withoutSecrets(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= shortestSecret {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	return text
}

// The pauses between attempts to have a lost server back.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 15 * time.Second
)

// pause is how long to wait before an attempt, counted from 0: it doubles, and half
// of it is left to chance so that gates do not come all at once.
func (c *upstreamConfig) pause(attempt int) time.Duration {
	d := min(firstPause<<min(attempt, 10), longestPause)
	return d/2 + time.Duration(c.random()*float64(d/2))
}
