package gate

import (
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/schemas/vectors"
)

// TestTokenVectors shows every vector of kind token to a gate, as the token of a bind
// frame. Those that no frame can hold are expected-bind.
func TestTokenVectors(t *testing.T) {
	cases, err := vectors.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, c := range cases {
		keys, err := jose.ParseSet(c.Keys)
		if c.Raw || err != nil {
			continue // no binding token, and no gate
		}
		at := time.Unix(int64(c.Now), int64((c.Now-float64(int64(c.Now)))*1e9))
		a := admission{policy: policyOf(c), own: keys, clock: clock.NewVirtual(at)}
		got, err := a.read(t.Context(), []byte("bind-with-token "+c.Token))
		code := string(fault.CodeOf(err))
		if code == "" && got.token != c.Token {
			continue // the white space was the frame's
		}
		if code == string(fault.ExpectedBind) && c.Code != "" || code == string(fault.FrameTooLarge) && c.Code == string(fault.TokenTooLarge) {
			continue
		}
		if shown++; code != c.Code && !(code == string(fault.ExpiredToken) && c.ClockTolerance != nil) {
			t.Errorf("%s: code %q, want %q (%s): %v", c.Name, code, c.Code, c.Why, err)
		}
		if c.OK && err == nil && len(got.claims.Subscriptions) == 0 {
			t.Errorf("%s: it grants nothing", c.Name)
		}
	}
	if shown < 100 {
		t.Errorf("only %d vectors were shown", shown)
	}
}

func policyOf(c vectors.Token) token.Policy {
	p := token.Policy{
		Algorithms: token.Algorithms(), Issuer: c.Issuer, AnyIssuer: c.Issuer == "", Audience: c.Audience, AnyAudience: c.Audience == "",
	}
	if c.Algorithms != nil {
		p.Algorithms = nil
		for _, a := range c.Algorithms {
			p.Algorithms = append(p.Algorithms, token.Algorithm(a))
		}
	}
	if c.Typ != nil {
		p.Type, p.AnyType = *c.Typ, *c.Typ == ""
	}
	if c.ClockTolerance != nil {
		p.Leeway = time.Duration(*c.ClockTolerance * float64(time.Second))
	}
	return p
}

// TestUseKey: what a jti may be, and what the key of a store may be.
func TestUseKey(t *testing.T) {
	for jti, want := range map[string]string{
		"0b9d6c1e-1111-4222-8333-444455556666": "jti.0b9d6c1e-1111-4222-8333-444455556666",
		"a.b":                                  "jti.sha256.2f0b6d8d1eb19c1b2a5a2a0c3b7d1a1a",
		"ключ":                                 "jti.sha256.",
	} {
		if got := useKey(jti); got != want && (len(got) != len("jti.sha256.")+64 || got[:11] != "jti.sha256.") {
			t.Errorf("%s: %s", jti, got)
		}
	}
}

// TestKnown is how far a revocation reaches.
func TestKnown(t *testing.T) {
	at := time.Unix(1_000_000, 500)
	claims := token.Claims{ID: "j", Subject: "alice", IssuedAt: time.Unix(1_000_000, 0), Subscriptions: []string{"a", "b"}}
	later := claims
	later.IssuedAt = time.Unix(1_000_001, 0)
	undated := claims
	undated.IssuedAt = time.Time{}
	nameless := token.Claims{Subscriptions: []string{"a"}}
	for _, c := range []struct {
		what                          Revocation
		claims, later, undated, other bool // for a, a, a and b
	}{
		{Revocation{JTI: "j"}, true, true, true, true},
		{Revocation{JTI: "k"}, false, false, false, false},
		{Revocation{Subject: "alice"}, true, false, true, true},
		{Revocation{Subscription: "a"}, true, false, true, false},
	} {
		k := newKnown()
		if !k.note(Record{c.what, at}, at) || k.note(Record{c.what, at}, at) {
			t.Errorf("%+v is news once", c.what)
		}
		got := []bool{k.reaches(&claims, "a"), k.reaches(&later, "a"), k.reaches(&undated, "a"), k.reaches(&claims, "b")}
		for i, want := range []bool{c.claims, c.later, c.undated, c.other} {
			if got[i] != want {
				t.Errorf("%+v: %v", c.what, got)
			}
		}
	}
	k := newKnown()
	k.note(Record{Revocation{Subject: "bob"}, at}, at)
	if k.reaches(&nameless, "a") {
		t.Error("a token without a name is revoked by any")
	}
	for i := range 3 * sweepFrom {
		k.note(Record{Revocation{JTI: string(rune('a'+i%26)) + time.Duration(i).String()}, at}, at.Add(time.Duration(i)*time.Hour))
		at = at.Add(time.Hour)
	}
	if len(k.at) > 2*sweepFrom {
		t.Errorf("%d revocations are kept", len(k.at))
	}
}
