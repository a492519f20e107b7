package mockserver

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// showFaults answers with what may go wrong and what is planned.
func (t *Tenant) showFaults(*http.Request, string) (any, error) {
	return struct {
		faults.State
		Catalogue []faults.Fault `json:"catalogue"`
	}{t.Faults.State(), faults.Catalogue()}, nil
}

// planFaults plans one fault, or several at once.
func (t *Tenant) planFaults(r *http.Request, _ string) (any, error) {
	var c struct {
		*faults.Spec               // nil unless one of its members is given
		Faults       []faults.Spec `json:"faults"`
	}
	if err := readCommand(r, &c); err != nil {
		return nil, err
	}
	list := c.Faults
	switch {
	case c.Spec != nil && list != nil:
		return nil, fault.At(fault.MalformedRequest, "faults", "faults is a list of its own: what else is given belongs into its elements")
	case c.Spec != nil:
		list = []faults.Spec{*c.Spec}
	case list == nil:
		return nil, fault.At(fault.MalformedRequest, "fault", "fault, a name, or faults, a list, is due")
	}
	planned, err := t.Faults.Add(list...)
	if err != nil {
		return nil, err
	}
	for _, p := range planned {
		t.command("faults", "the fault "+p.Fault+" was planned", p.FHIR)
	}
	return map[string]any{"planned": planned}, nil
}

func (t *Tenant) clearFaults(*http.Request, string) (any, error) {
	t.Faults.Clear()
	t.command("faults", "the plan was cleared", "")
	return nil, nil
}

func (t *Tenant) removeFault(_ *http.Request, id string) (any, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || !t.Faults.Remove(n) {
		return nil, fault.New(fault.NotFound, "no fault with the id "+fault.Quote(id)+" is planned: it has struck as often as it was to, or never was")
	}
	t.command("faults", "the planned fault "+id+" was taken back", "")
	return nil, nil
}

// showClock answers with the time.
func (t *Tenant) showClock(*http.Request, string) (any, error) {
	return clockState{t.Now().UTC(), isVirtual(t.time()), t.Settings().Shared}, nil
}

// setClock moves a virtual clock to a time, and says whether the clients follow
// it.
func (t *Tenant) setClock(r *http.Request, _ string) (any, error) {
	var c struct {
		Now    *time.Time `json:"now"`
		Shared *bool      `json:"shared"`
	}
	if err := readCommand(r, &c); err != nil {
		return nil, err
	}
	if c.Now != nil {
		d := c.Now.Sub(t.Now())
		if d < 0 {
			return nil, fault.At(fault.BusinessRule, "now", "it is "+t.Now().UTC().Format(time.RFC3339Nano)+" already, and time does not run back: reset the tenant instead")
		}
		if err := t.moveClock(r.Context(), "now", d); err != nil {
			return nil, err
		}
	}
	if c.Shared != nil {
		t.ShareClock(*c.Shared)
	}
	return t.showClock(nil, "")
}

// advanceClock moves a virtual clock forward.
func (t *Tenant) advanceClock(r *http.Request, _ string) (any, error) {
	var c struct {
		Seconds *float64 `json:"seconds"`
		By      string   `json:"by"`
	}
	if err := readCommand(r, &c); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(c.By)
	member := "by"
	switch {
	case (c.Seconds == nil) == (c.By == ""):
		return nil, fault.New(fault.MalformedRequest, `exactly one of seconds (a number) and by (such as "1h30m") is due`)
	case c.Seconds != nil:
		member = "seconds"
		if d = maxAdvance + 1; math.Abs(*c.Seconds) <= maxAdvance.Seconds() { // what a Duration can hold
			d = time.Duration(*c.Seconds * float64(time.Second))
		}
	case err != nil:
		return nil, fault.At(fault.MalformedRequest, "by", "by is "+fault.Quote(c.By)+`, a duration such as "90s" or "1h30m" is due`)
	}
	if err := t.moveClock(r.Context(), member, d); err != nil {
		return nil, err
	}
	return t.showClock(nil, "")
}

// maxAdvance bounds one advance: whatever falls due meanwhile happens within it.
// lastYear bounds the time: what comes after 9999 cannot be written.
const (
	maxAdvance = 366 * 24 * time.Hour
	lastYear   = 9000
)

// moveClock moves a virtual clock forward, as the member of a command says.
func (t *Tenant) moveClock(ctx context.Context, member string, d time.Duration) error {
	switch {
	case d < 0 || d > maxAdvance:
		return fault.At(fault.MalformedRequest, member, "the clock can be moved by 0 to "+maxAdvance.String()+" at a time, forward only")
	case t.Now().Add(d).UTC().Year() > lastYear:
		return fault.At(fault.BusinessRule, member, "the clock cannot be moved beyond the year "+strconv.Itoa(lastYear)+": reset the tenant instead")
	}
	return t.advance(ctx, d)
}

// startAnew resets the tenant.
func (t *Tenant) startAnew(r *http.Request, _ string) (any, error) {
	if err := readCommand(r, &struct{}{}); err != nil { // settings that would be ignored
		return nil, err
	}
	t.Reset()
	return t.describe(), nil
}

// showJournal answers with entries, or with a stream of them.
func (t *Tenant) showJournal(r *http.Request, _ string) (any, error) {
	q, err := journalQuery(r)
	if err != nil {
		return nil, err
	}
	if wantsStream(r) {
		return &journalStream{t, q}, nil
	}
	entries, last, dropped := t.Journal.Read(q)
	if entries == nil {
		entries = []journal.Entry{}
	}
	return map[string]any{"entries": entries, "last": last, "dropped": dropped}, nil
}
