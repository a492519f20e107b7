package subscription

import (
	"strconv"
	"unique"
)

// Answers remembers of one change what was found for it, since Subscriptions with
// the same criteria, compiled alike, share the answer. A zero Answers is ready.
type Answers map[unique.Handle[criteria]]bool

// Fires is [Compiled.Fires] for the change that known is about.
func (known *Answers) Fires(c *Compiled, ch Change) bool {
	fires, found := (*known)[c.criteria]
	if !found {
		if *known == nil {
			*known = Answers{}
		}
		fires = c.Fires(ch)
		(*known)[c.criteria] = fires
	}
	return fires
}

// criteria is what decides whether a change is an event.
type criteria struct {
	topic *Topic
	text  string // the classic criteria, or the filters
}

func criteriaOf(c *Compiled) criteria {
	if c.Source == nil {
		return criteria{text: c.Criteria}
	}
	var text []byte
	for _, f := range c.Filters {
		for _, part := range []string{f.Type, f.Parameter, f.Modifier, f.Comparator, f.Value} {
			text = strconv.AppendQuote(text, part)
		}
	}
	return criteria{c.Source, string(text)}
}
