package record

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// backport begins the URLs of the guide's extensions.
const backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"

// read reads a Subscription as far as the recorder needs it: leniently, for other
// servers take what this project's refuses.
func (k *knowledge) read(release fhir.Release, root jsonscan.Value) (name string, ok bool) {
	id := root.Get("id").Text()
	name = k.subscription(id)
	if !root.Get("resourceType").Is("Subscription") || name == "" {
		return "", false
	}
	s := subscribed{seen: true}
	if release == fhir.R5 {
		k.readR5(root, &s)
	} else {
		k.readGuide(root, &s)
	}
	k.update(name, func(old *subscribed) {
		s.id, s.bearer, s.created = old.id, old.bearer, old.created
		*old = s
	})
	return name, true
}

func (k *knowledge) readR5(root jsonscan.Value, s *subscribed) {
	s.topic = withoutVersion(root.Get("topic").Text())
	s.content = level(root.Get("content").Text(), "empty")
	s.beat = wholeNumber(root.Get("heartbeatPeriod"))
	for f := range root.Get("filterBy").Elements() {
		if read, ok := k.filterBy(f); ok {
			s.filters = append(s.filters, read)
		}
	}
}

func (k *knowledge) readGuide(root jsonscan.Value, s *subscribed) {
	text, channel := root.Get("criteria").Text(), root.Get("channel")
	fallback := "empty"
	if channel.Get("payload").Exists() {
		fallback = "full-resource" // as classic Subscriptions mean it
	}
	s.content = level(extension(channel.Get("_payload"), "payload-content").Get("valueCode").Text(), fallback)
	s.beat = wholeNumber(extension(channel, "heartbeat-period").Get("valueUnsignedInt"))
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "urn:") {
		typ, query, _ := strings.Cut(text, "?")
		s.criteria = criteria{typ, k.conditions(typ, query)}
		return
	}
	s.topic = withoutVersion(text)
	for x := range root.Get("_criteria").Get("extension").Elements() {
		if x.Get("url").Is(backport + "filter-criteria") {
			s.filters = append(s.filters, k.filterString(x.Get("valueString").Text())...)
		}
	}
}

func withoutVersion(canonical string) string {
	url, _, _ := strings.Cut(canonical, "|")
	return url
}

// level reads a content level.
func level(code, fallback string) string {
	switch code {
	case "empty", "id-only", "full-resource":
		return code
	}
	return fallback
}

// wholeNumber reads a period in seconds, and 0 where there is none worth keeping.
func wholeNumber(v jsonscan.Value) (n int) {
	for _, c := range v.Raw() {
		if c < '0' || c > '9' || n > 86400 {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return min(n, 86400)
}

// extension returns the guide's extension with a name, or an absent value.
func extension(of jsonscan.Value, name string) jsonscan.Value {
	for x := range of.Get("extension").Elements() {
		if x.Get("url").Is(backport + name) {
			return x
		}
	}
	return jsonscan.Value{}
}

// learn asks the server for a Subscription and its topic, beside the traffic, as
// the caller whose request has named it. The headers are gone with that.
func (r *Recorder) learn(id string, as http.Header) {
	name := r.known.subscription(id)
	if name == "" || !r.known.once("Subscription/"+id) {
		return
	}
	r.asking.Go(func() {
		ctx, cancel := context.WithTimeout(r.ctx, exchangeTimeout)
		defer cancel()
		if root, err := r.ask(ctx, "/Subscription/"+id, as); err == nil {
			r.known.read(r.release, root)
		}
		var topic string
		r.known.update(name, func(s *subscribed) { topic = s.topic })
		if topic != "" && !strings.HasPrefix(topic, subscription.BuiltinURL) && r.known.once(topic) {
			r.learnTopic(ctx, topic, as)
		}
	})
}

// learnTopic asks the server what a topic is about.
func (r *Recorder) learnTopic(ctx context.Context, topic string, as http.Header) {
	path := "/SubscriptionTopic?url=" + url.QueryEscape(topic)
	if r.release == fhir.R4 {
		path = "/Basic?code=SubscriptionTopic"
	}
	root, err := r.ask(ctx, path, as)
	if err != nil {
		return
	}
	for entry := range root.Get("entry").Elements() {
		resource := entry.Get("resource")
		if !subscription.IsTopic(r.release, resource) {
			continue
		}
		t, _ := subscription.ReadTopic(search.Compiler{Release: r.release}, resource)
		if t != nil && t.URL == topic {
			r.known.mu.Lock()
			r.known.topics[topic] = t.Types()
			r.known.mu.Unlock()
			return
		}
	}
}
