package scenario

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/review"
)

// schemaDuration is what the schema has for a duration: time.ParseDuration
// refuses some of it for its size only.
var schemaDuration = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`)

func (m *meaning) timeline() {
	steps := m.root.get("timeline").elements
	for _, s := range steps {
		for _, made := range []string{"create", "update"} {
			if r := s.get(made); r.get("resourceType").str() == "Subscription" {
				m.ids = append(m.ids, r.get("id").str())
			}
		}
	}
	var last time.Duration
	for i, s := range steps {
		path := index("timeline", i)
		m.step(s, path)
		if at, ok := m.duration(s.get("at"), within(path, "at"), maxWait); ok && at < last {
			m.add(s.get("at").at, within(path, "at"), "%s is %s, and a step before it is at %s: steps are done in their order", within(path, "at"), at, last)
		} else if ok {
			last = at
		}
	}
}

func (m *meaning) step(s *node, path string) {
	m.duration(s.get("wait"), within(path, "wait"), maxWait)
	m.advance(s.get("advance"), within(path, "advance"))
	m.known(s.get("after"), within(path, "after"), "subscription")
	m.known(s.get("emit"), within(path, "emit"), "subscription")
	m.known(s.get("revoke"), within(path, "revoke"), "subscription")
	for _, name := range []string{"error", "reactivate", "deleteSubscription"} {
		m.known(s, path, name)
	}
	m.topic(s.get("emit").get("topic"), within(path, "emit.topic"))
	m.writtenOut(s.get("create"), within(path, "create"), s)
	m.writtenOut(s.get("update"), within(path, "update"), s)
	m.plan(s.get("faults"), within(path, "faults"))
}

func (m *meaning) advance(n *node, path string) {
	d, ok := m.duration(n, path, maxWait)
	switch {
	case n.exists() && !m.virtual():
		m.add(n.at, path, "%s is for a virtual clock: write clock: {virtual: true}", path)
	case ok && d == 0:
		m.add(n.at, path, "%s is %s: more than 0s is due", path, n.text)
	}
}

// known refuses the id of a Subscription that the file does not have. A file that
// has none leaves them to the client.
func (m *meaning) known(n *node, path, name string) {
	id := n.get(name)
	if id.str() == "" || len(m.ids) == 0 || slices.Contains(m.ids, id.text) {
		return
	}
	m.add(id.at, within(path, name), "%s is %s, and the scenario has no such Subscription: %s",
		within(path, name), fault.Quote(id.text), possible(id.text, m.ids))
}

// plan refuses faults that could not be planned, for the reason that planning
// them would give.
func (m *meaning) plan(list *node, path string) {
	for i, f := range list.elements {
		where := index(path, i)
		m.known(f, where, "subscription")
		var spec faults.Spec
		if json.Unmarshal(f.appendJSON(nil), &spec) != nil || spec.Fault == "" {
			continue
		}
		_, err := faults.NewPlan(draw.New(0, ""), faults.Polite, nil).Add(spec)
		e, ok := errors.AsType[*fault.Error](err)
		if !ok {
			continue
		}
		if n := f.get(e.Expression); n.exists() && n.kind != jsonscan.Null {
			m.add(n.at, within(where, e.Expression), "%s: %s", where, e.Detail)
		}
	}
}

// assertions refuses what the review would not understand.
func (m *meaning) assertions() {
	for i, a := range m.root.get("expect").get("assertions").elements {
		path := index("expect.assertions", i)
		if _, err := review.Read(a.appendJSON(nil)); err != nil {
			m.add(a.at, path, "%s: %s", path, fault.DetailOf(err))
		}
	}
}
