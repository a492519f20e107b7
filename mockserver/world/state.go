package world

// State is what the management interface shows of a world.
type State struct {
	FHIR          string              `json:"fhir"`
	Base          string              `json:"base"`
	Resources     map[string]int      `json:"resources"` // by type
	Subscriptions []SubscriptionState `json:"subscriptions"`
}

// SubscriptionState is what the management interface shows of a Subscription.
type SubscriptionState struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Topic    string `json:"topic,omitempty"`
	Criteria string `json:"criteria,omitempty"`
	Content  string `json:"content"`
	Events   uint64 `json:"events"` // eventsSinceSubscriptionStart
	Kept     int    `json:"kept"`   // of them, how many the log holds
	Bound    int    `json:"bound"`  // attached sinks
}

// State returns a snapshot, the Subscriptions in the order of their creation.
// It names no caller.
func (w *World) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	state := State{
		FHIR: w.cfg.Release.String(), Base: w.cfg.Base,
		Resources: map[string]int{}, Subscriptions: []SubscriptionState{},
	}
	for typ, n := range w.resources.Types() {
		state.Resources[typ] = n
	}
	for s := range w.order.All() {
		state.Subscriptions = append(state.Subscriptions, SubscriptionState{
			ID: s.id, Status: string(s.status), Topic: s.compiled.Topic, Criteria: s.compiled.Criteria,
			Content: s.compiled.Content.String(), Events: uint64(s.log.total), Kept: len(s.log.ring), Bound: len(s.bound),
		})
	}
	return state
}

// Counts are how much there is in a world.
type Counts struct {
	Resources     int
	Subscriptions int
	Bindings      int    // attached sinks, one for each Subscription
	Kept          int    // events in logs
	Events        uint64 // made, those of Subscriptions that were deleted included
}

// Counts returns how much there is.
func (w *World) Counts() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := Counts{Subscriptions: w.order.Len(), Events: w.past}
	for _, n := range w.resources.Types() {
		c.Resources += n
	}
	for s := range w.order.All() {
		c.Bindings += len(s.bound)
		c.Kept += len(s.log.ring)
		c.Events += uint64(s.log.total)
	}
	return c
}
