package fault

// What the JSON reader refuses (core/jsonscan).
const (
	InvalidJSON   Code = "invalid-json"
	InvalidUTF8   Code = "invalid-utf8"
	LoneSurrogate Code = "lone-surrogate"
	DuplicateName Code = "duplicate-name"
	TooDeep       Code = "too-deep"
	TooLarge      Code = "too-large"
	TrailingData  Code = "trailing-data"
)

// What breaks the rules of FHIR's JSON and of its data types.
const (
	NullValue         Code = "null-value"          // a null outside an array of primitives
	EmptyValue        Code = "empty-value"         // an empty object, array or string
	WrongJSONType     Code = "wrong-json-type"     // a number where a string is due, and so on
	WrongResourceType Code = "wrong-resource-type" // another resource than the one due
	UnknownResource   Code = "unknown-resource"    // no resource type of the release
	UnknownElement    Code = "unknown-element"     // an element that the type does not have
	MissingElement    Code = "missing-element"     // a required element is absent
	TooManyValues     Code = "too-many-values"     // more than the maximum cardinality
	SeveralChoices    Code = "several-choices"     // two of value[x], or the like
	InvalidPrimitive  Code = "invalid-primitive"   // a primitive's lexical rule
	InvalidCode       Code = "invalid-code"        // a code outside a required, closed list
	InvariantFailed   Code = "invariant-failed"    // a rule that the specification numbers, named in the diagnostics
	TooManyIssues     Code = "too-many-issues"     // the list of issues stopped at its bound
)

// What breaks the contract of an operation (core/opdef).
const (
	UnknownParameter    Code = "unknown-parameter"
	MissingParameter    Code = "missing-parameter"
	TooManyParameters   Code = "too-many-parameters"
	ProhibitedParameter Code = "prohibited-parameter" // max is "0"
	MissingName         Code = "missing-name"
	WrongValueType      Code = "wrong-value-type"
	MissingValue        Code = "missing-value"   // neither value, resource nor part
	AmbiguousValue      Code = "ambiguous-value" // more than one of value, resource and part (inv-1)
	OutOfScope          Code = "out-of-scope"    // a warning: the parameter is not meant for this level
	WrongLevel          Code = "wrong-level"     // the operation does not exist at this level
	MethodNotAllowed    Code = "method-not-allowed"
	UnknownOperation    Code = "unknown-operation"
)

// Why a definition is refused, or what was repaired in it (core/opdef).
const (
	SurroundingText      Code = "surrounding-text"       // page chrome around the JSON
	NullMember           Code = "null-member"            // "title": null
	StringForBoolean     Code = "string-for-boolean"     // "type": "true"
	StringForNumber      Code = "string-for-number"      // "rank": "1" of a telecom
	NumberForString      Code = "number-for-string"      // "version": 1
	StraySibling         Code = "stray-sibling"          // _filename with no primitive named filename
	ForeignMember        Code = "foreign-member"         // a member that no OperationDefinition has
	RepeatedEntry        Code = "repeated-entry"         // the same contact twice
	MailtoTelecom        Code = "mailto-telecom"         // an e-mail telecom that carries mailto:
	TypeAndPart          Code = "type-and-part"          // a parameter with both, which loads with a warning
	TypeOrPartMissing    Code = "type-or-part-missing"   // opd-1
	DuplicateParameter   Code = "duplicate-parameter"    // one name, one use, overlapping scope
	InvalidCardinality   Code = "invalid-cardinality"    // bad min or max, or max below min
	UnknownType          Code = "unknown-type"           // no type of the release
	InvalidDefinition    Code = "invalid-definition"     // one that cannot serve for the operation at hand
	DefinitionTooComplex Code = "definition-too-complex" // beyond the stated limits of nesting or size
)

// What is odd or wrong about a notification (core/notification).
const (
	NotANotification  Code = "not-a-notification" // information: a message Bundle, say
	WrongBundleType   Code = "wrong-bundle-type"
	MissingStatus     Code = "missing-status" // the first entry is no status
	SeveralStatuses   Code = "several-statuses"
	StatusShape       Code = "status-shape"        // SubscriptionStatus in R4, Parameters in R4B
	UnknownStatusPart Code = "unknown-status-part" // information: slicing is open
	MissingProfile    Code = "missing-profile"
	MissingRequest    Code = "missing-request"    // bdl-3, bdl-4
	ProhibitedRequest Code = "prohibited-request" // request or response where the Bundle has none
	UnexpectedRequest Code = "unexpected-request" // a method, URL or status that does not fit
	MissingFullURL    Code = "missing-full-url"
	InvalidFullURL    Code = "invalid-full-url"
	CounterAsNumber   Code = "counter-as-number"
	CounterMismatch   Code = "counter-mismatch" // the counter is not the highest event number
	MissingEvent      Code = "missing-event"    // sst-1
	MissingFocus      Code = "missing-focus"
	ContentLevel      Code = "content-level" // more or less than the content level allows
	MergedHeartbeat   Code = "merged-heartbeat"
	ProhibitedElement Code = "prohibited-element"
)

// Why a token is refused (core/token, core/jose).
const (
	TokenMalformed       Code = "malformed-token"         // not three non-empty parts, or a part is not the JSON it must be
	TokenTooLarge        Code = "token-too-large"         // more bytes than are read
	TokenWhiteSpace      Code = "white-space-in-token"    // a space or line break anywhere
	TokenSerialization   Code = "json-serialization"      // JWS JSON instead of compact
	TokenEncoding        Code = "non-canonical-base64url" // padding, + or /, or stray bits at the end
	TokenDuplicateMember Code = "duplicate-member"        // one name twice in the header or the claims
	TokenAlgorithm       Code = "algorithm-not-allowed"   // none, or not on the caller's list
	TokenKeyMismatch     Code = "key-algorithm-mismatch"  // a key that must not be used with this algorithm
	TokenUnknownKey      Code = "unknown-key"             // no key for this kid
	TokenEmbeddedKey     Code = "embedded-key"            // jwk, jku, x5u, x5c
	TokenCritical        Code = "unsupported-crit"        // any crit
	TokenUnencoded       Code = "unencoded-payload"       // b64 is not true
	TokenHeader          Code = "header-not-allowed"      // a header member of the wrong shape
	TokenType            Code = "wrong-typ"               // no binding token, such as an access token
	TokenSignatureFormat Code = "signature-format"        // a length or value that no signature of the algorithm has
	TokenSignature       Code = "bad-signature"           // the arithmetic says no
	TokenClaim           Code = "invalid-claim"           // a claim of the wrong shape
	TokenMissingClaim    Code = "missing-claim"           // a required claim is absent
	TokenDate            Code = "date-out-of-range"       // a date before 1970, after 9999, or no date at all
	TokenIssuer          Code = "wrong-issuer"
	TokenAudience        Code = "wrong-audience"
	TokenNotYetValid     Code = "not-yet-valid"
	TokenLifetime        Code = "lifetime-too-long"
	ExpiredToken         Code = "expired-token"
	RevokedToken         Code = "revoked-token"
	AlreadyUsed          Code = "already-used"
	InvalidKey           Code = "invalid-key"    // a JWK that cannot be used at all
	ExpiredHandle        Code = "expired-handle" // a begun verification that was dropped
)

// What ends or refuses a binding on the websocket (P§10).
const (
	InvalidToken        Code = "invalid-token"
	UnknownSubscription Code = "unknown-subscription"
	ExpectedBind        Code = "expected-bind"
	BindTimeout         Code = "bind-timeout"
	BinaryFrame         Code = "binary-frame"
	FrameTooLarge       Code = "frame-too-large"
	SlowReader          Code = "slow-reader"
	GoingAway           Code = "going-away"
)

// What a gate between clients and a FHIR server cannot get past (wasm/js/EDGE.md).
const (
	OriginRefused       Code = "origin-refused"       // a page of an Origin that is not on the list
	UpstreamUnavailable Code = "upstream-unavailable" // the FHIR server cannot be reached, or not any more
	UpstreamRefused     Code = "upstream-refused"     // it refuses the gate, or answers what cannot be read
	StoreUnavailable    Code = "store-unavailable"    // what gates share cannot be reached
)

// What a FHIR server answers over HTTP.
const (
	MalformedRequest        Code = "malformed-request"
	InvalidQuery            Code = "invalid-query"
	LoginRequired           Code = "login-required"
	Forbidden               Code = "forbidden"
	NotFound                Code = "not-found"
	Gone                    Code = "gone"
	NotAcceptable           Code = "not-acceptable"
	UnsupportedMedia        Code = "unsupported-media-type"
	VersionConflict         Code = "version-conflict"
	BusinessRule            Code = "business-rule"
	UnsupportedTopic        Code = "unsupported-topic"
	UnsupportedFilter       Code = "unsupported-filter"
	UnsupportedChannel      Code = "unsupported-channel"
	UnsupportedContent      Code = "unsupported-content"
	UnsupportedCriteria     Code = "unsupported-criteria"
	SubscriptionNotBindable Code = "subscription-not-bindable" // off, in error, or no websocket channel
	NoSubscriptions         Code = "no-subscriptions"          // nothing left that a token could cover
	TooManyRequests         Code = "too-many-requests"
	Unavailable             Code = "unavailable"
	Internal                Code = "internal"
)

// What goes wrong between a host and the WebAssembly module (wasm/ABI.md).
const (
	InvalidCall        Code = "invalid-call"        // the host broke the ABI
	InvalidOption      Code = "invalid-option"      // an option of a call in Go or JavaScript
	UnknownHandle      Code = "unknown-handle"      // a definition that is not on this instance
	LimitReached       Code = "limit-reached"       // one more than are kept
	Trapped            Code = "trapped"             // the instance is gone
	Interrupted        Code = "interrupted"         // the caller's context ended the call
	IncompatibleModule Code = "incompatible-module" // another ABI, or no module of ours
)

// Why a client stops, or starts anew.
const (
	NoWebSocket      Code = "no-websocket"
	ConnectionFailed Code = "connection-failed" // no opening handshake, or no HTTP answer
	ConnectionLost   Code = "connection-lost"
	Timeout          Code = "timeout"
	MissingHeartbeat Code = "missing-heartbeat"
	MissedEvents     Code = "missed-events" // a gap that $events did not fill
	Aborted          Code = "aborted"
	KeysUnavailable  Code = "keys-unavailable" // the JWK Set cannot be fetched
	SigningFailed    Code = "signing-failed"   // the key's holder gave no signature
)

// AssertionFailed is what a test expected of a client, and did not happen.
const AssertionFailed Code = "assertion-failed"
