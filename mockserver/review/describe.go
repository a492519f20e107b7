package review

import (
	"strconv"
	"strings"
)

// String says what happened and when, for a person.
func (f *Fact) String() string {
	text := f.what() + " at " + hour(f.Time) + f.more()
	if f.N != 0 {
		text += " (entry " + strconv.FormatInt(f.N, 10) + ")"
	}
	return text
}

// acts are done to a Subscription.
var acts = map[string]string{
	Created: "created", Updated: "updated", Deleted: "deleted", Reactivated: "reactivated",
	Bound: "bound", FailedToBind: "failed to bind", Renewed: "renewed", UsedDeadID: "used the dead id of",
	UsedDeadToken: "used a dead token of", LostBinding: "lost the binding of",
	AskedForToken: "asked for a token of", AskedForEvents: "asked for $events of", AskedForStatus: "asked for $status of",
}

// what names the fact, with what it was about.
func (f *Fact) what() string {
	a := f.Attributes
	switch f.Fact {
	case ReceivedEvent:
		return "received event " + a["number"] + f.ofSubscription()
	case GotDuplicate:
		return "got event " + a["number"] + f.ofSubscription() + " a second time"
	case SawGap:
		return "saw a gap, " + f.events() + f.ofSubscription() + ","
	case FilledGap:
		return "filled the gap of " + f.events() + f.ofSubscription() + " by " + a["with"]
	case Closed:
		return "the websocket was closed by " + a["by"]
	case GotFinding:
		return "got the " + a["severity"] + " " + a["code"]
	}
	if act, ok := acts[f.Fact]; ok && len(f.Subscriptions) == 1 {
		return act + " Subscription " + f.Subscriptions[0]
	}
	if w := wordFor(f.Fact); w != nil {
		return w.phrases[0] + f.ofSubscription()
	}
	return f.Fact
}

// more is what stands behind the time.
func (f *Fact) more() string {
	a := f.Attributes
	switch f.Fact {
	case Renewed:
		if a["beforeExpiry"] == "true" {
			return ", " + a["difference"] + " before the token of " + a["issued"] + " expired"
		}
		return ", " + a["difference"] + " after the token of " + a["issued"] + " expired"
	case Closed:
		if a["code"] == "0" {
			return " without a close frame"
		}
		return " with code " + a["code"] + strings.TrimRight(" "+a["reason"], " ")
	case AskedForToken, AskedForEvents, AskedForStatus:
		return ", answered " + a["status"]
	case LostBinding:
		return ": " + a["reason"]
	case FailedToBind, FailedToConnect, UsedDeadToken:
		return strings.TrimSuffix(": "+strings.TrimSpace(a["status"]+" "+a["code"]), ": ")
	case GotFinding:
		code, _ := lookup(a["code"])
		return ": " + a["message"] + "; what to do: " + code.Advice
	}
	return ""
}

// events names those of a gap.
func (f *Fact) events() string {
	if f.Attributes["from"] == f.Attributes["to"] {
		return "event " + f.Attributes["from"]
	}
	return "events " + f.Attributes["from"] + " to " + f.Attributes["to"]
}

func (f *Fact) ofSubscription() string {
	switch len(f.Subscriptions) {
	case 0:
		return ""
	case 1:
		return " of Subscription " + f.Subscriptions[0]
	}
	return " of " + strconv.Itoa(len(f.Subscriptions)) + " Subscriptions"
}
