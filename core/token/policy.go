package token

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// checkClaims holds well-formed claims against the policy. [Policy.Inspect] does
// the same, rule by rule.
func (p *Policy) checkClaims(r *claimReader, now time.Time) error {
	if err := p.checkIssuer(r); err != nil {
		return err
	}
	if err := p.checkAudience(r); err != nil {
		return err
	}
	if err := p.checkStart(nbf, r.notBefore, now); err != nil {
		return err
	}
	if err := p.checkStart(iat, r.issuedAt, now); err != nil {
		return err
	}
	if err := p.checkExpiration(r, now); err != nil {
		return err
	}
	return p.checkLifetime(r, now)
}

func (p *Policy) checkIssuer(r *claimReader) error {
	if p.AnyIssuer || p.Issuer != "" && r.values[iss].Is(p.Issuer) {
		return nil
	}
	return fault.New(fault.TokenIssuer, p.aboutIssuer(r))
}

// aboutIssuer says what was found and what is due, whether or not it fits. So do
// the others.
func (p *Policy) aboutIssuer(r *claimReader) string {
	return "claim iss is " + fault.Quote(r.values[iss].Text()) + ", " + due(p.Issuer, p.AnyIssuer)
}

func (p *Policy) checkAudience(r *claimReader) error {
	if p.AnyAudience || p.Audience != "" && r.isFor(p.Audience) {
		return nil
	}
	return fault.New(fault.TokenAudience, p.aboutAudience(r))
}

func (p *Policy) aboutAudience(r *claimReader) string {
	return "claim aud is " + quoteAll(r.audience()) + ", " + due(p.Audience, p.AnyAudience)
}

func due(value string, any bool) string {
	switch {
	case any:
		return "any is accepted"
	case value == "":
		return "and nothing was given to compare it with"
	}
	return fault.Quote(value) + " is due"
}

func quoteAll(values []string) string {
	const most = 3
	text := ""
	for i, v := range values {
		switch {
		case i == most:
			return text + " …"
		case i > 0:
			text += " "
		}
		text += fault.Quote(v)
	}
	return text
}

// leeway is never negative: that would be a stricter clock, not a slower one.
func (p *Policy) leeway() time.Duration { return max(p.Leeway, 0) }

// checkStart applies RFC 7519 sections 4.1.5 and 4.1.6: a token is valid from
// nbf, and one that was issued in the future is not valid yet.
func (p *Policy) checkStart(c claim, date, now time.Time) error {
	if date.IsZero() || !now.Before(date.Add(-p.leeway())) {
		return nil
	}
	return fault.New(fault.TokenNotYetValid, aboutDate(c, date, now))
}

func aboutDate(c claim, date, now time.Time) string {
	if date.IsZero() {
		return "the token has no " + c.String()
	}
	return "claim " + c.String() + " is " + instant(date) + ", it is " + instant(now) + " now"
}

// checkExpiration applies RFC 7519 section 4.1.4: at exp a token is no longer
// valid.
func (p *Policy) checkExpiration(r *claimReader, now time.Time) error {
	if now.Before(r.expires.Add(p.leeway())) {
		return nil
	}
	return fault.New(fault.ExpiredToken, "the token expired at "+instant(r.expires)+", it is "+instant(now)+" now: ask for a new one")
}

func (p *Policy) checkLifetime(r *claimReader, now time.Time) error {
	lives, slack := p.lives(r, now)
	if lives <= p.maxLifetime()+slack {
		return nil
	}
	return fault.New(fault.TokenLifetime, p.aboutLifetime(lives))
}

func (p *Policy) aboutLifetime(lives time.Duration) string {
	return "the token lives for " + lifetime(lives) + ", at most " + lifetime(p.maxLifetime()) + " is accepted"
}

// lives returns how long a token lives from where it says that it starts, and
// otherwise how long it will live from now on, give or take the slack.
func (p *Policy) lives(r *claimReader, now time.Time) (lives, slack time.Duration) {
	from := r.issuedAt
	if from.IsZero() {
		from = r.notBefore
	}
	if from.IsZero() {
		from, slack = now, p.leeway()
	}
	return r.expires.Sub(from), slack
}
