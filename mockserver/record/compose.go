package record

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// composer makes the timeline and the faults of a scenario out of moments. It
// goes through them once, in their order, and knows what a mock server that plays
// the scenario would have come to at each.
type composer struct {
	moments []moment
	dialect socket.Dialect
	subs    map[string]*played
	order   []string

	faults   []faults.Spec
	timeline []scenario.Step
	notes    []string
	life     time.Duration
	foci     []string // that must exist

	last    time.Time         // when the last step was taken, or what it waits for
	trigger *scenario.Trigger // what the next step waits for
	sockets map[int]*line
	used    map[int]bool // moments that an earlier one has dealt with

	binds, closes, upgrades, answers int
	requests                         map[string]int // by operation
	full                             bool
}

// played is a Subscription as the mock server has it.
type played struct {
	*subscribed
	count      int64 // events so far
	tried      int   // binds that the mock server counts, those that a fault strikes too
	binds      int   // those that attached it
	handshakes int   // occasions for a fault of one
	failed     bool
	sent       map[int]int64 // by socket, the highest number that was sent there
}

// line is a socket.
type line struct {
	subs    []string // bound on it
	binds   int      // bind frames
	frames  int      // of the server
	last    int      // index of the server's last frame
	lost    []string // faults of frames that should have been events
	outcome string
}

// longest is the most steps that a scenario may have.
const longest = 1_000

// compose goes through the moments.
func compose(c cut, subs []subscribed) *composer {
	p := &composer{
		moments: c.moments, dialect: c.dialect, subs: map[string]*played{}, sockets: map[int]*line{},
		used: map[int]bool{}, requests: map[string]int{},
	}
	for i := range subs {
		p.subs[subs[i].id] = &played{subscribed: &subs[i], sent: map[int]int64{}}
		p.order = append(p.order, subs[i].id)
	}
	if len(p.moments) > 0 {
		p.last = p.moments[0].at
	}
	p.begin()
	for i := range p.moments {
		if !p.used[i] && !p.full {
			p.take(i)
		}
	}
	return p
}

// begin lets happen what had happened before the recording: event numbers go on
// from there.
func (p *composer) begin() {
	for _, id := range p.order {
		s := p.subs[id]
		first, known := p.next(0, id)
		switch {
		case s.created || !known || first <= 0:
		case first > maxBefore:
			p.note("%s had more than %d events before: its event numbers begin at 1 here", id, maxBefore)
		default:
			s.count = first
			p.step(p.last, scenario.Step{Emit: &scenario.Emission{Subscription: id, Count: int(first)}})
		}
	}
}

// maxBefore is how many events may be made up at the beginning.
const maxBefore = 10_000

// next returns how many events a Subscription had, by the next moment from i on
// that says so, the events of that moment not counted.
func (p *composer) next(i int, id string) (int64, bool) {
	for ; i < len(p.moments); i++ {
		m := &p.moments[i]
		if len(m.subs) != 1 || m.subs[0] != id {
			continue
		}
		switch {
		case m.kind == event && len(m.numbers) > 0:
			return m.numbers[0] - 1, true
		case (m.kind == handshake || m.kind == heartbeat || m.kind == status) && m.counter != notification.Unknown:
			return m.counter, true
		}
	}
	return 0, false
}

// take deals with the moment at i.
func (p *composer) take(i int) {
	m := &p.moments[i]
	l := p.line(m.socket)
	switch m.kind {
	case handshake, heartbeat, event, status, outcome, mangled, unlisted:
		l.frames++
		l.last = i
	}
	switch m.kind {
	case asked:
		p.asked(m)
	case askedOther:
		p.refusal(m, m.word)
	case refused:
		p.fault(faults.Spec{Fault: faults.RefusedUpgrade, Code: m.code, After: p.upgrades})
		p.upgrades++
	case opened:
		p.upgrades++
	case bind:
		p.bind(i)
	case handshake:
		p.handshake(i)
	case event:
		p.event(i)
	case status:
		p.status(i)
	case mangled:
		l.lost = append(l.lost, m.fault)
	case outcome:
		l.outcome = m.word
	case closed:
		p.closed(i)
	case unlisted:
		p.note("%s came, which no scenario can have: it is left out", m.word)
	}
}

func (p *composer) line(n int) *line {
	l := p.sockets[n]
	if l == nil {
		l = &line{last: -1}
		p.sockets[n] = l
	}
	return l
}

// step adds a step that is taken at a time: after what has to be waited for, or
// after the step before.
func (p *composer) step(at time.Time, s scenario.Step) {
	if len(p.timeline) >= longest {
		p.full = true
		return
	}
	s.After = p.trigger
	if wait := at.Sub(p.last).Round(time.Millisecond); wait > 0 {
		s.Wait = scenario.Duration(wait)
	}
	p.trigger, p.last = nil, at
	p.timeline = append(p.timeline, s)
}

// after makes the next step wait for something that the client does.
func (p *composer) after(m *moment, fact, subscription string, times int) {
	if s := p.subs[subscription]; s != nil && s.created {
		if subscription = ""; fact == "bound" {
			times = p.binds
		}
	}
	p.trigger = &scenario.Trigger{Fact: fact, Subscription: subscription}
	if times > 1 {
		p.trigger.Times = times
	}
	p.last = m.at
}

// fault plans a fault from the start.
func (p *composer) fault(f faults.Spec) {
	if s := p.subs[f.Subscription]; s != nil && s.created {
		f.Subscription = ""
	}
	if len(p.faults) > 0 {
		before := &p.faults[len(p.faults)-1]
		same := *before
		same.Times, same.After = 0, f.After
		if same == f && f.After == before.After+max(before.Times, 1) {
			before.Times = max(before.Times, 1) + 1
			return
		}
	}
	if len(p.faults) >= longest {
		p.full = true
		return
	}
	p.faults = append(p.faults, f)
}

// strike plans faults that strike the next step.
func (p *composer) strike(at time.Time, list ...faults.Spec) {
	for i := range list {
		if s := p.subs[list[i].Subscription]; s != nil && s.created {
			list[i].Subscription = ""
		}
	}
	p.step(at, scenario.Step{Faults: list})
}

// emit makes events of a Subscription.
func (p *composer) emit(at time.Time, s *played, count int, f focus) {
	e := &scenario.Emission{Subscription: s.id, Interaction: f.interaction}
	if s.created {
		e.Subscription, e.Topic = "", s.topic // its name, or its URL, is put there later
	}
	if count > 1 {
		e.Count = count
	}
	if p.keep(f.reference, f.interaction) {
		e.Focus = f.reference
	}
	p.step(at, scenario.Step{Emit: e})
	s.count += int64(count)
}

// bound reports whether a Subscription is bound on any socket.
func (p *composer) bound(id string) bool {
	for _, l := range p.sockets {
		if slices.Contains(l.subs, id) {
			return true
		}
	}
	return false
}

// note says something at the head of the file, once. What is said must hold
// nothing but pseudonyms and words of this project.
func (p *composer) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(p.notes, text) && len(p.notes) < maxNotes {
		p.notes = append(p.notes, text)
	}
}

const maxNotes = 50

// keep makes sure that a resource is there for an event to be about, and reports
// whether it can be.
func (p *composer) keep(reference, interaction string) bool {
	typ, _, _ := strings.Cut(reference, "/")
	switch typ {
	case "", "Subscription", "SubscriptionTopic", "Basic":
		return false // these mean something to the mock server
	}
	if interaction == "delete" || slices.Contains(p.foci, reference) {
		return true
	}
	if len(p.foci) >= longest {
		return false
	}
	p.foci = append(p.foci, reference)
	return true
}
