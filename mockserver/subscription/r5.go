package subscription

import (
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
)

// r5 reads a Subscription of R5.
func (r *reader) r5(root element, s *Subscription) {
	r.noModifiers(root)
	s.Status = r.status(root)
	s.End = r.end(root)
	s.at.topic = root.get("topic")
	s.Topic = s.at.topic.Text()
	for _, f := range root.items("filterBy") {
		r.filterBy(f, s)
	}
	for _, p := range root.items("parameter") {
		r.noModifiers(p)
	}
	if channel := root.get("channelType"); channel.Kind() == jsonscan.Object && !channel.get("code").Is("websocket") {
		r.refuse(fault.UnsupportedChannel, channel, "the channel "+fault.Quote(channel.get("code").Text())+" is not supported: use websocket")
	}
	if mime := root.get("contentType"); mime.Text() != "" {
		r.mime(mime, mime.Text())
	}
	s.HeartbeatPeriod = seconds(whole(root.get("heartbeatPeriod")))
	s.Timeout = seconds(whole(root.get("timeout")))
	s.MaxCount = whole(root.get("maxCount"))
	if content := root.get("content"); content.Text() != "" {
		s.Content = r.content(content)
	}
}

// filterBy reads one of R5's filters. Its comparator holds for each of the
// value's alternatives.
func (r *reader) filterBy(f element, s *Subscription) {
	r.noModifiers(f)
	comparator, modifier := f.get("comparator"), f.get("modifier")
	if comparator.Exists() && modifier.Exists() {
		r.refuse(fault.InvariantFailed, f, "a filter has a comparator or a modifier, not both (scr-1)")
		return
	}
	filter := Filter{
		Parameter: f.get("filterParameter").Text(),
		Value:     f.get("value").Text(),
		at:        f,
	}
	if comparator.Text() != "" {
		filter.Comparator = r.knownCode(comparator, comparators)
	}
	if modifier.Text() != "" {
		filter.Modifier = r.knownCode(modifier, modifiers)
	}
	if t := f.get("resourceType"); t.Text() != "" {
		if filter.Type = typeOf(r.release, t.Text()); filter.Type == "" {
			r.refuse(fault.UnsupportedFilter, t, fault.Quote(t.Text())+" is no resource type of "+r.release.String())
			return
		}
	}
	if filter.Parameter == "" || filter.Value == "" {
		return // refused by its shape
	}
	if strings.ContainsAny(filter.Parameter, ":=&?") {
		r.refuse(fault.UnsupportedFilter, f.get("filterParameter"), fault.Quote(filter.Parameter)+" is no name of a search parameter: modifier and comparator have elements of their own")
		return
	}
	s.Filters = append(s.Filters, filter)
}

// The comparators and modifiers of search, which canFilterBy and filterBy name.
var (
	comparators = []string{"eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}
	modifiers   = []string{
		"missing", "exact", "contains", "not", "text", "in", "not-in", "below", "above", "type",
		"identifier", "of-type", "ofType", "code-text", "text-advanced", "iterate",
	}
)

func (r *reader) knownCode(e element, known []string) string {
	for _, k := range known {
		if e.Is(k) {
			return k
		}
	}
	r.refuse(fault.InvalidCode, e, fault.Quote(e.Text())+" is not allowed here: use "+oneOf(known))
	return ""
}

// status reads the status, which a client may not set to error.
func (r *reader) status(root element) Status {
	at := root.get("status")
	if at.Text() == "" {
		return "" // refused by its shape
	}
	var known []string
	for _, s := range Statuses(r.release) {
		known = append(known, string(s))
	}
	return Status(r.knownCode(at, known))
}

// end reads the instant at which the Subscription ends.
func (r *reader) end(root element) time.Time {
	t, err := time.Parse(time.RFC3339Nano, root.get("end").Text())
	if err != nil {
		return time.Time{} // absent, or refused by its shape
	}
	return t
}

func (r *reader) content(e element) notification.Content {
	for _, c := range []notification.Content{notification.Empty, notification.IDOnly, notification.FullResource} {
		if e.Is(c.String()) {
			return c
		}
	}
	if e.Exists() {
		r.refuse(fault.UnsupportedContent, e, "the content level "+fault.Quote(e.Text())+" is not supported: use empty, id-only or full-resource")
	}
	return notification.Empty
}

// whole returns a number whose type was checked.
func whole(e element) int {
	n, err := strconv.Atoi(string(e.Raw()))
	if err != nil {
		return 0 // absent, or refused by its shape
	}
	return n
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// typeOf returns the resource type that a URI names: relative as Encounter, or
// the canonical of its definition. It is "" for anything else.
func typeOf(release fhir.Release, uri string) string {
	name := strings.TrimPrefix(uri, "http://hl7.org/fhir/StructureDefinition/")
	if !fhir.IsResourceType(release, name) {
		return ""
	}
	return name
}
