package scenario

import (
	"context"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// Target is a server that a scenario runs on. Those who write scenarios never
// meet it; it is for whoever lends [Run] a server, and for tests.
//
// Its methods are called one at a time, but for Wait and Advance also on the
// goroutine of a callback of its Clock. They answer at once, Wait excepted.
type Target interface {
	// Clock is the time that At and Wait of a step are measured in.
	Clock() clock.Clock
	// Store creates a resource, or replaces it where it has an id that exists,
	// as the caller with a bearer token, or "" for one who shows none.
	Store(ctx context.Context, release fhir.Release, bearer string, r Resource) error
	// Delete deletes a resource, given as Type/ID, whoever owns it.
	Delete(ctx context.Context, release fhir.Release, reference string) error
	// Emit makes events that no change has caused.
	Emit(ctx context.Context, release fhir.Release, e Emission) error
	// Revoke ends bindings and the tokens behind them. None is no error.
	Revoke(ctx context.Context, release fhir.Release, r Revocation) error
	// SetError and Reactivate change the status of a Subscription.
	SetError(ctx context.Context, release fhir.Release, id string) error
	Reactivate(ctx context.Context, release fhir.Release, id string) error
	// Plan queues faults, ClearFaults forgets them.
	Plan(ctx context.Context, specs ...faults.Spec) error
	ClearFaults(ctx context.Context) error
	// Advance moves a virtual clock. It is never called in a callback.
	Advance(ctx context.Context, d time.Duration) error
	// Wait returns when a fact has been seen as often as the trigger says since
	// the server was started, in one of the releases or in all together, or with
	// ctx's error when that ends before.
	Wait(ctx context.Context, in []fhir.Release, t Trigger) error
}
