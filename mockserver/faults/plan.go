package faults

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/draw"
)

// maxPlanned bounds the faults that are planned at a time.
const maxPlanned = 10_000

// Occasion is where a fault could strike.
type Occasion struct {
	Point        Point
	FHIR         string
	Caller       string // by its name, "" where nobody is known yet
	Subscription string // one that it is about, "" for none or several
	Socket       uint64
	On           string // of Operation: $get-ws-binding-token, $events, …, or "" for plain REST
}

// subject is what chance is keyed by: the Subscription, else the caller. The
// socket is not in it, for two runs may open theirs in another order.
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
	p := &Plan{source: source, name: name, profile: profile, struck: map[string]int{}}
	p.rearm()
	return p
}

// Next queues faults for their next occasions, behind those that are queued. The
// error names the member of the Spec that cannot be used; nothing is queued then.
func (p *Plan) Next(specs ...Spec) error {
	_, err := p.Add(specs...)
	return err
}

// Set is Next for faults with a probability. It reads better in a test.
func (p *Plan) Set(specs ...Spec) error { return p.Next(specs...) }

// Add plans faults and returns them as they are planned.
func (p *Plan) Add(specs ...Spec) ([]Planned, error) {
	list := make([]*planned, len(specs))
	for i, s := range specs {
		s, f, err := s.complete()
		if err != nil {
			return nil, err
		}
		if s.Caller != "" && p.name != nil {
			s.Caller = p.name(s.Caller)
		}
		list[i] = &planned{Planned: Planned{Spec: s, Left: s.Times}, fault: f, skip: s.After}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.planned)+len(list) > maxPlanned {
		return nil, fault.New(fault.LimitReached, strconv.Itoa(len(p.planned))+" faults are planned, at most "+strconv.Itoa(maxPlanned)+" can be: clear some")
	}
	var added []Planned
	for _, one := range list {
		p.serial++
		one.ID = p.serial
		p.planned = append(p.planned, one)
		added = append(added, one.Planned)
	}
	p.rearm()
	return added, nil
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
	before := len(p.planned)
	p.planned = slices.DeleteFunc(p.planned, func(o *planned) bool { return o.ID == id })
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
	p.profile = profile
	p.rearm()
}

// rearm notes whether anything may strike. The caller holds mu, or is alone.
func (p *Plan) rearm() {
	p.armed.Store(len(p.planned) > 0 || p.profile != Polite)
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

// Draw says whether a fault strikes at an occasion. can, unless nil, reports
// whether one can be carried out there: what cannot waits for another occasion.
// Queued faults come first, in their order, then chance.
func (p *Plan) Draw(o Occasion, can func(name string) bool) (Injection, bool) {
	if p == nil || !p.armed.Load() {
		return Injection{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.planned {
		if !one.fits(&o) || can != nil && !can(one.Fault) {
			continue
		}
		if one.skip > 0 {
			one.skip--
			continue
		}
		if one.Probability > 0 && !p.chance(&o, one.Fault, one.Probability) {
			continue
		}
		one.Struck++
		if one.Probability == 0 {
			if one.Left--; one.Left == 0 {
				p.planned = slices.DeleteFunc(p.planned, func(o *planned) bool { return o == one })
				p.rearm()
			}
		}
		return p.strike(&o, one.Spec), true
	}
	for _, f := range p.profile.faults() {
		if f.Point != o.Point || can != nil && !can(f.Name) || f.Point == Operation && o.On != tokenOperation {
			continue
		}
		if p.chance(&o, f.Name, f.rate) {
			s := Spec{Fault: f.Name}
			s.fill(f)
			return p.strike(&o, s), true
		}
	}
	return Injection{}, false
}

func (p *Plan) chance(o *Occasion, name string, probability float64) bool {
	return p.source.Next("fault "+name, o.subject()).Float() < probability
}

func (p *Plan) strike(o *Occasion, s Spec) Injection {
	p.struck[s.Fault]++
	return Injection{s, p.source.Next("strike "+s.Fault, o.subject())}
}

// fits reports whether a planned fault is meant for an occasion.
func (one *planned) fits(o *Occasion) bool {
	s := &one.Spec
	return one.fault.Point == o.Point &&
		(s.Caller == "" || s.Caller == o.Caller) &&
		(s.Subscription == "" || s.Subscription == o.Subscription) &&
		(s.FHIR == "" || s.FHIR == o.FHIR) &&
		(s.Socket == 0 || s.Socket == o.Socket) &&
		(o.Point != Operation || s.On == "*" || s.On == o.On)
}
