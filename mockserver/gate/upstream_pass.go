package gate

import (
	"context"
	"slices"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
)

// newPass returns a FHIR server in the dialect Pass: its own tokens are passed on.
func newPass(cfg upstreamConfig) upstream {
	return &guideUpstream{cfg: &cfg, tickets: func() tickets { return &passTickets{cfg: &cfg} }}
}

// passTickets are the client's own tokens, which are remembered for as long as they
// bind something, to bind it again when the server is back.
type passTickets struct {
	cfg *upstreamConfig

	mu     sync.Mutex
	grants []Grant // oldest first
}

// bind implements tickets.
func (p *passTickets) bind(_ context.Context, g Grant) (ticket, []Omitted, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.clock.Now()
	p.grants = slices.DeleteFunc(p.grants, func(old Grant) bool {
		return !old.Claims.Expires.After(now) || covers(g, old)
	})
	p.grants = append(p.grants, g)
	return p.ticketOf(g, g.IDs), nil, nil
}

// covers reports whether a grant makes an older one superfluous.
func covers(g, old Grant) bool {
	return !old.Claims.Expires.After(g.Claims.Expires) && !slices.ContainsFunc(old.IDs, func(id string) bool { return !slices.Contains(g.IDs, id) })
}

func (p *passTickets) ticketOf(g Grant, ids []string) ticket {
	return ticket{token: g.Token, url: p.cfg.websocketURL, ids: ids}
}

// again implements tickets.
func (p *passTickets) again(_ context.Context, ids []string) (list []ticket, omitted []Omitted, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.clock.Now()
	left := slices.Clone(ids)
	for _, g := range p.grants {
		var held []string
		for _, id := range g.IDs {
			if slices.Contains(ids, id) && g.Claims.Expires.After(now) {
				held = append(held, id)
			}
		}
		if len(held) > 0 {
			list = append(list, p.ticketOf(g, held))
			left = slices.DeleteFunc(left, func(id string) bool { return slices.Contains(held, id) })
		}
	}
	for _, id := range left {
		omitted = append(omitted, Omitted{id, fault.ExpiredToken})
	}
	return list, omitted, nil
}

// renews implements tickets.
func (p *passTickets) renews() bool { return false }

// refused implements tickets: what the server says of the client's token is for the
// client.
func (p *passTickets) refused(code fault.Code, detail string) error {
	switch status := code.CloseStatus(); {
	case !code.Known() || status == 0:
		return fault.New(fault.UpstreamRefused, "the FHIR server refuses the token ("+fault.Quote(string(code))+"): "+detail)
	case status == 1001 || status == 1013:
		return fault.New(fault.UpstreamUnavailable, "the FHIR server does not bind now ("+string(code)+"): "+detail)
	case status == 1008 && code != fault.TooManyRequests:
		return fault.New(code, "the FHIR server refuses the token: "+code.Meaning())
	}
	return fault.New(fault.UpstreamRefused, "the FHIR server refuses the bind ("+string(code)+"): "+detail)
}
