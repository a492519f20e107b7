package mockserver

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// Play carries a scenario out in the tenant, and returns when its last step is
// done or ctx ends. What a scenario says of the server's manner is for who starts
// the server: see Config.Scenario.
func (t *Tenant) Play(ctx context.Context, s *scenario.Scenario) error {
	return scenario.Run(ctx, s, stage{t})
}

// Judge compares what a scenario expects with what came.
func (t *Tenant) Judge(s *scenario.Scenario) scenario.Verdict {
	var drawn []scenario.Finding
	for _, f := range t.Findings() {
		drawn = append(drawn, scenario.Finding{Code: f.Code, Severity: f.Severity, Detail: f.Message})
	}
	var results []scenario.Result
	for _, raw := range s.Expect.Assertions {
		list, err := t.check(raw)
		if err != nil {
			results = append(results, scenario.Result{Assertion: string(raw), Detail: fault.DetailOf(err)})
			continue
		}
		whole := scenario.Result{Assertion: strings.Trim(string(raw), `"`), Passed: true}
		for _, r := range list {
			if !r.Passed && whole.Passed {
				whole.Passed, whole.Detail = false, strings.ReplaceAll(describeResult(r), "\n", ";")
			}
		}
		results = append(results, whole)
	}
	return s.Verdict(drawn, results)
}

// stage is a tenant as a scenario sees it.
type stage struct{ t *Tenant }

func (s stage) Clock() clock.Clock { return s.t.time() }

// do finds the base of a release and notes what a scenario does to it.
func (s stage) do(release fhir.Release, what, detail string, act func(b *base) error, subscriptions ...string) error {
	b, err := s.t.base(release)
	if err != nil {
		return err
	}
	if err := act(b); err != nil {
		return err
	}
	s.t.command(what, detail, release.String(), subscriptions...)
	return nil
}

func (s stage) Store(_ context.Context, release fhir.Release, bearer string, r scenario.Resource) error {
	return s.do(release, "store", strings.TrimSuffix(r.Type+"/"+r.ID, "/"), func(b *base) error {
		caller := fhirhttp.CallerNamed(bearer)
		var err error
		if r.ID == "" {
			_, err = b.world.Create(caller, r.Type, r.Body)
		} else {
			_, err = b.world.Update(caller, r.Type, r.ID, r.Body, "")
		}
		return err
	})
}

func (s stage) Delete(_ context.Context, release fhir.Release, reference string) error {
	return s.do(release, "delete", reference, func(b *base) error {
		kind, id, _ := strings.Cut(reference, "/")
		caller := fhirhttp.Anonymous
		if owner, ok := b.world.Owner(id); ok && kind == "Subscription" {
			caller = owner
		}
		return b.world.Delete(caller, kind, id)
	})
}

func (s stage) Emit(_ context.Context, release fhir.Release, e scenario.Emission) error {
	_, err := s.t.Emit(release.String(), world.Emission{
		Subscription: e.Subscription, Topic: e.Topic, Focus: e.Focus, Interaction: e.Interaction, Count: e.Count,
	})
	return err
}

func (s stage) Revoke(_ context.Context, release fhir.Release, r scenario.Revocation) error {
	_, err := s.t.Revoke(release.String(), socket.Revocation{JTI: r.JTI, Subscription: r.Subscription, Subject: r.Subject})
	return err
}

func (s stage) SetError(_ context.Context, release fhir.Release, id string) error {
	return s.t.SetError(release.String(), id)
}

func (s stage) Reactivate(_ context.Context, release fhir.Release, id string) error {
	return s.t.Reactivate(release.String(), id)
}

func (s stage) Plan(_ context.Context, specs ...faults.Spec) error {
	_, err := s.t.Faults.Add(specs...)
	return err
}

func (s stage) ClearFaults(context.Context) error {
	s.t.Faults.Clear()
	return nil
}

func (s stage) Advance(ctx context.Context, d time.Duration) error { return s.t.advance(ctx, d) }

func (s stage) Wait(ctx context.Context, in []fhir.Release, trigger scenario.Trigger) error {
	var names []string
	for _, r := range in {
		names = append(names, r.String())
	}
	return s.t.WaitFor(ctx, max(trigger.Times, 1), func(f *review.Fact) bool {
		return f.Fact == trigger.Fact && slices.Contains(names, f.FHIR) &&
			(trigger.Subscription == "" || slices.Contains(f.Subscriptions, trigger.Subscription))
	})
}

// WaitFor returns when so many facts are chosen, or with the error of ctx when
// that ends before.
func (t *Tenant) WaitFor(ctx context.Context, times int, chosen func(*review.Fact) bool) error {
	seen, tally := t.Journal.Len(), t.review.Tally(chosen)
	if tally.Count() >= times {
		return nil
	}
	for range t.Journal.Follow(ctx, journal.Query{After: seen}) {
		if tally.Count() >= times {
			return nil
		}
	}
	return ctx.Err()
}
