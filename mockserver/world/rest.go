package world

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/store"
)

// Invalid is the error of a resource that is refused for what it says: every
// issue that was found, with expression and offset in the body as it was sent.
// errors.Is finds the code of the first error among them, and so does
// fault.CodeOf, which gives the HTTP status.
type Invalid struct{ Issues []fault.Issue }

// Error returns the first error's code and diagnostics.
func (e *Invalid) Error() string { return e.first().Error() }

// Unwrap returns the first error's code.
func (e *Invalid) Unwrap() error { return e.first().Code }

func (e *Invalid) first() *fault.Issue {
	for i := range e.Issues {
		if e.Issues[i].Severity.Invalidates() {
			return &e.Issues[i]
		}
	}
	return &fault.Issue{Severity: fault.Err, Code: fault.Internal}
}

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
// body is ignored. The error is an *[Invalid] or a *fault.Error.
//
// The body must be one JSON object that keeps FHIR's JSON rules, of the given
// resourceType, which must be a type of the release. Subscriptions and topics
// are checked in full and refused where they could not be honoured; of other
// resources nothing more is checked.
func (w *World) Create(caller, resourceType string, body []byte) (Written, error) {
	return Written{}, fault.New(fault.Unavailable, "not there yet")
}

// Update stores a version of the resource with the given id, or creates it
// where there is none (create by PUT). The id in the body must equal it.
// ifMatch is the version id that the resource must have, "" for any; the error
// is then fault.VersionConflict.
func (w *World) Update(caller, resourceType, id string, body []byte, ifMatch string) (Written, error) {
	return Written{}, fault.New(fault.Unavailable, "not there yet")
}

// Read returns the current version: fault.NotFound where there is none that the
// caller may see, fault.Gone where it was deleted.
func (w *World) Read(caller, resourceType, id string) (store.Version, error) {
	return store.Version{}, fault.New(fault.NotFound, "not there yet")
}

// ReadVersion returns one version by its number; the errors are those of Read.
func (w *World) ReadVersion(caller, resourceType, id, versionID string) (store.Version, error) {
	return store.Version{}, fault.New(fault.NotFound, "not there yet")
}

// Delete deletes the resource. Deleting what is deleted already, or never was,
// is fine and does nothing.
func (w *World) Delete(caller, resourceType, id string) error {
	return fault.New(fault.NotFound, "not there yet")
}

// All returns the current versions of a type that the caller may see, in the
// order of their creation. It is a snapshot: search it without the world.
func (w *World) All(caller, resourceType string) []store.Version {
	return nil
}

// Topic names one usable topic, for metadata.
type Topic struct {
	URL, Version string
	Title        string
	// Resource is the topic's resource, such as SubscriptionTopic/encounter-complete
	// or, in R4, Basic/encounter-complete.
	Resource string
	BuiltIn  bool
}

// Topics returns the topics that a Subscription may name, built-in ones first.
func (w *World) Topics() []Topic { return nil }
