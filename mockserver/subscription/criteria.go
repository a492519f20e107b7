package subscription

import "strconv"

// criteria is what decides whether a change is an event: Subscriptions that have
// it in common, compiled alike, hear of the same changes.
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
