package subscription

import (
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
)

// trigger is one resourceTrigger.
type trigger struct {
	typ                  string
	interactions         uint8         // a bit for each notification.Interaction; none means all
	previous, current    *search.Query // nil where absent
	forCreate, forDelete result
	requireBoth          bool
}

// result says how a test counts that has no version to be made on.
type result uint8

const (
	unset result = iota
	passes
	fails
)

func (t *trigger) fires(c Change) bool {
	if c.Type != t.typ || t.interactions != 0 && t.interactions&(1<<c.Interaction) == 0 {
		return false
	}
	if t.previous == nil && t.current == nil {
		return true
	}
	previous := test(t.previous, c.Previous, c.Interaction == notification.Create, t.forCreate)
	current := test(t.current, c.Current, c.Interaction == notification.Delete, t.forDelete)
	if t.requireBoth && previous != unset && current != unset {
		return previous == passes && current == passes
	}
	return previous == passes || current == passes
}

// test returns how a side of the criteria counts; unset where it does not.
func test(q *search.Query, version jsonscan.Value, none bool, otherwise result) result {
	switch {
	case q == nil:
		return unset
	case none:
		return otherwise
	case q.Match(version):
		return passes
	}
	return fails
}
