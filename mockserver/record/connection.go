package record

import (
	"net/http"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// refusals are the faults that answer a request as a status does, or nearly.
var refusals = map[int]string{
	http.StatusUnauthorized: faults.Unauthorized, http.StatusForbidden: faults.Forbidden,
	http.StatusNotFound: faults.NotFound, http.StatusGone: faults.NotFound,
	http.StatusTooManyRequests: faults.TooManyRequests, http.StatusServiceUnavailable: faults.Unavailable,
	http.StatusInternalServerError: faults.Unavailable, http.StatusBadGateway: faults.Unavailable, http.StatusGatewayTimeout: faults.Unavailable,
}

// slow is from when on an answer is called a slow one.
const slow = 2 * time.Second

// asked takes an answer of $get-ws-binding-token.
func (p *composer) asked(m *moment) {
	if p.refusal(m, "") {
		return
	}
	if m.took >= slow {
		p.fault(faults.Spec{Fault: faults.SlowAnswer, Seconds: min(m.took.Round(time.Second), time.Hour).Seconds(), After: p.requests[""] - 1})
	}
	if m.fault != "" {
		p.fault(faults.Spec{Fault: m.fault, Parameter: m.word, After: p.answers})
	}
	p.answers++
	if m.life > 0 && p.life == 0 {
		p.life = m.life
	}
}

// refusal counts a request, and plans the refusal that it met with.
func (p *composer) refusal(m *moment, on string) bool {
	n := p.requests[on]
	p.requests[on]++
	if m.code < 400 {
		return false
	}
	if slices.ContainsFunc(m.subs, func(id string) bool { s := p.subs[id]; return s != nil && s.failed }) {
		return true // as the mock server does by itself
	}
	name, ok := refusals[m.code]
	if !ok {
		p.note("%s was answered by %d, for which there is no fault: that is left out", "a request", m.code)
		return true
	}
	f := faults.Spec{Fault: name, On: on, After: n}
	if name == faults.TooManyRequests || name == faults.Unavailable {
		f.Seconds = m.wait.Round(time.Second).Seconds()
	}
	p.fault(f)
	return true
}

// bind takes a bind frame, and the handshakes that it brings.
func (p *composer) bind(i int) {
	m := &p.moments[i]
	l := p.line(m.socket)
	hands, answered := p.answer(i)
	subs := m.subs
	if len(subs) == 0 {
		for _, j := range hands {
			subs = append(subs, p.moments[j].subs[0])
		}
	}
	l.binds++
	if len(hands) == 0 && !answered {
		p.unanswered(i)
		return
	}
	for _, id := range subs {
		if n, ok := p.next(i+1, id); ok { // what happened before, and not in what comes before the handshake
			p.settle(p.last, p.subs[id], n)
		}
	}
	p.tried(subs)
	for _, id := range subs {
		p.attach(i, p.subs[id], hands)
	}
	p.after(m, "bound", subs[0], p.subs[subs[0]].tried)
}

// tried counts a bind as the mock server does, also one that a fault strikes.
func (p *composer) tried(subs []string) {
	p.binds++
	for _, id := range subs {
		p.subs[id].tried++
	}
}

// answer finds the handshakes that a bind brings, one of each Subscription, and
// reports whether anything of the Subscriptions came at all.
func (p *composer) answer(i int) (hands []int, answered bool) {
	m := &p.moments[i]
	var seen []string
	for j := i + 1; j < len(p.moments); j++ {
		n := &p.moments[j]
		if n.socket != m.socket {
			continue
		}
		refused := n.kind == outcome && len(hands) == 0 && n.word != string(fault.ExpectedBind)
		if n.kind == closed || refused || n.kind == bind && (len(m.subs) == 0 || overlap(n.subs, m.subs)) {
			break
		}
		if len(n.subs) != 1 || len(m.subs) > 0 && !slices.Contains(m.subs, n.subs[0]) {
			continue
		}
		answered = answered || n.kind == event && len(m.subs) > 0 && !slices.Contains(p.line(m.socket).subs, n.subs[0])
		if n.kind == handshake && !p.used[j] && !slices.Contains(seen, n.subs[0]) {
			hands, seen = append(hands, j), append(seen, n.subs[0])
		}
	}
	return hands, answered
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(id string) bool { return slices.Contains(b, id) })
}

// attach binds a Subscription, and plans what was odd about how.
func (p *composer) attach(i int, s *played, hands []int) {
	m := &p.moments[i]
	l := p.line(m.socket)
	if !slices.Contains(l.subs, s.id) {
		l.subs = append(l.subs, s.id)
	}
	at := slices.IndexFunc(hands, func(j int) bool { return p.moments[j].subs[0] == s.id })
	if at < 0 {
		p.fault(faults.Spec{Fault: faults.MissingHandshake, Subscription: s.id, After: s.handshakes})
	} else {
		p.used[hands[at]] = true
		p.early(i, s, hands[at])
		l.frames++
		l.last = max(l.last, hands[at])
	}
	s.binds++
	s.handshakes++
}

// early looks for what came between a bind and its handshake.
func (p *composer) early(i int, s *played, hand int) {
	m := &p.moments[i]
	if s.binds > 0 && p.bound(s.id) && p.line(m.socket).frames > 0 {
		return // it was bound before, and what comes may have nothing to do with the bind
	}
	for j := i + 1; j < hand; j++ {
		n := &p.moments[j]
		if n.socket != m.socket || !slices.Contains(n.subs, s.id) || p.used[j] {
			continue
		}
		switch n.kind {
		case event:
			p.used[j] = true
			p.fault(faults.Spec{Fault: faults.EarlyEvent, Subscription: s.id, After: s.binds})
			if len(n.numbers) > 0 {
				s.count = n.numbers[len(n.numbers)-1]
				s.sent[m.socket] = s.count
			}
			return
		case heartbeat:
			p.used[j] = true
			p.fault(faults.Spec{Fault: faults.EarlyHeartbeat, Subscription: s.id, After: s.binds})
			return
		}
	}
}

// unanswered takes a bind that brought nothing.
func (p *composer) unanswered(i int) {
	m := &p.moments[i]
	for j := i + 1; j < len(p.moments); j++ {
		n := &p.moments[j]
		if n.socket != m.socket {
			continue
		}
		switch {
		case n.kind == outcome, n.kind == closed && n.by == "server" && (n.code == 1008 || n.code == 1002):
			return // the server refused it, and the mock server will
		case n.kind == closed && n.by == "server":
			p.used[j] = true
			p.closes++
			p.fault(faults.Spec{Fault: faults.CloseBeforeHand, Code: n.code, After: p.binds})
			p.tried(m.subs)
			return
		case n.kind == closed, n.kind == bind:
			p.fault(faults.Spec{Fault: faults.UnansweredBind, After: p.binds})
			p.tried(m.subs)
			return
		}
	}
}

// closed takes the end of a socket.
func (p *composer) closed(i int) {
	m := &p.moments[i]
	l := p.line(m.socket)
	p.closes++
	delete(p.sockets, m.socket)
	if len(l.subs) == 0 {
		return
	}
	moved := !slices.ContainsFunc(l.subs, func(id string) bool { return !p.bound(id) })
	switch {
	case m.by == "client" && moved:
		// The client has another socket. Which it opened or closed first may be
		// otherwise when it plays: what came next waits for the bind.
	case m.by == "client":
		p.after(m, "closed", "", p.closes)
	case m.word == string(fault.ExpiredToken):
		p.after(m, "closed", "", p.closes) // the lifetime of tokens sees to it
	case m.word == string(fault.RevokedToken):
		p.revoke(m, l)
	case m.by == "server" && l.last >= 0 && p.moments[l.last].kind == handshake:
		s := p.subs[p.moments[l.last].subs[0]]
		p.fault(faults.Spec{Fault: faults.CloseAfterHand, Code: m.code, Subscription: s.id, After: s.handshakes - 1})
		p.after(m, "closed", "", p.closes)
	default:
		p.drop(i, l)
	}
	for _, id := range l.subs {
		if n, ok := p.next(i, id); ok && !p.bound(id) {
			p.settle(m.at, p.subs[id], n)
		}
	}
}

func (p *composer) revoke(m *moment, l *line) {
	if s := p.subs[l.subs[0]]; !s.created {
		p.step(m.at, scenario.Step{Revoke: &scenario.Revocation{Subscription: s.id}})
		return
	}
	p.note("the token of the client's Subscription was revoked: that is left out")
}

// drop cuts the connection in place of a frame, which there has to be: an event
// that was lost, or the change to error of a Subscription that is active again at
// once, of which nobody hears.
func (p *composer) drop(i int, l *line) {
	m := &p.moments[i]
	if m.by == "server" {
		p.note("the server closed a websocket with %d: here the connection is cut", m.code)
	}
	for _, id := range l.subs {
		s := p.subs[id]
		if n, ok := p.next(i, id); !p.numbered() || ok && n > s.count {
			p.strike(m.at, faults.Spec{Fault: faults.Drop, Subscription: id})
			p.emit(m.at, s, 1, focus{})
			return
		}
	}
	s := p.subs[l.subs[0]]
	p.strike(m.at, faults.Spec{Fault: faults.Drop, Subscription: s.id})
	if s.created {
		p.emit(m.at, s, 1, focus{})
		p.note("a connection is cut in place of an event, which is counted")
		return
	}
	p.step(m.at, scenario.Step{Error: s.id})
	p.step(m.at, scenario.Step{Reactivate: s.id})
	s.handshakes++
}
