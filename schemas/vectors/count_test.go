package vectors

import (
	"fmt"
	"testing"
)

// What the vectors must reach together. Raise these; never lower them.
const (
	leastCases   = 1000
	leastSourced = 300
)

// A tally counts the cases of one kind.
type tally struct{ total, negative, sourced int }

func (t *tally) add(o tally) {
	t.total += o.total
	t.negative += o.negative
	t.sourced += o.sourced
}

func count[T interface{ Negative() bool }](t *testing.T, load func() ([]T, error), source func(T) string) (n tally) {
	t.Helper()
	cases, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		n.total++
		if c.Negative() {
			n.negative++
		}
		if source(c) != "" {
			n.sourced++
		}
	}
	return n
}

func TestCounts(t *testing.T) {
	kinds := []struct {
		name  string
		count func() tally
	}{
		{"definition", func() tally { return count(t, Definitions, func(c Definition) string { return c.Source }) }},
		{"request", func() tally { return count(t, Requests, func(c Validation) string { return c.Source }) }},
		{"response", func() tally { return count(t, Responses, func(c Validation) string { return c.Source }) }},
		{"notification", func() tally { return count(t, Notifications, func(c Notification) string { return c.Source }) }},
		{"token", func() tally { return count(t, Tokens, func(c Token) string { return c.Source }) }},
		{"subscription", func() tally { return count(t, Subscriptions, func(c Subscription) string { return c.Source }) }},
		{"bridge", func() tally { return count(t, Bridges, func(c Bridge) string { return c.Source }) }},
		{"bind", func() tally { return count(t, Binds, func(c Bind) string { return c.Source }) }},
	}
	var all tally
	for _, k := range kinds {
		n := k.count()
		all.add(n)
		t.Log(line(k.name, n))
	}
	t.Log(line("all", all))
	if all.total < leastCases {
		t.Errorf("%d cases, at least %d are due", all.total, leastCases)
	}
	if all.negative*2 <= all.total {
		t.Errorf("%d of %d cases are negative, they must be the majority", all.negative, all.total)
	}
	if all.sourced < leastSourced {
		t.Errorf("%d cases name a source, at least %d are due", all.sourced, leastSourced)
	}
}

func line(name string, n tally) string {
	return fmt.Sprintf("%-12s %4d cases, %4d negative, %4d with a source", name, n.total, n.negative, n.sourced)
}
