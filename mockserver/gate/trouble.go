package gate

import (
	"strconv"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/fault"
)

// passing tells what may be otherwise the next time from what is said of a
// Subscription.
func passing(err error) bool {
	switch fault.CodeOf(err) {
	case fault.UnknownSubscription, fault.SubscriptionNotBindable:
		return false
	}
	return true
}

// unknownSubscription is the error of one that is not there to be bound.
func unknownSubscription(id, why string) error {
	return fault.New(fault.UnknownSubscription, "Subscription "+id+" "+why+": create it again, or leave it out")
}

// obstacle says why a Subscription cannot be bound as it is.
func obstacle(s *bridge.Subscription) error {
	switch s.Status {
	case "off", "error", "entered-in-error":
		return unknownSubscription(s.ID, "has the status "+s.Status)
	}
	if s.Channel != "websocket" {
		return fault.New(fault.SubscriptionNotBindable, "Subscription "+s.ID+" has the channel "+fault.Quote(s.Channel)+": websocket is due")
	}
	return nil
}

// unread is the error of what the FHIR server says and nobody can read.
func unread(what string, err error) error {
	return fault.New(fault.UpstreamRefused, what+" cannot be read: "+fault.DetailOf(err))
}

// unanswered is the error of a bind that the FHIR server meets with silence.
func (c *upstreamConfig) unanswered(id string) error {
	return fault.New(fault.UpstreamRefused, "the FHIR server did not answer the bind of Subscription "+id+" within "+strconv.Itoa(int(c.timeout.Seconds()))+" s")
}
