package world_test

import (
	"slices"
	"strings"
)

// The oracle: what is usable and what fires, as plainly as it can be said.

// knows reports whether a resource type has a search parameter.
func knows(kind, parameter string) bool {
	switch kind {
	case "Patient":
		return parameter == "gender" || parameter == "birthdate"
	case "Observation", "Encounter":
		return parameter == "status" || parameter == "subject" || parameter == "patient" || parameter == "date"
	}
	return false
}

// understood reports whether a condition can be tested on a resource type.
func (c condition) understood(kind string) bool {
	if c.parameter == "_id" {
		return true
	}
	dated := c.parameter == "birthdate" || c.parameter == "date"
	token := c.parameter == "gender" || c.parameter == "status"
	switch {
	case !knows(kind, c.parameter) || slices.Contains(c.values, ""):
		return false
	case c.operator == "missing":
		return c.values[0] != "perhaps"
	case c.operator == "not":
		return token
	case c.operator == "exact":
		return false
	}
	return dated || c.operator == ""
}

// holds reports whether a resource meets a condition that is understood.
func (c condition) holds(x *thing) bool {
	var value string
	switch c.parameter {
	case "_id":
		return x.id != "nobody" // the only use: _id:not=nobody
	case "gender":
		value = x.gender
	case "birthdate", "date":
		value = x.date
	case "status":
		value = x.status
	case "subject":
		value = x.subject
	case "patient":
		if strings.Contains(x.subject, "Patient/") {
			value = x.subject
		}
	}
	if c.operator == "missing" {
		return (value == "") == (c.values[0] == "true")
	}
	one := value != "" && slices.ContainsFunc(c.values, func(v string) bool {
		switch c.parameter {
		case "birthdate", "date":
			return compare(value, c.operator, v)
		case "subject", "patient":
			return value == v || v == "1" && (value == "Patient/1" || value == "Group/1")
		}
		return value == v
	})
	return one != (c.operator == "not")
}

// compare compares a day with a day, month or year: both are text that sorts.
func compare(day, operator, with string) bool {
	day = day[:len(with)]
	switch operator {
	case "ne":
		return day != with
	case "gt", "sa":
		return day > with
	case "lt", "eb":
		return day < with
	case "ge":
		return day >= with
	case "le":
		return day <= with
	}
	return day == with
}

func (t *topicWish) usable() bool {
	for _, trigger := range t.triggers {
		for _, c := range []*condition{trigger.previous, trigger.current} {
			if c != nil && !c.understood(trigger.kind) {
				return false
			}
		}
		if trigger.path && trigger.previous == nil && trigger.current == nil {
			return false
		}
	}
	return true
}

func (t *topicWish) about(kind string) bool {
	return slices.ContainsFunc(t.triggers, func(g triggerWish) bool { return g.kind == kind })
}

// appliesTo reports whether a filter is meant for events of a type.
func (t *topicWish) appliesTo(f filterWish, kind string) bool {
	return t.about(kind) && (f.kind == "" || f.kind == kind) && slices.ContainsFunc(t.allowed, func(a allowance) bool {
		return a.parameter == f.parameter && (a.kind == "" || a.kind == kind)
	})
}

func (w wish) usable() bool {
	if w.topic == nil {
		for _, f := range w.filters {
			if !f.understood(w.kind) {
				return false
			}
		}
		return w.kind != "Weather"
	}
	if w.version == "2" || w.version == "1" && w.topic.builtin {
		return false // uploaded topics have the version 1, built-in ones none
	}
	for _, f := range w.filters {
		applies := false
		for _, kind := range kinds {
			if !w.topic.appliesTo(f, kind) {
				continue
			}
			applies = true
			if !f.understood(kind) || !slices.ContainsFunc(w.topic.allowed, func(a allowance) bool {
				return a.parameter == f.parameter && (a.kind == "" || a.kind == kind) && a.allows(f.condition)
			}) {
				return false
			}
		}
		if !applies {
			return false
		}
	}
	return true
}

// allows reports whether the operator of a condition is among those listed.
func (a allowance) allows(c condition) bool {
	if len(a.operators) == 0 {
		return true
	}
	operator := c.operator
	if operator == "" {
		operator = "eq"
	}
	if !isModifier(operator) && !slices.ContainsFunc(a.operators, func(o string) bool { return !isModifier(o) }) {
		return true // modifiers alone are listed, and none is used
	}
	return slices.Contains(a.operators, operator)
}

// fires reports whether a change is an event: before is nil for a create, after
// for a delete.
func (w wish) fires(before, after *thing) bool {
	interaction, focus := "update", after
	if before == nil {
		interaction = "create"
	}
	if after == nil {
		interaction, focus = "delete", before
	}
	if w.topic == nil {
		for _, f := range w.filters {
			if !f.holds(focus) {
				return false
			}
		}
		return focus.kind == w.kind && after != nil
	}
	if !slices.ContainsFunc(w.topic.triggers, func(t triggerWish) bool { return t.kind == focus.kind && t.fires(interaction, before, after) }) {
		return false
	}
	for _, f := range w.filters {
		if w.topic.appliesTo(f, focus.kind) && !f.holds(focus) {
			return false
		}
	}
	return true
}

func (t triggerWish) fires(interaction string, before, after *thing) bool {
	if len(t.interactions) > 0 && !slices.Contains(t.interactions, interaction) {
		return false
	}
	var passed, failed bool
	judge := func(c *condition, x *thing, otherwise string) {
		switch {
		case c == nil || x == nil && otherwise == "":
		case x == nil && otherwise == "test-passes", x != nil && c.holds(x):
			passed = true
		default:
			failed = true
		}
	}
	judge(t.previous, before, t.forCreate)
	judge(t.current, after, t.forDelete)
	if t.previous == nil && t.current == nil {
		return true
	}
	return passed && !(t.both && failed)
}
