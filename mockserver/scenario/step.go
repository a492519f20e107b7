package scenario

import "github.com/wsbind/wsbind/core/fhir"

// Action names what a step does, by its member in a file.
func (s *Step) Action() string {
	switch {
	case s.Emit != nil:
		return "emit"
	case s.Create != nil:
		return "create"
	case s.Update != nil:
		return "update"
	case s.Delete != "":
		return "delete"
	case s.DeleteSubscription != "":
		return "deleteSubscription"
	case len(s.Faults) > 0:
		return "faults"
	case s.ClearFaults:
		return "clearFaults"
	case s.Revoke != nil:
		return "revoke"
	case s.Error != "":
		return "error"
	case s.Reactivate != "":
		return "reactivate"
	case s.Advance > 0:
		return "advance"
	}
	return "nothing"
}

// perform does what a step says, but for an advance of the clock.
func (r *run) perform(s *Step) error {
	switch s.Action() {
	case "create":
		return r.store(*s.Create, s.FHIR, r.scenario.FHIR)
	case "update":
		return r.store(*s.Update, s.FHIR, r.scenario.FHIR)
	case "faults":
		return r.target.Plan(r.ctx, s.Faults...)
	case "clearFaults":
		return r.target.ClearFaults(r.ctx)
	}
	return r.each(releasesOf(s.FHIR, r.scenario.FHIR), func(release fhir.Release) error {
		return r.performIn(release, s)
	})
}

// performIn does what a step does in one release.
func (r *run) performIn(release fhir.Release, s *Step) error {
	switch s.Action() {
	case "emit":
		e := *s.Emit
		e.Topic = canonical(e.Topic)
		return r.target.Emit(r.ctx, release, e)
	case "delete":
		return r.target.Delete(r.ctx, release, s.Delete)
	case "deleteSubscription":
		return r.target.Delete(r.ctx, release, "Subscription/"+s.DeleteSubscription)
	case "revoke":
		return r.target.Revoke(r.ctx, release, *s.Revoke)
	case "error":
		return r.target.SetError(r.ctx, release, s.Error)
	case "reactivate":
		return r.target.Reactivate(r.ctx, release, s.Reactivate)
	}
	return nil
}
