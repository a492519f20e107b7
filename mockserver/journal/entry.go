package journal

import (
	"slices"
	"strings"
	"time"
)

// Kind says what an entry is about.
type Kind string

// The kinds of entry.
const (
	// Request is an HTTP request below a FHIR base, with its answer.
	Request Kind = "request"
	// Open is an opening handshake of a websocket; Status is 101 where it
	// succeeded.
	Open Kind = "open"
	// Received is a frame from the client, Sent is one that was written to the
	// network.
	Received Kind = "received"
	Sent     Kind = "sent"
	// Withheld is a frame that a fault kept from the client.
	Withheld Kind = "withheld"
	// Unbound says that Subscriptions are bound no more on a socket, Verdict
	// why: expired-token, revoked-token, unknown-subscription (deleted) or
	// subscription-not-bindable (off).
	Unbound Kind = "unbound"
	// Close is the end of a websocket.
	Close Kind = "close"
	// Command is something that the management interface, a scenario or a test
	// did to the server. An advance of a virtual clock is one, noted when it is
	// over. Type is what was done: advance, events, faults, revoke, error, ….
	Command Kind = "command"
)

// Kinds lists the kinds of entry.
func Kinds() []Kind {
	return []Kind{Request, Open, Received, Sent, Withheld, Unbound, Close, Command}
}

// Good is the verdict of what was as it must be.
const Good = "ok"

// Entry is one thing that happened between clients and the server. Members that
// do not apply are zero. An Entry is never changed once it is in a journal.
type Entry struct {
	// N counts from 1 within a tenant.
	N int64 `json:"n"`
	// Time is when it happened by the tenant's clock, Real by the wall's. For a
	// request that is when it arrived.
	Time time.Time `json:"time"`
	Real time.Time `json:"real"`
	// Arrived is when a request or an opening handshake came in by the wall's
	// clock, Real being when it was answered. Reviews tell by it what a client
	// could not know yet when it asked.
	Arrived time.Time `json:"arrived,omitzero"`
	Kind    Kind      `json:"kind"`

	FHIR   string `json:"fhir,omitempty"`   // R4, R4B or R5
	Caller string `json:"caller,omitempty"` // by the name that stands in binding tokens
	Socket uint64 `json:"socket,omitempty"` // counts from 1 within a base
	// Subscriptions are the ids that it is about: those of the token that was
	// issued or bound, that of a notification, of $events and of $status.
	Subscriptions []string `json:"subscriptions,omitempty"`

	// JTI, Expires and WebsocketURL are those of the binding token that was
	// issued, as its answer told them, or of the one that was shown on a socket.
	// Of an opening handshake WebsocketURL is the URL that was opened. That a token
	// is worth nothing any more is said by Verdict: expired-token, revoked-token or
	// already-used.
	JTI          string     `json:"jti,omitempty"`
	Expires      *time.Time `json:"expires,omitempty"`
	WebsocketURL string     `json:"websocketUrl,omitempty"`

	// Of requests and opening handshakes. Interaction is FHIR's code (read,
	// vread, create, update, delete, search-type, capabilities), or the name of an
	// operation with its dollar sign. Resource is Type or Type/ID.
	Method      string `json:"method,omitempty"`
	Path        string `json:"path,omitempty"`
	Query       string `json:"query,omitempty"` // without what may be a token
	Status      int    `json:"status,omitempty"`
	Interaction string `json:"interaction,omitempty"`
	Resource    string `json:"resource,omitempty"`
	// RetryAfter is what the answer asked for, in seconds.
	RetryAfter int `json:"retryAfter,omitempty"`

	// Of frames. Dialect is that of the socket. Type is FHIR's type of a
	// notification (handshake, heartbeat, event-notification, query-status),
	// outcome for an OperationOutcome, or else what the frame does: bind,
	// bind-colon, bind-json, unbind, ping, pong, unknown; of a command it is what
	// was done: events, faults, advance, revoke, error, reactivate, store, delete.
	// Events are the event
	// numbers in it, Total is eventsSinceSubscriptionStart. Of $events, Events are
	// those in the answer.
	Dialect string   `json:"dialect,omitempty"`
	Type    string   `json:"type,omitempty"`
	Events  []int64  `json:"events,omitempty"`
	Total   *int64   `json:"total,omitempty"`
	Focus   []string `json:"focus,omitempty"` // Type/ID, one for each event that has one
	Bytes   int      `json:"bytes,omitempty"` // of the frame, or of the body of the answer
	// Text is the frame, tokens replaced by their jti, cut at MaxText bytes.
	Text string `json:"text,omitempty"`

	// Of the end of a socket: the close frame's code (0 where there was none)
	// and reason, and who sent it: client, server, or nobody.
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`

	// Verdict is Good, or a code of core/fault that says what was wrong with
	// what the client did. Detail is the sentence that the client was told.
	Verdict string `json:"verdict,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// Faults are the names of the faults that were injected into it.
	Faults []string `json:"faults,omitempty"`
}

// MaxText bounds Entry.Text, in bytes. Every other text of an entry is bounded by
// maxOther, and what stands in a list by maxID, which no id of FHIR has.
const (
	MaxText  = 16 << 10
	maxOther = 4 << 10
	maxID    = 256
)

// others are the texts of an entry, beside Text, that somebody else has a say in.
func (e *Entry) others() [10]*string {
	return [...]*string{
		&e.Path, &e.Query, &e.Resource, &e.Detail, &e.WebsocketURL, &e.Reason, &e.Caller, &e.Interaction, &e.Type, &e.JTI,
	}
}

// cut bounds what an entry holds.
func (e *Entry) cut() {
	e.Text = cutAt(e.Text, MaxText)
	for _, text := range e.others() {
		*text = cutAt(*text, maxOther)
	}
	e.Subscriptions = mapped(e.Subscriptions, func(id string) string { return cutAt(id, maxID) })
	e.Focus = mapped(e.Focus, func(focus string) string { return cutAt(focus, maxID) })
}

func cutAt(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// mapped returns a list with each element replaced. What the caller has is not
// changed.
func mapped(list []string, by func(string) string) []string {
	changed := list
	for i, text := range list {
		other := by(text)
		if other == text {
			continue
		}
		if &changed[0] == &list[0] {
			changed = slices.Clone(list)
		}
		changed[i] = other
	}
	return changed
}

// size is how many bytes an entry holds beside what every entry does.
func (e *Entry) size() int {
	n := len(e.Text) + 8*len(e.Events)
	for _, text := range e.others() {
		n += len(*text)
	}
	for _, list := range [][]string{e.Subscriptions, e.Focus} {
		for _, text := range list {
			n += 16 + len(text)
		}
	}
	return n
}
