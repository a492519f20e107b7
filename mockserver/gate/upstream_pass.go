package gate

import (
	"context"

	"github.com/wsbind/wsbind/core/fault"
)

// newPass returns a FHIR server in the dialect Pass: its own tokens are passed on.
func newPass(cfg upstreamConfig) upstream {
	return &guideUpstream{cfg: &cfg, tickets: func() tickets { return passTickets{&cfg} }}
}

// passTickets are the client's own tokens. They are not kept: a server that is lost
// cannot be had back with them.
type passTickets struct{ cfg *upstreamConfig }

// bind implements tickets.
func (p passTickets) bind(_ context.Context, g Grant) (ticket, []Omitted, error) {
	return ticket{token: g.Token, url: p.cfg.websocketURL, ids: g.IDs}, nil, nil
}

// again implements tickets. It is not called.
func (p passTickets) again(context.Context, []string) (ticket, []Omitted, error) {
	return ticket{}, nil, fault.New(fault.UpstreamUnavailable, "the gate has no token to bind anew with")
}

// renews implements tickets.
func (p passTickets) renews() bool { return false }

// refused implements tickets: what the server says of the client's token is for the
// client.
func (p passTickets) refused(code fault.Code, detail string) error {
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
