package review

import "github.com/wsbind/wsbind/core/fault"

// The codes of findings. They are never renamed.
const (
	IgnoredWebsocketURL = "ignored-websocket-url"
	UsedBrokenAnswer    = "used-broken-answer"
	NeverRenewed        = "never-renewed"
	RenewedTooLate      = "renewed-too-late"
	ReusedDeadID        = "reused-dead-id"
	UsedDeadToken       = "used-dead-token"
	NeverCaughtUp       = "never-caught-up"
	DuplicateTakenAsNew = "duplicate-taken-as-new"
	PolledTooFast       = "polled-too-fast"
	IgnoredRetryAfter   = "ignored-retry-after"
	ReconnectedAtOnce   = "reconnected-without-pause"
	RepeatedRefused     = "repeated-refused-request"
	NeverBound          = "never-bound"
	UnknownFrame        = "unknown-frame"
	BinaryFrame         = "binary-frame"
	ForeignDialect      = "foreign-dialect"
	ColonBind           = "colon-bind"
)

// Code is one kind of finding.
type Code struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // error, warning or information
	// Meaning is what the client did, Advice what its developer should do.
	Meaning string `json:"meaning"`
	Advice  string `json:"advice"`
	// Timed says that it rests on durations: it is not counted under a virtual
	// clock that clients do not share.
	Timed bool `json:"timed,omitempty"`
}

// Codes lists every finding there can be, worst first.
func Codes() []Code { return append([]Code(nil), catalogue...) }

func lookup(code string) (Code, int) {
	for i, c := range catalogue {
		if c.Code == code {
			return c, i
		}
	}
	return Code{}, -1
}

var (
	anError     = fault.Err.String()
	aWarning    = fault.Warning.String()
	information = fault.Information.String()
)

var catalogue = []Code{
	{Code: IgnoredWebsocketURL, Severity: anError,
		Meaning: "opened a websocket at a URL that no answer had named, or showed a token at another URL than its answer named",
		Advice:  "take websocket-url from every answer of $get-ws-binding-token; it may differ from the last one"},
	{Code: UsedBrokenAnswer, Severity: anError,
		Meaning: "bound with a token out of an answer that broke the operation's definition",
		Advice:  "check the answer before using it: one token, one expiration, one websocket-url, each of the type that the definition gives it, and a ws or wss URL"},
	{Code: NeverRenewed, Severity: aWarning, Timed: true,
		Meaning: "let the token of a bound socket run out and never asked for another",
		Advice:  "ask for a new token well before expiration, at four fifths of its life for instance, and bind it on the same socket"},
	{Code: RenewedTooLate, Severity: aWarning, Timed: true,
		Meaning: "asked for a new token only after the old one had run out, though the connection was fine",
		Advice:  "ask for a new token well before expiration; events between the two have to be fetched by $events"},
	{Code: ReusedDeadID, Severity: aWarning,
		Meaning: "went on with a Subscription's id after it was told that there is no such Subscription",
		Advice:  "take 404, 410 and unknown-subscription for final: create a new Subscription, or end with the reason"},
	{Code: UsedDeadToken, Severity: aWarning,
		Meaning: "showed a token that it knew to be expired, revoked or used",
		Advice:  "forget a token once it was refused or its expiration has passed, and ask for a new one"},
	{Code: NeverCaughtUp, Severity: aWarning, Timed: true,
		Meaning: "saw a gap in the event numbers and went on listening without fetching what it had missed",
		Advice:  "call $events with eventsSinceNumber and eventsUntilNumber when a number or a counter jumps, in a handshake and a heartbeat too"},
	{Code: DuplicateTakenAsNew, Severity: aWarning,
		Meaning: "handled an event again when its notification came a second time",
		Advice:  "remember event numbers and handle each once: notifications may be delivered several times"},
	{Code: PolledTooFast, Severity: aWarning, Timed: true,
		Meaning: "repeated a request or an opening handshake in a tight loop",
		Advice:  "pause between attempts, and let the pause grow; wait for notifications instead of polling"},
	{Code: IgnoredRetryAfter, Severity: aWarning, Timed: true,
		Meaning: "repeated a request before the time that Retry-After had asked for was over",
		Advice:  "wait as many seconds as Retry-After says, at least"},
	{Code: ReconnectedAtOnce, Severity: aWarning, Timed: true,
		Meaning: "connected again and again right after each connection was lost, with no success between",
		Advice:  "pause before connecting again, and let the pause grow with each failure"},
	{Code: RepeatedRefused, Severity: aWarning,
		Meaning: "repeated a request unchanged that was answered 401 or 403",
		Advice:  "after 401 get new credentials, after 403 end with the reason: the same request cannot succeed"},
	{Code: NeverBound, Severity: aWarning, Timed: true,
		Meaning: "opened a websocket and never sent a bind frame",
		Advice:  "send bind-with-token TOKEN as soon as the socket is open"},
	{Code: UnknownFrame, Severity: aWarning,
		Meaning: "sent a frame that no dialect knows",
		Advice:  "send nothing but bind frames: the channel has no acknowledgement and no other message"},
	{Code: BinaryFrame, Severity: aWarning,
		Meaning: "sent a binary frame",
		Advice:  "send text frames: in a browser, give send a string"},
	{Code: ForeignDialect, Severity: aWarning,
		Meaning: "sent a frame of another dialect than the server speaks; information where the server took it all the same",
		Advice:  "send what the server's dialect has, in spec bind-with-token TOKEN, or start wsbind with --dialect and the one that your client is for"},
	{Code: ColonBind, Severity: information,
		Meaning: "bound with the spelling that has a colon",
		Advice:  "nothing needs to be done, both spellings are HL7's own; the guide writes bind-with-token TOKEN"},
}
