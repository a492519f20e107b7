package faults

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/draw"
)

// maxPlanned bounds the faults that are planned at a time.
const maxPlanned = 10_000

// maxRefused bounds Plan.Refused.
const maxRefused = 100

// Occasion is where a fault could strike.
type Occasion struct {
	Point        Point
	FHIR         string
	Caller       string // by its name, "" where nobody is known yet
	Subscription string // one that it is about, "" for none or several
	Socket       uint64
	On           string // of Operation: $get-ws-binding-token, $events, …, or "" for plain REST
}

// subject is what chance is keyed by: whoever is concerned, as far as is known.
// The socket is not in it, for two runs may open theirs in another order.
func (o *Occasion) subject() string {
	return o.FHIR + "|" + o.Caller + "|" + o.Subscription
}

// Injection is a fault that strikes.
type Injection struct {
	Spec
	// Draw is for what is left to chance in how it strikes.
	Draw draw.Draw
}

// Planned is a fault that waits for its occasion.
type Planned struct {
	ID int64 `json:"id"` // to take it back
	Spec
	// Left is how many times it still strikes, where it is queued.
	Left int `json:"left,omitempty"`
	// Struck is how often it has.
	Struck int `json:"struck"`
}

// Plan decides when faults strike. Its methods may be called by several
// goroutines. Create one with [NewPlan].
type Plan struct {
	source *draw.Source
	name   func(caller string) string

	mu      sync.Mutex
	profile Profile
	serial  int64
	planned []*planned
	struck  map[string]int // by name, all that ever struck
	armed   atomic.Bool    // whether anything at all may strike
	refused []error        // what Next could not plan, the first of it
}

type planned struct {
	Planned
	fault Fault
	skip  int // occasions that still pass
}

// NewPlan returns a plan without faults beside those of the profile. name turns
// the caller of a Spec, who may be given by a bearer token, into the name that
// occasions have.
func NewPlan(source *draw.Source, profile Profile, name func(caller string) string) *Plan {
	p := &Plan{source: source, name: name, profile: cmp.Or(profile, Polite), struck: map[string]int{}}
	p.rearm()
	return p
}

// Next queues faults for their next occasions, behind those that are queued. The
// expression of its error names the member that cannot be used, as in times, or
// in faults[1].times where there are several Specs; nothing is queued then.
//
// A test that does not look at the error hears of it all the same, where the server
// is one of mockserver.Start: see [Plan.Refused].
func (p *Plan) Next(specs ...Spec) error {
	_, err := p.Add(specs...)
	if err == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.refused) < maxRefused {
		p.refused = append(p.refused, err)
	}
	return err
}

// Refused returns the errors of Next, at most the first hundred: a test that went
// on without a fault has shown nothing.
func (p *Plan) Refused() []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.refused)
}

// Set is Next for faults with a probability. It reads better in a test.
func (p *Plan) Set(specs ...Spec) error { return p.Next(specs...) }

// Add plans faults and returns them as they are planned.
func (p *Plan) Add(specs ...Spec) ([]Planned, error) {
	list := make([]*planned, len(specs))
	for i, s := range specs {
		s, f, err := s.complete()
		if err != nil {
			return nil, atIndex(err, i, len(specs))
		}
		if s.Caller != "" && p.name != nil {
			s.Caller = p.name(s.Caller)
		}
		list[i] = &planned{Planned: Planned{Spec: s, Left: s.Times}, fault: f, skip: s.After}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.planned)+len(list) > maxPlanned {
		return nil, fault.New(fault.LimitReached, strconv.Itoa(len(p.planned))+" faults are planned and "+strconv.Itoa(len(list))+
			" more are asked for, at most "+strconv.Itoa(maxPlanned)+" can be: clear some")
	}
	added := []Planned{}
	for _, one := range list {
		p.serial++
		one.ID = p.serial
		p.planned = append(p.planned, one)
		added = append(added, one.Planned)
	}
	p.rearm()
	return added, nil
}

// atIndex says in an error which of several Specs it is about.
func atIndex(err error, i, of int) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || of == 1 {
		return err
	}
	return fault.At(e.Code, "faults["+strconv.Itoa(i)+"]."+e.Expression, e.Detail)
}

// Clear forgets every planned fault, those of the profile excepted.
func (p *Plan) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.planned = nil
	p.rearm()
}

// Remove takes one planned fault back. It reports false where there is none.
func (p *Plan) Remove(id int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remove(id)
}

// remove is Remove for who holds mu.
func (p *Plan) remove(id int64) bool {
	before := len(p.planned)
	p.planned = slices.DeleteFunc(p.planned, func(one *planned) bool { return one.ID == id })
	p.rearm()
	return len(p.planned) < before
}

// Reset forgets everything, and begins anew with a source and a profile.
func (p *Plan) Reset(source *draw.Source, profile Profile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.source, p.profile, p.planned, p.serial = source, profile, nil, 0
	p.struck = map[string]int{}
	p.rearm()
}

// UseProfile replaces the profile.
func (p *Plan) UseProfile(profile Profile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.profile = cmp.Or(profile, Polite)
	p.rearm()
}

// rearm notes whether anything may strike. The caller holds mu, or is alone.
func (p *Plan) rearm() {
	p.armed.Store(len(p.planned) > 0 || len(p.profile.faults()) > 0)
}

// State is what is shown of a plan.
type State struct {
	Profile Profile        `json:"profile"`
	Seed    uint64         `json:"seed"`
	Planned []Planned      `json:"planned"`
	Struck  map[string]int `json:"struck"`
}

// State returns a snapshot.
func (p *Plan) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{Profile: p.profile, Seed: p.source.Seed(), Planned: []Planned{}, Struck: map[string]int{}}
	for _, one := range p.planned {
		s.Planned = append(s.Planned, one.Planned)
	}
	for name, n := range p.struck {
		s.Struck[name] = n
	}
	return s
}

// Armed reports whether anything may strike at all: else there is no need to
// describe an occasion.
func (p *Plan) Armed() bool { return p != nil && p.armed.Load() }

// Draw says whether a fault strikes at an occasion. can, unless nil, reports
// whether one can be carried out there: what cannot waits for another occasion.
// It must not call the Plan.
//
// Queued faults come first, in their order, then those planned by chance, then
// those of the profile. All that fit count the occasion, or draw for it, whichever
// strikes: what one fault does by chance does not depend on the others.
func (p *Plan) Draw(o Occasion, can func(name string) bool) (Injection, bool) {
	if !p.Armed() {
		return Injection{}, false
	}
	if can == nil {
		can = func(string) bool { return true }
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.drawPlanned(&o, can)
	s, struck := p.drawProfile(&o, can)
	if one != nil {
		s, struck = one.Spec, true
		p.use(one)
	}
	if !struck {
		return Injection{}, false
	}
	p.struck[s.Fault]++
	return Injection{s, p.source.Next("strike "+s.Fault, o.subject())}, true
}

// drawPlanned returns the planned fault that strikes, or nil.
func (p *Plan) drawPlanned(o *Occasion, can func(name string) bool) *planned {
	var queued, lucky *planned
	for _, one := range p.planned {
		switch {
		case !one.fits(o) || !can(one.Fault):
		case one.skip > 0:
			one.skip--
		case one.Probability > 0:
			if p.chance(o, one.Fault, one.Probability) && lucky == nil {
				lucky = one
			}
		case queued == nil:
			queued = one
		}
	}
	return cmp.Or(queued, lucky)
}

// drawProfile returns the fault of the profile that strikes.
func (p *Plan) drawProfile(o *Occasion, can func(name string) bool) (s Spec, struck bool) {
	for _, f := range p.profile.faults() {
		if f.Point != o.Point || f.Point == Operation && o.On != tokenOperation || !can(f.Name) {
			continue
		}
		if p.chance(o, f.Name, f.rate) && !struck {
			s, struck = Spec{Fault: f.Name}, true
			s.fill(f)
		}
	}
	return s, struck
}

// use counts a strike, and forgets what has struck as often as it should.
func (p *Plan) use(one *planned) {
	one.Struck++
	if one.Probability > 0 {
		return
	}
	if one.Left--; one.Left == 0 {
		p.remove(one.ID)
	}
}

func (p *Plan) chance(o *Occasion, name string, probability float64) bool {
	return p.source.Next("fault "+name, o.subject()).Float() < probability
}

// fits reports whether a planned fault is meant for an occasion.
func (one *planned) fits(o *Occasion) bool {
	s := &one.Spec
	return one.fault.Point == o.Point &&
		(s.Caller == "" || s.Caller == o.Caller) &&
		(s.Subscription == "" || s.Subscription == o.Subscription) &&
		(s.FHIR == "" || s.FHIR == o.FHIR) &&
		(s.Socket == 0 || s.Socket == o.Socket) &&
		(o.Point != Operation || s.On == "*" || o.On == cmp.Or(s.On, tokenOperation))
}
