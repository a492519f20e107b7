package scenario

import (
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/internal/alike"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// meaning checks what a schema cannot say: what one part of a file means to
// another. It goes over the tree and not over a Scenario, so that it can be asked
// about a file that breaks the schema too; what is not as the schema has it, it
// passes over.
type meaning struct {
	*problems
	root *node
	ids  []string // of the Subscriptions that the file knows
}

func (m *meaning) check() {
	m.wholeNumbers(m.root, "")
	m.clock(m.root.get("clock"))
	m.lifetime(m.root.get("options").get("lifetime"))
	m.resources()
	m.subscriptions()
	m.plan(m.root.get("faults"), "faults")
	m.timeline()
	m.assertions()
}

// wholeNumbers refuses 1.0 and 1e2, which the schema takes for whole numbers.
// Resources and assertions keep theirs.
func (m *meaning) wholeNumbers(n *node, path string) {
	if n.has("resourceType") || strings.HasPrefix(path, "expect.assertions[") {
		return
	}
	for _, e := range n.members {
		if e.value.kind == jsonscan.Number && e.name != "probability" && e.name != "seconds" && strings.ContainsAny(e.value.text, ".eE") {
			m.add(e.value.at, within(path, e.name), "%s is %s: write it without a fraction or an exponent", within(path, e.name), e.value.text)
		}
		m.wholeNumbers(e.value, within(path, e.name))
	}
	for i, e := range n.elements {
		m.wholeNumbers(e, index(path, i))
	}
}

func (m *meaning) clock(clock *node) {
	virtual := m.virtual()
	start := clock.get("start")
	if _, err := time.Parse(time.RFC3339Nano, start.str()); start.str() != "" && err != nil {
		m.add(start.at, "clock.start", "clock.start is %s, which is no instant: one such as 2026-03-01T12:00:00Z is due", fault.Quote(start.text))
	}
	for _, name := range []string{"start", "shared"} {
		if n := clock.get(name); n.exists() && n.kind != jsonscan.False && !virtual {
			m.add(n.at, "clock."+name, "clock.%s is for a virtual clock: write virtual: true beside it", name)
		}
	}
}

func (m *meaning) virtual() bool { return m.root.get("clock").get("virtual").kind == jsonscan.True }

// The longest that a token lives, and that a step waits.
const (
	maxLifetime = 24 * time.Hour
	maxWait     = 366 * 24 * time.Hour
)

func (m *meaning) lifetime(n *node) {
	const path = "options.lifetime"
	d, ok := m.duration(n, path, maxLifetime)
	if ok && (d < time.Second || d%time.Second != 0) {
		m.add(n.at, path, "%s is %s: whole seconds from 1s on are due", path, n.text)
	}
}

// duration reads a duration, and reports false where there is none.
func (m *meaning) duration(n *node, path string, most time.Duration) (time.Duration, bool) {
	d, err := time.ParseDuration(n.str())
	if err == nil && d > most || err != nil && schemaDuration.MatchString(n.str()) {
		m.add(n.at, path, "%s is %s: at most %s is possible", path, fault.Quote(n.text), most)
		return 0, false
	}
	return d, err == nil
}

// resources checks that everything stands where it belongs, and once.
func (m *meaning) resources() {
	seen := map[string]bool{}
	for i, r := range m.root.get("topics").elements {
		m.typed(r, index("topics", i), "SubscriptionTopic", "Basic")
		m.once(seen, r, index("topics", i))
	}
	for i, r := range m.root.get("resources").elements {
		if r.get("resourceType").str() == "Subscription" {
			m.add(r.at, index("resources", i), "%s is a Subscription: it belongs below subscriptions", index("resources", i))
		}
		m.once(seen, r, index("resources", i))
	}
}

// typed refuses a resource of another type than those that are due.
func (m *meaning) typed(r *node, path string, due ...string) {
	if typ := r.get("resourceType"); typ.str() != "" && !slices.Contains(due, typ.str()) {
		m.add(typ.at, within(path, "resourceType"), "%s is %s, %s is due", within(path, "resourceType"), fault.Quote(typ.text), listed(due))
	}
}

// once refuses a resource that is there already.
func (m *meaning) once(seen map[string]bool, r *node, path string) {
	id := r.get("id")
	key := r.get("resourceType").str() + "/" + id.str()
	if id.str() != "" && seen[key] {
		m.add(id.at, within(path, "id"), "%s is there already: give each its own id", key)
	}
	seen[key] = true
}

func (m *meaning) subscriptions() {
	seen := map[string]bool{}
	for i, s := range m.root.get("subscriptions").elements {
		path, id := index("subscriptions", i), s.get("id")
		m.ids = append(m.ids, id.str())
		for _, r := range releasesOf(s.get("fhir").str(), m.root.get("fhir").str()) {
			if key := r.String() + "/" + id.str(); id.str() != "" && seen[key] {
				m.add(id.at, within(path, "id"), "Subscription/%s is there already in %s: give each its own id", id.text, r)
				break
			}
			seen[r.String()+"/"+id.str()] = true
		}
		if s.has("resourceType") {
			m.typed(s, path, "Subscription")
			m.writtenOut(s, path, absent)
			continue
		}
		m.topic(s.get("topic"), within(path, "topic"))
		if c := s.get("criteria"); c.exists() && m.release(s) == "R5" {
			m.add(c.at, within(path, "criteria"), "%s is for R4 and R4B: R5 has a topic", within(path, "criteria"))
		}
	}
}

// release is the one that is said for a part of the file, or "".
func (m *meaning) release(part *node) string {
	if r := part.get("fhir").str(); r != "" {
		return r
	}
	return m.root.get("fhir").str()
}

// writtenOut refuses a Subscription that is written out and said to be of no
// release: no shape fits all.
func (m *meaning) writtenOut(r *node, path string, step *node) {
	if r.get("resourceType").str() == "Subscription" && m.release(step) == "" {
		m.add(r.at, path, "%s is a Subscription of one release, which must be said: write fhir: R4, R4B or R5 for the scenario, or use the short form", path)
	}
}

// topic refuses the name of a built-in topic that there is not.
func (m *meaning) topic(n *node, path string) {
	if name := n.str(); name != "" && !strings.Contains(name, ":") && !slices.Contains(builtins, name) {
		why := "give the canonical URL of one, or the name of a resource type"
		if near := alike.Nearest(name, builtins); near != "" {
			why = "the nearest is " + near
		}
		m.add(n.at, path, "%s is %s, which is no built-in topic: %s", path, fault.Quote(name), why)
	}
}

// builtins are the names of the built-in topics of all releases.
var builtins = func() []string {
	names := []string{subscription.EncounterComplete}
	for _, r := range releases {
		names = append(names, fhir.ResourceTypes(r)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}()
