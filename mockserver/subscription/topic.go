package subscription

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/search"
)

// Topic is a SubscriptionTopic of any release, ready to be evaluated.
type Topic struct {
	URL, Version, Title string
	// Status is draft, active, retired or unknown; a Basic without a status
	// is active. Only retired matters: no new Subscription may name it.
	Status string

	triggers []trigger
	filters  []filterable
	shapes   []shape
}

// Canonical returns url|version, or the url alone where there is no version.
func (t *Topic) Canonical() string {
	if t.Version == "" {
		return t.URL
	}
	return t.URL + "|" + t.Version
}

// Named reports whether a canonical, with or without a version, means the topic.
func (t *Topic) Named(canonical string) bool {
	return canonical == t.URL || canonical == t.Canonical()
}

// Types returns the resource types whose changes may be events, each once.
func (t *Topic) Types() []string {
	var types []string
	for i := range t.triggers {
		types = appendOnce(types, t.triggers[i].typ)
	}
	return types
}

// Fires reports whether the change is an event of the topic.
func (t *Topic) Fires(c Change) bool {
	for i := range t.triggers {
		if t.triggers[i].fires(c) {
			return true
		}
	}
	return false
}

// filterable is one canFilterBy. Where a topic lists neither comparators nor
// modifiers, those that search understands are allowed.
type filterable struct {
	typ         string // "" for every type of the topic
	parameter   string
	comparators []string
	modifiers   []string
}

// source reads the elements of a topic, however the resource writes them.
type source interface {
	// all returns the values of the element with the given name within e.
	all(e element, name string) []element
}

// plain is a SubscriptionTopic: its elements are members.
type plain struct{}

func (plain) all(e element, name string) []element {
	v := e.get(name)
	switch {
	case v.Kind() == jsonscan.Array:
		return e.items(name)
	case v.Exists():
		return []element{v}
	}
	return nil
}

// IsTopic reports whether the resource holds a topic: a SubscriptionTopic or,
// in R4, which has no such type, a Basic that stands for one.
func IsTopic(release fhir.Release, resource jsonscan.Value) bool {
	if release != fhir.R4 {
		return resource.Get("resourceType").Is("SubscriptionTopic")
	}
	if !resource.Get("resourceType").Is("Basic") {
		return false
	}
	for c := range resource.Get("code").Get("coding").Elements() {
		if c.Get("code").Is("SubscriptionTopic") && c.Get("system").Is("http://hl7.org/fhir/fhir-types") {
			return true
		}
	}
	return false
}

// ReadTopic reads a resource for which [IsTopic] holds. Every issue it finds is
// returned; the topic is nil when one of them is an error.
func ReadTopic(c search.Compiler, resource jsonscan.Value) (*Topic, []fault.Issue) {
	r := &topicReader{reader: reader{release: c.Release}, search: c}
	root := element{resource, resource.Get("resourceType").Text()}
	if c.Release == fhir.R4 {
		r.source = crossVersion{}
		r.onlyStatusModifies(root)
	} else {
		r.source = plain{}
		r.shape(root, topicMembers)
		r.noModifiers(root)
	}
	t := r.topic(root)
	if !r.ok() {
		return nil, r.issues.Issues
	}
	return t, r.issues.Issues
}

type topicReader struct {
	reader
	source source
	search search.Compiler
}

// one returns the value of an element that does not repeat.
func (r *topicReader) one(e element, name string) element {
	list := r.source.all(e, name)
	if len(list) == 0 {
		return element{path: e.path + "." + name}
	}
	if len(list) > 1 {
		r.refuse(fault.TooManyValues, list[1], "the element "+name+" stands here "+strconv.Itoa(len(list))+" times, at most 1 is allowed")
	}
	return list[0]
}

func (r *topicReader) topic(root element) *Topic {
	t := &Topic{
		URL:     r.text(r.one(root, "url"), "uri"),
		Version: r.text(r.one(root, "version"), "string"),
		Title:   r.text(r.one(root, "title"), "string"),
		Status:  r.code(r.one(root, "status"), "draft", "active", "retired", "unknown"),
	}
	if t.Status == "" {
		t.Status = "active" // a Basic need not have one; a SubscriptionTopic was refused by its shape
	}
	if !absolute(t.URL) || strings.ContainsAny(t.URL, "|#") {
		r.refuse(fault.UnsupportedTopic, r.one(root, "url"), "a Subscription names the topic by its url, which must be absolute, without version and fragment: "+fault.Quote(t.URL))
	}
	triggers := r.source.all(root, "resourceTrigger")
	for _, e := range triggers {
		r.trigger(e, t)
	}
	for _, e := range r.source.all(root, "eventTrigger") {
		if len(triggers) == 0 {
			r.refuse(fault.UnsupportedTopic, e, "event triggers are not supported: add a resourceTrigger")
		} else {
			r.warn(fault.UnsupportedTopic, e, "event triggers are not supported: only the resource triggers fire")
		}
	}
	if len(triggers) == 0 && r.ok() {
		r.refuse(fault.UnsupportedTopic, root, "the topic has no resourceTrigger: it would never fire")
	}
	for _, e := range r.source.all(root, "canFilterBy") {
		r.filterable(e, t)
	}
	for _, e := range r.source.all(root, "notificationShape") {
		r.shapeOf(e, t)
	}
	return t
}

// resource reads the resource type that a part of the topic is about.
func (r *topicReader) resource(e element) string {
	at := r.one(e, "resource")
	uri := r.text(at, "uri")
	if uri == "" {
		return ""
	}
	typ := typeOf(r.release, uri)
	if typ == "" {
		r.refuse(fault.UnsupportedTopic, at, fault.Quote(uri)+" is no resource type of "+r.release.String())
	}
	return typ
}

func (r *topicReader) trigger(e element, t *Topic) {
	tr := trigger{typ: r.resource(e)}
	if tr.typ == "" && r.ok() {
		r.refuse(fault.MissingElement, e, "a resourceTrigger names its resource")
	}
	for _, i := range r.source.all(e, "supportedInteraction") {
		switch r.code(i, "create", "update", "delete") {
		case "create":
			tr.interactions |= 1 << notification.Create
		case "update":
			tr.interactions |= 1 << notification.Update
		case "delete":
			tr.interactions |= 1 << notification.Delete
		}
	}
	criteria, path := r.one(e, "queryCriteria"), r.one(e, "fhirPathCriteria")
	if criteria.Exists() {
		tr.previous = r.query(criteria, "previous", tr.typ)
		tr.current = r.query(criteria, "current", tr.typ)
		tr.forCreate = r.result(criteria, "resultForCreate")
		tr.forDelete = r.result(criteria, "resultForDelete")
		both := r.one(criteria, "requireBoth")
		r.primitive(both, "boolean")
		tr.requireBoth = both.Kind() == jsonscan.True
	}
	switch {
	case !path.Exists():
	case tr.previous == nil && tr.current == nil:
		r.refuse(fault.UnsupportedTopic, path, "FHIRPath is not evaluated: say it as queryCriteria")
	default:
		r.warn(fault.UnsupportedTopic, path, "FHIRPath is not evaluated: the trigger fires by its queryCriteria alone")
	}
	t.triggers = append(t.triggers, tr)
}

// query compiles previous or current; nil where it is absent.
func (r *topicReader) query(criteria element, name, typ string) *search.Query {
	at := r.one(criteria, name)
	text := r.text(at, "string")
	if text == "" || typ == "" {
		return nil
	}
	query := text
	if before, after, ok := strings.Cut(text, "?"); ok && !strings.Contains(before, "=") {
		if before != "" && before != typ {
			r.refuse(fault.UnsupportedTopic, at, "the query is about "+fault.Quote(before)+", the trigger about "+typ)
			return nil
		}
		query = after
	}
	q, err := r.search.Query(typ, query)
	if err != nil {
		r.refuse(fault.UnsupportedTopic, at, fault.DetailOf(err))
		return nil
	}
	return q
}

func (r *topicReader) result(criteria element, name string) result {
	switch r.code(r.one(criteria, name), "test-passes", "test-fails") {
	case "test-passes":
		return passes
	case "test-fails":
		return fails
	}
	return unset
}

func (r *topicReader) filterable(e element, t *Topic) {
	f := filterable{
		typ:       r.resource(e),
		parameter: r.text(r.one(e, "filterParameter"), "string"),
	}
	if f.parameter == "" && r.ok() {
		r.refuse(fault.MissingElement, e, "a canFilterBy names its filterParameter")
	}
	for _, name := range []string{"comparator", "modifier"} {
		for _, at := range r.source.all(e, name) {
			code := strings.Replace(r.text(at, "code"), "=", "eq", 1)
			switch { // R4B has one list for both
			case code == "":
			case slices.Contains(comparators, code):
				f.comparators = append(f.comparators, code)
			case slices.Contains(modifiers, code):
				f.modifiers = append(f.modifiers, code)
			default:
				r.refuse(fault.InvalidCode, at, fault.Quote(code)+" is neither a comparator nor a modifier of search")
			}
		}
	}
	t.filters = append(t.filters, f)
}
