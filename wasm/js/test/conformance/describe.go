package conformance

import (
	"encoding/json"
	"strconv"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
)

// object is a JSON object.
type object = map[string]any

// define is the answer to a definition. Its contract is written here from the
// fields of opdef, and not as the module writes it.
func (e *engine) define(c *Case) (Answer, error) {
	text := c.Input()
	l, err := e.load(text, opdef.Options{Strict: c.Strict, Release: c.release()})
	isLoaded := l.contract != nil
	answer := Answer{
		Loaded:  &isLoaded,
		Repairs: fhir.AppendIssues(nil, text, l.repairs),
		Issues:  fhir.AppendIssues(nil, text, l.issues),
	}
	if isLoaded {
		answer.Definition = raw(describe(l.contract))
	}
	return answer, err
}

func describe(d *opdef.Definition) object {
	methods := object{}
	for _, r := range []fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		methods[r.String()] = object{
			"system":   list(d.Methods(r, opdef.SystemLevel)),
			"type":     list(d.Methods(r, opdef.TypeLevel)),
			"instance": list(d.Methods(r, opdef.InstanceLevel)),
		}
	}
	return object{
		"url": d.URL, "version": d.Version, "code": d.Code, "name": d.Name, "title": d.Title, "kind": d.Kind,
		"system": d.System, "type": d.Type, "instance": d.Instance,
		"affectsState": map[opdef.Tristate]any{opdef.Absent: nil, opdef.False: false, opdef.True: true}[d.AffectsState],
		"resources":    list(d.Resources), "methods": methods, "parameters": parameters(d.Parameters),
	}
}

func parameters(list []opdef.Parameter) []object {
	all := []object{}
	for _, p := range list {
		all = append(all, parameter(p))
	}
	return all
}

func parameter(p opdef.Parameter) object {
	most := strconv.Itoa(p.Max)
	if p.Max == opdef.Unbounded {
		most = "*"
	}
	scope := []string{}
	for _, l := range []opdef.Level{opdef.SystemLevel, opdef.TypeLevel, opdef.InstanceLevel} {
		if p.Scope&l != 0 {
			scope = append(scope, l.String())
		}
	}
	return object{
		"name": p.Name, "use": p.Use.String(), "min": p.Min, "max": most, "type": p.Type,
		"allowedTypes": list(p.AllowedTypes), "searchType": p.SearchType, "scope": scope, "doc": p.Doc,
		"part": parameters(p.Parts),
	}
}

// readNotification is the answer to a notification, with what it says.
func (e *engine) readNotification(c *Case) (Answer, error) {
	text := c.Input()
	reading, issues, err := e.notification(text, c)
	answer := judged(text, issues)
	statuses := []object{}
	for i := range reading.Statuses {
		statuses = append(statuses, status(&reading.Statuses[i]))
	}
	answer.Notification = raw(object{
		"id": reading.ID, "timestamp": reading.Timestamp, "searchset": reading.Searchset, "statuses": statuses,
	})
	return answer, err
}

func status(s *notification.Status) object {
	events, errors := []object{}, []object{}
	for i := range s.Events {
		events = append(events, event(&s.Events[i]))
	}
	for _, e := range s.Errors {
		errors = append(errors, object{"system": e.System, "code": e.Code, "display": e.Display})
	}
	return object{
		"id": s.ID, "type": s.Type.String(), "subscription": s.Subscription, "status": s.State, "topic": s.Topic,
		"eventsSinceSubscriptionStart": counter(s.EventsSinceStart), "events": events, "errors": errors,
	}
}

func event(e *notification.Event) object {
	contexts := []object{}
	for _, r := range e.Context {
		contexts = append(contexts, resource(r))
	}
	return object{
		"eventNumber": counter(e.Number), "timestamp": e.Timestamp, "interaction": interactions[e.Interaction],
		"focus": focus(e.Focus), "additionalContext": contexts,
	}
}

var interactions = map[notification.Interaction]string{
	0: "", notification.Create: "create", notification.Update: "update", notification.Delete: "delete",
}

func focus(r notification.Resource) any {
	if r.URL == "" {
		return nil
	}
	return resource(r)
}

func resource(r notification.Resource) object {
	if r.Body == nil {
		return object{"url": r.URL, "resource": nil}
	}
	return object{"url": r.URL, "resource": json.RawMessage(r.Body)}
}

// counter has 64 bits, and so is a string in JSON.
func counter(n int64) any {
	if n == notification.Unknown {
		return nil
	}
	return strconv.FormatInt(n, 10)
}
