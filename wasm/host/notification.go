package host

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// Checker checks notification Bundles, as that of core/notification does.
// Several goroutines may use it.
type Checker struct {
	// MaxIssues bounds what is reported, 1 to 10,000; 0 means
	// [fault.DefaultMaxIssues]. It is to be set before the first use.
	MaxIssues int

	engine *Engine
}

// NewChecker returns a checker.
func (e *Engine) NewChecker() *Checker { return &Checker{engine: e} }

// Check judges a notification Bundle, or the searchset of $status. The document
// is valid if [fault.Valid] says so of the issues. The error says that there is
// no verdict.
func (c *Checker) Check(ctx context.Context, text []byte, r fhir.Release) ([]fault.Issue, error) {
	_, issues, err := c.run(ctx, text, r, false)
	return issues, err
}

// Read judges a notification as Check does and returns what it says, as far as
// it can be made out, also of one that is not valid. Bodies of resources are
// copies of what the text holds.
func (c *Checker) Read(ctx context.Context, text []byte, r fhir.Release) (notification.Reading, []fault.Issue, error) {
	return c.run(ctx, text, r, true)
}

type checkOptions struct {
	Release   string `json:"fhir"`
	MaxIssues int    `json:"maxIssues,omitempty"`
	Read      bool   `json:"read,omitempty"`
}

func (c *Checker) run(ctx context.Context, text []byte, r fhir.Release, read bool) (reading notification.Reading, issues []fault.Issue, err error) {
	o := checkOptions{MaxIssues: c.MaxIssues, Read: read}
	if o.Release, err = releaseOption(r); err != nil {
		return reading, nil, err
	}
	var answer notificationAnswer
	err = c.engine.with(ctx, func(i *instance) error {
		return i.call(ctx, "validate_notification", marshal(o), text, &answer)
	})
	if issues := c.engine.tooLarge(text, err); issues != nil {
		return reading, issues, nil
	}
	if answer.Notification != nil {
		reading = answer.Notification.reading()
	}
	return reading, issuesOf(answer.Issues), err
}

type notificationAnswer struct {
	verdict
	Notification *wireReading
}

// wireReading and what it holds are a notification as wasm/ABI.md writes it.
type wireReading struct {
	ID, Timestamp string
	Searchset     bool
	Statuses      []wireStatus
}

type wireStatus struct {
	ID, Type, Subscription, Status, Topic string
	EventsSinceSubscriptionStart          *string
	Events                                []wireEvent
	Errors                                []notification.Coding
}

type wireEvent struct {
	EventNumber            *string
	Timestamp, Interaction string
	Focus                  *wireResource
	AdditionalContext      []wireResource
}

type wireResource struct {
	URL      string
	Resource json.RawMessage // as it stands in the document
}

func (w *wireReading) reading() notification.Reading {
	r := notification.Reading{ID: w.ID, Timestamp: w.Timestamp, Searchset: w.Searchset}
	for n := range w.Statuses {
		r.Statuses = append(r.Statuses, w.Statuses[n].status())
	}
	return r
}

var notificationTypes = []notification.Type{
	notification.Handshake, notification.Heartbeat, notification.EventNotification, notification.QueryStatus, notification.QueryEvent,
}

func (w *wireStatus) status() notification.Status {
	s := notification.Status{
		ID: w.ID, Type: word(w.Type, notificationTypes...), Subscription: w.Subscription, State: w.Status, Topic: w.Topic,
		EventsSinceStart: counter(w.EventsSinceSubscriptionStart),
	}
	for n := range w.Events {
		s.Events = append(s.Events, w.Events[n].event())
	}
	s.Errors = append(s.Errors, w.Errors...)
	return s
}

func (w *wireEvent) event() notification.Event {
	e := notification.Event{Number: counter(w.EventNumber), Timestamp: w.Timestamp}
	switch w.Interaction {
	case "create":
		e.Interaction = notification.Create
	case "update":
		e.Interaction = notification.Update
	case "delete":
		e.Interaction = notification.Delete
	}
	if w.Focus != nil {
		e.Focus = w.Focus.resource()
	}
	for n := range w.AdditionalContext {
		e.Context = append(e.Context, w.AdditionalContext[n].resource())
	}
	return e
}

func (w *wireResource) resource() notification.Resource {
	r := notification.Resource{URL: w.URL, Body: w.Resource}
	if string(w.Resource) == "null" {
		r.Body = nil
	}
	return r
}

// counter reads a counter, which JSON has as a string for its 64 bits.
func counter(text *string) int64 {
	if text == nil {
		return notification.Unknown
	}
	n, err := strconv.ParseInt(*text, 10, 64)
	if err != nil {
		return notification.Unknown
	}
	return n
}
