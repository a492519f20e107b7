package world

import (
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/store"
	"github.com/wsbind/wsbind/mockserver/subscription"
)

// Written is the result of a create or an update.
type Written struct {
	store.Version
	// Created tells a create, also one by PUT or one that brings back a deleted
	// resource, from an update.
	Created bool
	// Warnings are issues that did not keep the resource from being stored,
	// such as a topic's fhirPathCriteria that is not evaluated.
	Warnings []fault.Issue
}

// Create stores a new resource under an id of the world's choice; an id in the
// body is ignored. The error is a *[fault.Invalid] or a *[fault.Error].
//
// The body must be one JSON object that keeps FHIR's JSON rules, of the given
// resourceType, which must be a type of the release (fault.NotFound otherwise).
// Subscriptions and topics are checked in full and refused where they could not
// be honoured; of other resources nothing more is checked.
func (w *World) Create(caller, resourceType string, body []byte) (Written, error) {
	in, err := w.prepare(resourceType, body)
	if err != nil {
		return Written{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(caller, w.freeID(resourceType, caller), in)
}

// freeID draws an id that no resource of the type has.
func (w *World) freeID(resourceType, caller string) string {
	for {
		id := w.cfg.NewID(resourceType, caller)
		if _, taken := w.resources.Current(resourceType, id); !taken {
			return id
		}
	}
}

// Update stores a version of the resource with the given id, or creates it
// where there is none (create by PUT). The id in the body must equal it.
// ifMatch is the version id that the resource must have, "" for any; the error
// is then fault.VersionConflict.
//
// A Subscription of somebody else's is fault.NotFound, also when it was deleted:
// its id is taken.
func (w *World) Update(caller, resourceType, id string, body []byte, ifMatch string) (Written, error) {
	in, err := w.prepare(resourceType, body)
	if err != nil {
		return Written{}, err
	}
	if err := checkID(w.cfg.Release, in, id); err != nil {
		return Written{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	current, there := w.resources.Current(resourceType, id)
	if there && !visible(caller, current) {
		return Written{}, notFound(resourceType, id)
	}
	if ifMatch != "" && (!there || current.Deleted || strconv.Itoa(current.VersionID) != ifMatch) {
		return Written{}, fault.New(fault.VersionConflict, resourceType+"/"+id+" has not the version "+fault.Quote(ifMatch)+": read it again")
	}
	return w.write(caller, id, in)
}

// checkID holds the id of the body to that of the URL.
func checkID(r fhir.Release, in *incoming, id string) error {
	if p := fhir.CheckText(r, "id", id); p.Code != "" {
		return fault.New(fault.MalformedRequest, "the URL ends in no id: "+p.Text)
	}
	expression := in.resourceType + ".id"
	at := in.root.Get("id")
	if !at.Exists() {
		return invalid(fault.MissingElement, expression, in.root, "the body of an update has the id of its URL, "+fault.Quote(id))
	}
	if !at.Is(id) {
		return invalid(fault.MalformedRequest, expression, at, "the body has the id "+fault.Quote(at.Text())+", the URL "+fault.Quote(id))
	}
	return nil
}

// write stores what was prepared and makes the events of the change. Whatever
// may refuse it comes before anything is written.
func (w *World) write(caller, id string, in *incoming) (Written, error) {
	key := in.resourceType + "/" + id
	old := w.live[id]
	if in.resourceType != "Subscription" {
		old = nil
	}
	root := in.root
	var compiled *subscription.Compiled
	var err error
	switch {
	case w.builtin[key]:
		err = fault.New(fault.Forbidden, key+" is a built-in topic, which cannot be changed")
	case in.subscription != nil:
		compiled, root, err = w.admit(in, old)
	default:
		err = w.putTopic(key, in)
	}
	if err != nil {
		return Written{}, err
	}
	now, before := w.resources.Put(in.resourceType, id, caller, w.cfg.Clock.Now(), root)
	if compiled != nil {
		w.settle(now, compiled, old)
	}
	interaction := notification.Update
	if before.Body == nil {
		interaction = notification.Create
	}
	w.changed(interaction, before.Body, now)
	return Written{Version: now, Created: before.Body == nil, Warnings: in.warnings}, nil
}

// Read returns the current version: fault.NotFound where there is none that the
// caller may see, fault.Gone where it was deleted.
func (w *World) Read(caller, resourceType, id string) (store.Version, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.resources.Current(resourceType, id)
	return seen(caller, v, ok, resourceType, id)
}

// ReadVersion returns one version by its number; the errors are those of Read.
func (w *World) ReadVersion(caller, resourceType, id, versionID string) (store.Version, error) {
	n, err := strconv.Atoi(versionID)
	if err != nil || strconv.Itoa(n) != versionID {
		return store.Version{}, notFound(resourceType, id+"/_history/"+versionID)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.resources.Version(resourceType, id, n)
	return seen(caller, v, ok, resourceType, id+"/_history/"+versionID)
}

// Delete deletes the resource. Deleting what is deleted already, or never was
// for this caller, is fine and does nothing. A built-in topic is
// fault.Forbidden, a topic in use fault.BusinessRule.
func (w *World) Delete(caller, resourceType, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.resources.Current(resourceType, id)
	if !ok || v.Deleted || !visible(caller, v) {
		return nil
	}
	if err := w.dropTopic(resourceType + "/" + id); err != nil {
		return err
	}
	before, _ := w.resources.Delete(resourceType, id, w.cfg.Clock.Now())
	if s := w.live[id]; s != nil && resourceType == "Subscription" {
		w.drop(s)
	}
	w.changed(notification.Delete, before.Body, before)
	return nil
}

// All returns the current versions of a type that the caller may see, in the
// order of their creation. It is a snapshot: search it without the world.
func (w *World) All(caller, resourceType string) []store.Version {
	w.mu.Lock()
	defer w.mu.Unlock()
	if resourceType != "Subscription" { // which alone is not visible to all
		return slices.Collect(w.resources.All(resourceType))
	}
	var list []store.Version
	for _, id := range w.created[caller] { // others may have very many
		if v, _ := w.resources.Current(resourceType, id); !v.Deleted {
			list = append(list, v)
		}
	}
	return list
}

// visible reports whether a resource exists for a caller.
func visible(caller string, v store.Version) bool {
	return v.Type != "Subscription" || v.Owner == caller
}

// seen returns a version, or why the caller does not get it.
func seen(caller string, v store.Version, ok bool, resourceType, id string) (store.Version, error) {
	switch {
	case !ok || !visible(caller, v):
		return store.Version{}, notFound(resourceType, id)
	case v.Deleted:
		return store.Version{}, fault.New(fault.Gone, resourceType+"/"+id+" was deleted")
	}
	return v, nil
}

func notFound(resourceType, id string) error {
	return fault.New(fault.NotFound, "there is no "+resourceType+"/"+id)
}

// withStatus returns the text of a resource with another status.
func withStatus(resource jsonscan.Value, status subscription.Status) jsonscan.Value {
	at := resource.Get("status")
	if at.Is(string(status)) {
		return resource
	}
	src, from := resource.Raw(), at.Offset()-resource.Offset()
	body := append([]byte(nil), src[:from]...)
	body = jsonscan.AppendString(body, string(status))
	return parsed(append(body, src[from+at.Length():]...))
}
