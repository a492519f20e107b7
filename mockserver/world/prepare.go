package world

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// incoming is a resource that a client sent, read and checked as far as that
// goes without the world.
type incoming struct {
	resourceType string
	root         jsonscan.Value
	subscription *subscription.Subscription // of a Subscription
	topic        *subscription.Topic        // of a topic
	warnings     []fault.Issue
}

// prepare reads a body. The error is a *[fault.Invalid].
func (w *World) prepare(resourceType string, body []byte) (*incoming, error) {
	if !fhir.IsResourceType(w.cfg.Release, resourceType) {
		return nil, fault.New(fault.NotFound, w.cfg.Release.String()+" has no resource type "+fault.Quote(resourceType))
	}
	root, err := parse(body)
	if err != nil {
		return nil, err
	}
	if got, at := fhir.ResourceType(root); got != "" && got != resourceType {
		return nil, invalid(fault.WrongResourceType, resourceType, at,
			"the body is a "+fault.Quote(got)+", the URL asks for a "+resourceType)
	}
	var c fhir.Checker
	c.Reset(w.cfg.Release, resourceType)
	c.Resource(root)
	in := &incoming{resourceType: resourceType, root: root, warnings: c.Issues.Issues}
	if !fault.Valid(in.warnings) {
		return nil, &fault.Invalid{Issues: in.warnings}
	}
	var issues []fault.Issue
	switch {
	case resourceType == "Subscription":
		in.subscription, issues = subscription.Read(w.cfg.Release, root)
	case subscription.IsTopic(w.cfg.Release, root):
		in.topic, issues = subscription.ReadTopic(w.search, root)
	}
	if !fault.Valid(issues) {
		return nil, &fault.Invalid{Issues: issues}
	}
	in.warnings = append(in.warnings, issues...)
	return in, nil
}

// parse reads JSON. The error is a *[fault.Invalid].
func parse(body []byte) (jsonscan.Value, error) {
	var doc jsonscan.Document
	if err := doc.Parse(body, jsonscan.Limits{}); err != nil {
		issue, ok := err.(*fault.Issue)
		if !ok {
			return jsonscan.Value{}, err
		}
		return jsonscan.Value{}, &fault.Invalid{Issues: []fault.Issue{*issue}}
	}
	return doc.Root(), nil
}

// parsed reads a body that was read before.
func parsed(body []byte) jsonscan.Value {
	if body == nil {
		return jsonscan.Value{}
	}
	v, err := parse(body)
	if err != nil {
		panic("world: a stored resource cannot be read: " + err.Error())
	}
	return v
}

// invalid returns a *[fault.Invalid] with one issue.
func invalid(code fault.Code, expression string, at jsonscan.Value, why string) error {
	return &fault.Invalid{Issues: []fault.Issue{{
		Severity: fault.Err, Code: code, Expression: expression, Diagnostics: why,
		Offset: at.Offset(), Length: at.Length(),
	}}}
}
