package gate

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// The dialect medplum: a token for each Subscription, and one connection for all. A
// binding whose token has expired ends there without a word, so tokens are renewed
// long before. One heartbeat for the whole socket is no heartbeat of a Subscription:
// those the feeds give.

const (
	renewAfter    = 0.7 // of a token's life, at the latest
	renewSpread   = 0.1 // of it, before that, so that not all renew together
	shortestLife  = time.Second
	assumedLife   = 10 * time.Minute // of a token that does not say it, as of Medplum's first version
	renewalsAhead = 4                // tries that are left when a renewal fails, while the token lasts
)

type medplum struct {
	cfg    *upstreamConfig
	mu     sync.Mutex
	trunks map[string]*trunk // by their URL
}

func newMedplum(cfg upstreamConfig) upstream {
	return newRelay(&cfg, &medplum{cfg: &cfg, trunks: map[string]*trunk{}})
}

func (*medplum) obstacle(*bridge.Subscription) error { return nil }

func (m *medplum) tap(id string) tap { return &medplumTap{m, id} }

// use returns the trunk to a URL, which all share, when it is open. It is to be left
// then, and ends with the last who does.
func (m *medplum) use(in *inlet, url string) (*trunk, error) {
	m.mu.Lock()
	t := m.trunks[url]
	if t == nil || t.ctx.Err() != nil {
		t = newTrunk(m.cfg, url)
		m.trunks[url] = t
		in.run(t.run)
	}
	t.uses++
	m.mu.Unlock()
	select {
	case <-t.opened:
		return t, nil
	case <-t.ctx.Done():
		m.leave(t)
		return nil, context.Cause(t.ctx)
	case <-in.ctx.Done():
		m.leave(t)
		return nil, in.ctx.Err()
	}
}

func (m *medplum) leave(t *trunk) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.uses--; t.uses > 0 {
		return
	}
	if m.trunks[t.url] == t {
		delete(m.trunks, t.url)
	}
	t.over(errOver)
}

// medplumTap is one Subscription on a trunk.
type medplumTap struct {
	medplum *medplum
	id      string
}

func (m *medplumTap) open(in *inlet, _ *bridge.Subscription) error {
	key, err := m.ask(in.ctx)
	if err != nil {
		return err
	}
	t, err := m.medplum.use(in, key.url)
	if err != nil {
		return err
	}
	if err := t.bind(in, m.id, key.token); err != nil {
		t.unbind(in, m.id, "")
		m.medplum.leave(t)
		return err
	}
	in.run(func() {
		defer m.medplum.leave(t)
		m.keep(in, t, key)
	})
	return nil
}

// keep renews the token while the inlet is open, and unbinds then.
func (m *medplumTap) keep(in *inlet, t *trunk, key key) {
	cfg := m.medplum.cfg
	wait := key.renewal(cfg)
	for cfg.sleep(in.ctx, wait) {
		next, err := m.renew(in, t)
		if err == nil {
			key, wait = next, next.renewal(cfg)
			continue
		}
		left := key.expires.Sub(cfg.clock.Now())
		if !passing(err) || left <= 0 {
			in.lost(err)
			break
		}
		wait = min(left, max(firstPause, min(left/renewalsAhead, longestPause)))
	}
	if !key.expires.After(cfg.clock.Now()) {
		key.token = ""
	}
	t.unbind(in, m.id, key.token)
}

func (m *medplumTap) renew(in *inlet, t *trunk) (key, error) {
	next, err := m.ask(in.ctx)
	switch {
	case err != nil:
		return key{}, err
	case next.url != t.url:
		return key{}, fault.New(fault.UpstreamUnavailable, "the FHIR server has moved its websocket")
	}
	return next, t.bind(in, m.id, next.token)
}

// key is a token of Medplum's.
type key struct {
	token, url string
	expires    time.Time
}

// renewal is how long the token is used before the next is asked for.
func (k *key) renewal(cfg *upstreamConfig) time.Duration {
	life := float64(k.expires.Sub(cfg.clock.Now()))
	return max(shortestLife, time.Duration(life*(renewAfter-renewSpread*cfg.random())).Round(time.Millisecond))
}

// ask calls the operation, which Medplum has at the level of the instance, by GET;
// in R5 that is no method of its definition.
func (m *medplumTap) ask(ctx context.Context) (key, error) {
	cfg := m.medplum.cfg
	method := http.MethodGet
	if cfg.release == fhir.R5 {
		method = http.MethodPost
	}
	status, text, err := cfg.exchange(ctx, method, "/Subscription/"+m.id+"/$get-ws-binding-token", nil)
	switch {
	case err != nil:
		return key{}, err
	case status == http.StatusNotFound || status == http.StatusGone:
		return key{}, unknownSubscription(m.id, "does not exist any more")
	case status != http.StatusOK:
		return key{}, refuses(status)
	}
	k := cfg.readKey(text)
	if k.token == "" || !k.expires.After(cfg.clock.Now()) || !cfg.isSocket(k.url) {
		return key{}, fault.New(fault.UpstreamRefused, "the answer to $get-ws-binding-token has no token that lasts, or no websocket-url that may be used")
	}
	return k, nil
}

// readKey reads the operation's answer, also that of Medplum's first version, which
// has no expiration.
func (c *upstreamConfig) readKey(text []byte) key {
	k := key{url: c.websocketURL, expires: c.clock.Now().Add(assumedLife)}
	var doc jsonscan.Document
	if doc.Parse(text, jsonscan.Limits{}) != nil {
		return k
	}
	for p := doc.Root().Get("parameter").First(); p.Exists(); p = p.Next() {
		switch name := p.Get("name"); {
		case name.Is("token"):
			k.token = p.Get("valueString").Text()
		case name.Is("expiration"):
			k.expires, _ = time.Parse(time.RFC3339, p.Get("valueDateTime").Text())
		case name.Is("websocket-url") && k.url == "":
			k.url = p.Get("valueUrl").Text()
		}
	}
	return k
}

// isSocket tells whether a websocket may be used: the operator's own, or that of an
// answer if it is as well protected as the FHIR base is.
func (c *upstreamConfig) isSocket(url string) bool {
	if url == c.websocketURL && url != "" {
		return true
	}
	return strings.HasPrefix(url, "wss://") || strings.HasPrefix(url, "ws://") && !strings.HasPrefix(c.base, "https:")
}
