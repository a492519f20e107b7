package load

import "time"

// The phases of a load, in their order.
const (
	Binding    = "binding"     // sockets that are bound
	Loading    = "loading"     // events whose request was answered, or failed
	Waiting    = "waiting"     // deliveries that came, of those due
	CleaningUp = "cleaning up" // Subscriptions and Patients that were deleted
)

// Progress is what goes on: Done steps of a phase, of Of.
type Progress struct {
	Phase    string
	Done, Of int64
	// Delivered is how many events came so far, to each Subscription.
	Delivered int64
}

// progressPeriod is between two calls of Config.Progress.
const progressPeriod = 250 * time.Millisecond

func (r *run) tell() {
	if r.config.Progress == nil {
		return
	}
	delivered, _ := r.delivered()
	r.config.Progress(Progress{r.phase.Load().(string), r.step.Load(), r.steps.Load(), delivered})
}
