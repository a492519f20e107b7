package faults

// The names of the faults.
const (
	Unauthorized      = "unauthorized"
	Forbidden         = "forbidden"
	NotFound          = "not-found"
	TooManyRequests   = "too-many-requests"
	Unavailable       = "unavailable"
	SlowAnswer        = "slow-answer"
	BrokenCORS        = "broken-cors"
	MissingParameter  = "missing-parameter"
	DoubledParameter  = "doubled-parameter"
	WrongValueType    = "wrong-value-type"
	InsecureURL       = "insecure-url"
	ExpiredAnswer     = "expired-answer"
	ForeignSignature  = "foreign-signature"
	WrongAudience     = "wrong-audience"
	AlgorithmNone     = "alg-none"
	UnknownKID        = "unknown-kid"
	EarlyExpiry       = "early-expiry"
	RefusedUpgrade    = "refused-upgrade"
	UnansweredBind    = "unanswered-bind"
	CloseBeforeHand   = "close-before-handshake"
	CloseAfterHand    = "close-after-handshake"
	Drop              = "drop"
	Stall             = "stall"
	Delay             = "delay"
	SplitFrame        = "split-frame"
	SlowFrame         = "slow-frame"
	NoPong            = "no-pong"
	OversizedFrame    = "oversized-frame"
	BinaryFrame       = "binary-frame"
	MissingHandshake  = "missing-handshake"
	LateHandshake     = "late-handshake"
	Gap               = "gap"
	Reordered         = "reordered"
	WrongSubscription = "wrong-subscription"
	WrongBundleType   = "wrong-bundle-type"
	MissingStatus     = "missing-status"
	MalformedJSON     = "malformed-json"
	CounterAsNumber   = "counter-as-number"
	EmptyBundle       = "empty-bundle"
	StoppedHeartbeats = "stopped-heartbeats"
	StatusError       = "status-error"
	StatusOff         = "status-off"
	Burst             = "burst"
	EarlyEvent        = "early-event"
	EarlyHeartbeat    = "early-heartbeat"
	PromptEvent       = "prompt-event"
	PromptHeartbeat   = "prompt-heartbeat"
	SeveralEvents     = "several-events"
	RepeatedHandshake = "repeated-handshake"
	Duplicate         = "duplicate"
	ChangedURL        = "changed-url"
	LongFraction      = "long-fraction"
	UnknownExtension  = "unknown-extension"
)

// The rates in profiles: low where a client has to start over.
const (
	often  = 0.10
	rare   = 0.03
	seldom = 0.01
)

// catalogue is the one place that says which faults there are.
var catalogue = []Fault{
	{Name: Unauthorized, Layer: LayerOperation, Point: Operation, rate: seldom, Options: []Option{OptionOn},
		Does:  "answers 401 with WWW-Authenticate",
		Tests: "a client gets new credentials or tells its user; it does not repeat the same request"},
	{Name: Forbidden, Layer: LayerOperation, Point: Operation, rate: seldom, Options: []Option{OptionOn},
		Does:  "answers 403",
		Tests: "a client ends with the reason; repeating the request cannot help"},
	{Name: NotFound, Layer: LayerOperation, Point: Operation, rate: seldom, Options: []Option{OptionOn},
		Does:  "answers 404, as for a Subscription that is gone",
		Tests: "a client stops using the id, or creates a new Subscription"},
	{Name: TooManyRequests, Layer: LayerOperation, Point: Operation, rate: rare, Options: []Option{OptionOn, OptionDelay}, delay: 1,
		Does:  "answers 429 with Retry-After",
		Tests: "a client waits as long as it was asked to"},
	{Name: Unavailable, Layer: LayerOperation, Point: Operation, rate: rare, Options: []Option{OptionOn, OptionDelay}, delay: 1,
		Does:  "answers 503 with Retry-After",
		Tests: "a client waits as long as it was asked to, and tries again"},
	{Name: SlowAnswer, Layer: LayerOperation, Point: Operation, rate: seldom, Options: []Option{OptionOn, OptionDelay}, delay: 2,
		Does:  "answers late",
		Tests: "a client has a timeout, renews early enough to bear a slow answer, and asks no second time meanwhile"},
	{Name: BrokenCORS, Layer: LayerOperation, Point: Operation, rate: rare, Options: []Option{OptionOn},
		Does:  "answers without Access-Control-Allow-Origin",
		Tests: "a client in a page tells that it was not allowed to see the answer, instead of an empty failure"},
	{Name: MissingParameter, Layer: LayerOperation, Point: Operation, rate: rare, Options: []Option{OptionParameter},
		Does:  "leaves a required parameter out of the answer",
		Tests: "a client checks the answer before it connects"},
	{Name: DoubledParameter, Layer: LayerOperation, Point: Operation, rate: rare, Options: []Option{OptionParameter},
		Does:  "gives a parameter twice that may be there once",
		Tests: "a client refuses an answer that says two things, instead of taking the first"},
	{Name: WrongValueType, Layer: LayerOperation, Point: Operation, rate: rare, Options: []Option{OptionParameter},
		Does:  "gives a parameter a value of another type than the definition has",
		Tests: "a client reads the value[x] that the definition names, and notices when it is not there"},
	{Name: InsecureURL, Layer: LayerOperation, Point: Operation, rate: rare,
		Does:  "gives a websocket-url that begins with http",
		Tests: "a client refuses a URL that is no websocket URL, with a message that names it"},
	{Name: ExpiredAnswer, Layer: LayerOperation, Point: Operation, rate: rare,
		Does:  "gives a token that has expired already, and says so in expiration",
		Tests: "a client looks at expiration before it binds, and does not ask again without a pause"},
	{Name: ForeignSignature, Layer: LayerOperation, Point: Operation, rate: rare,
		Does:  "signs the token with a key that is not in the JWK Set",
		Tests: "a client survives a refused bind: it asks for another token, after a pause"},
	{Name: WrongAudience, Layer: LayerOperation, Point: Operation, rate: rare,
		Does:  "issues the token for another websocket",
		Tests: "a client survives a refused bind: it asks for another token, after a pause"},
	{Name: AlgorithmNone, Layer: LayerOperation, Point: Operation, rate: rare,
		Does:  "gives a token without a signature, its alg none",
		Tests: "a client that verifies tokens refuses it; any other survives a refused bind"},
	{Name: UnknownKID, Layer: LayerOperation, Point: Operation, rate: rare,
		Does:  "gives the token a kid that no key has",
		Tests: "a client survives a refused bind: it asks for another token, after a pause"},

	{Name: RefusedUpgrade, Layer: LayerSocket, Point: Upgrade, rate: rare, Options: []Option{OptionCode}, code: 503,
		Does:  "answers the opening handshake with an HTTP status",
		Tests: "a client tries again after a growing pause, with a new token"},
	{Name: UnansweredBind, Layer: LayerSocket, Point: Bind, rate: seldom,
		Does:  "takes a bind frame and never answers it",
		Tests: "a client waits for the handshake with a timeout, and connects again"},
	{Name: CloseBeforeHand, Layer: LayerSocket, Point: Bind, rate: seldom, Options: []Option{OptionCode}, code: 1011,
		Does:  "closes the socket with a code in place of the handshake",
		Tests: "a client connects again after a pause"},
	{Name: CloseAfterHand, Layer: LayerSocket, Point: Handshake, rate: seldom, Options: []Option{OptionCode}, code: 1001,
		Does:  "closes the socket with a code after the handshake",
		Tests: "a client connects again after a pause that grows, and catches up"},
	{Name: Drop, Layer: LayerSocket, Point: Frame, rate: seldom,
		Does:  "cuts the connection in place of a frame, without a close frame",
		Tests: "a client connects again and fetches what it missed by $events"},
	{Name: Stall, Layer: LayerSocket, Point: Frame, rate: seldom,
		Does:  "stops writing and reading from a frame on, with the connection open",
		Tests: "a client notices silence: by heartbeats, by pings, or when its token runs out"},
	{Name: Delay, Layer: LayerSocket, Point: Frame, rate: rare, Options: []Option{OptionDelay}, delay: 1,
		Does:  "holds a frame back, and all behind it",
		Tests: "a client does not take a pause for the end"},
	{Name: SplitFrame, Layer: LayerSocket, Point: Frame, rate: rare,
		Does:  "sends a message in fragments, cut within characters, with a ping between them",
		Tests: "a client puts fragments together before it decodes them (RFC 6455, section 5.4)"},
	{Name: SlowFrame, Layer: LayerSocket, Point: Frame, rate: seldom,
		Does:  "sends a frame a few bytes at a time",
		Tests: "a client waits for the whole frame"},
	{Name: NoPong, Layer: LayerSocket, Point: Ping, rate: rare,
		Does:  "answers no ping from then on",
		Tests: "a client that pings takes a missing pong for a dead connection, and one that does not goes on"},
	{Name: OversizedFrame, Layer: LayerSocket, Point: Frame, rate: seldom, Options: []Option{OptionCount}, count: 17 << 20,
		Does:  "sends the message in a frame of many bytes, most of them spaces",
		Tests: "a client bounds what it reads, closes with 1009, and connects again"},
	{Name: BinaryFrame, Layer: LayerSocket, Point: Frame, rate: rare,
		Does:  "sends the message as a binary frame",
		Tests: "a client tells that it cannot read the frame, and goes on"},

	{Name: EarlyExpiry, Layer: LayerNotification, Point: Operation, rate: rare,
		Does:  "ends the binding when half of the token's life is over, whatever expiration said",
		Tests: "a client that is closed with expired-token, or told by an OperationOutcome, gets a new token"},
	{Name: MissingHandshake, Layer: LayerNotification, Point: Handshake, rate: seldom,
		Does:  "binds and sends no handshake notification",
		Tests: "a client takes the first event or heartbeat of the Subscription for a sign of life, or times out"},
	{Name: LateHandshake, Layer: LayerNotification, Point: Handshake, rate: rare, Options: []Option{OptionDelay}, delay: 2,
		Does:  "sends the handshake notification late, what comes meanwhile before it",
		Tests: "a client takes events before the handshake as what they are"},
	{Name: Gap, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "loses an event-notification; $events has it",
		Tests: "a client notices the gap in the event numbers, and fills it by $events"},
	{Name: Reordered, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "sends an event-notification behind the one that follows it, or late where none does",
		Tests: "a client orders by event number, and does not drop the one that comes late"},
	{Name: WrongSubscription, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "names another Subscription in an event-notification",
		Tests: "a client drops what is about a Subscription that it has not bound, and then notices the gap"},
	{Name: WrongBundleType, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "sends an event-notification as a Bundle of the wrong type",
		Tests: "a client tells what is wrong, and does not lose the event"},
	{Name: MissingStatus, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "leaves the status entry out of an event-notification",
		Tests: "a client does not take a resource for the status, and then notices the gap"},
	{Name: MalformedJSON, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "cuts an event-notification off in the middle of its JSON",
		Tests: "a client survives a frame it cannot parse, and then notices the gap"},
	{Name: CounterAsNumber, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "writes the counters as JSON numbers",
		Tests: "a client reads the number or says why it does not"},
	{Name: EmptyBundle, Layer: LayerNotification, Point: Event, rate: rare,
		Does:  "sends a Bundle without entries in place of an event-notification",
		Tests: "a client looks for entry[0] before it reads it, and then notices the gap"},
	{Name: StoppedHeartbeats, Layer: LayerNotification, Point: Heartbeat, rate: seldom,
		Does:  "sends no more heartbeats on this binding",
		Tests: "a client that was promised heartbeats takes their absence for a dead connection"},
	{Name: StatusError, Layer: LayerNotification, Point: Change, rate: seldom,
		Does:  "puts the Subscription in error instead, and says so by a query-status notification",
		Tests: "a client re-activates the Subscription by an update, or ends with the reason"},
	{Name: StatusOff, Layer: LayerNotification, Point: Change, rate: seldom,
		Does:  "turns the Subscription off instead; the socket gets nothing more of it",
		Tests: "a client asks $status when nothing comes, or is refused the next token and ends with the reason"},
	{Name: Burst, Layer: LayerNotification, Point: Change, rate: seldom, Options: []Option{OptionCount}, count: 50,
		Does:  "makes many more events of the Subscription at once",
		Tests: "a client bears a burst without losing its place"},

	{Name: EarlyEvent, Layer: LayerLegal, Point: Attach, rate: often,
		Does:  "makes an event happen, and sends it before the handshake",
		Tests: "a client does not expect the handshake first"},
	{Name: EarlyHeartbeat, Layer: LayerLegal, Point: Attach, rate: often,
		Does:  "sends a heartbeat before the handshake",
		Tests: "a client does not expect the handshake first"},
	{Name: PromptEvent, Layer: LayerLegal, Point: Attach, rate: often,
		Does:  "makes an event happen at once after the handshake",
		Tests: "a client is ready for events when it sends the bind frame, not some time after"},
	{Name: PromptHeartbeat, Layer: LayerLegal, Point: Attach, rate: often,
		Does:  "sends a heartbeat at once after the handshake",
		Tests: "a client does not take a heartbeat for an event, nor wait a whole period for the first"},
	{Name: SeveralEvents, Layer: LayerLegal, Point: Change, rate: often, Options: []Option{OptionCount}, count: 3,
		Does:  "makes more events happen, and sends all in one notification",
		Tests: "a client reads every notificationEvent, not just the first"},
	{Name: RepeatedHandshake, Layer: LayerLegal, Point: Attach, rate: often,
		Does:  "sends the same handshake twice",
		Tests: "a client does not start over, nor count it as an event"},
	{Name: Duplicate, Layer: LayerLegal, Point: Event, rate: often,
		Does:  "sends an event-notification twice",
		Tests: "a client handles each event number once"},
	{Name: ChangedURL, Layer: LayerLegal, Point: Operation, rate: often,
		Does:  "gives another websocket-url than before; the token is good there only",
		Tests: "a client takes the URL from each answer, and makes a new connection where it has changed"},
	{Name: LongFraction, Layer: LayerLegal, Point: Event, rate: often,
		Does:  "writes the timestamps of an event with seven or more digits of a fraction",
		Tests: "a client reads an instant of any precision"},
	{Name: UnknownExtension, Layer: LayerLegal, Point: Event, rate: often,
		Does:  "adds extensions that nobody knows to the entries of the Bundle",
		Tests: "a client passes over what it does not know"},
}
