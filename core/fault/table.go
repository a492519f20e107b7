package fault

// row says what a code means outside Go.
type row struct {
	code    Code
	issue   string // FHIR's IssueType
	status  int    // HTTP status
	close   uint16 // RFC 6455 close code; 0 where a code never closes a socket
	reason  Code   // close reason, one word of the published list
	meaning string // a sentence for those who have only the code
}

// policy is RFC 6455's 1008, "policy violation": every refused bind.
const policy = 1008

// rows is the table, in the order of code.go. It is searched by scanning: it
// is asked only when something failed, and a map would be built at each start.
var rows = [...]row{
	{InvalidJSON, "structure", 400, policy, ExpectedBind, "The text is not JSON (RFC 8259)."},
	{InvalidUTF8, "structure", 400, 1007, InvalidUTF8, "The text is not valid UTF-8."},
	{LoneSurrogate, "structure", 400, policy, ExpectedBind, "An escape names half a surrogate pair."},
	{DuplicateName, "structure", 400, policy, ExpectedBind, "An object has two members of one name."},
	{TooDeep, "too-long", 400, policy, ExpectedBind, "The document is nested too deeply."},
	{TooLarge, "too-long", 413, 1009, FrameTooLarge, "The document is too large."},
	{TrailingData, "structure", 400, policy, ExpectedBind, "Something follows the end of the JSON value."},

	{NullValue, "structure", 400, 0, "", "FHIR allows null only inside an array of primitives."},
	{EmptyValue, "structure", 400, 0, "", "FHIR allows no empty object, array or string."},
	{WrongJSONType, "structure", 400, 0, "", "The element is written with the wrong JSON type."},
	{WrongResourceType, "structure", 400, 0, "", "Another resource type is due here."},
	{UnknownResource, "structure", 400, 0, "", "This FHIR release has no such resource type."},
	{UnknownElement, "structure", 400, 0, "", "The type has no such element."},
	{MissingElement, "required", 400, 0, "", "A required element is missing."},
	{TooManyValues, "structure", 400, 0, "", "The element repeats more often than it may."},
	{SeveralChoices, "structure", 400, 0, "", "Only one of the choices of an element may be present."},
	{InvalidPrimitive, "value", 400, 0, "", "The value breaks the rule of its primitive type."},
	{InvalidCode, "code-invalid", 400, 0, "", "The code is not one of those allowed here."},
	{InvariantFailed, "invariant", 400, 0, "", "A rule of the FHIR specification does not hold."},
	{TooManyIssues, "incomplete", 400, 0, "", "There are more issues than are listed."},

	{UnknownParameter, "invalid", 400, 0, "", "The operation has no such parameter."},
	{MissingParameter, "required", 400, 0, "", "A required parameter is missing."},
	{TooManyParameters, "invalid", 400, 0, "", "The parameter repeats more often than it may."},
	{ProhibitedParameter, "invalid", 400, 0, "", "The definition prohibits this parameter."},
	{MissingName, "required", 400, 0, "", "A parameter has no name."},
	{WrongValueType, "invalid", 400, 0, "", "The parameter's value is of another type."},
	{MissingValue, "required", 400, 0, "", "A parameter has neither value, resource nor part."},
	{AmbiguousValue, "invariant", 400, 0, "", "A parameter has more than one of value, resource and part (inv-1)."},
	{OutOfScope, "informational", 400, 0, "", "The parameter is not meant for this level."},
	{WrongLevel, "not-supported", 400, 0, "", "The operation does not exist at this level."},
	{MethodNotAllowed, "not-supported", 405, 0, "", "The operation cannot be invoked by this method."},
	{UnknownOperation, "not-supported", 404, 0, "", "The server has no such operation."},

	{SurroundingText, "structure", 422, 0, "", "Text that is not JSON stands around the definition."},
	{NullMember, "structure", 422, 0, "", "A member of the definition is null."},
	{StringForBoolean, "structure", 422, 0, "", "A boolean of the definition is written as a string."},
	{StringForNumber, "structure", 422, 0, "", "A number of the definition is written as a string."},
	{NumberForString, "structure", 422, 0, "", "A string of the definition is written as a number."},
	{StraySibling, "structure", 422, 0, "", "An underscore member has no primitive to belong to."},
	{ForeignMember, "structure", 422, 0, "", "OperationDefinition has no such member."},
	{RepeatedEntry, "duplicate", 422, 0, "", "The same entry stands twice in the definition."},
	{MailtoTelecom, "value", 422, 0, "", "An e-mail address carries mailto:."},
	{TypeAndPart, "invariant", 422, 0, "", "A parameter has both a type and parts (opd-1)."},
	{TypeOrPartMissing, "invariant", 422, 0, "", "A parameter has neither a type nor parts (opd-1)."},
	{DuplicateParameter, "duplicate", 422, 0, "", "Two parameters have one name, one use and an overlapping scope."},
	{InvalidCardinality, "invalid", 422, 0, "", "A parameter's min or max is not usable."},
	{UnknownType, "invalid", 422, 0, "", "FHIR has no such type."},
	{InvalidDefinition, "invalid", 422, 0, "", "The definition cannot serve for this operation."},
	{DefinitionTooComplex, "too-costly", 422, 0, "", "The definition is beyond the stated limits."},

	{NotANotification, "informational", 400, 0, "", "The Bundle is not a websocket notification."},
	{WrongBundleType, "invalid", 400, 0, "", "A notification of this release is a Bundle of another type."},
	{MissingStatus, "required", 400, 0, "", "The first entry of a notification is its status."},
	{SeveralStatuses, "invalid", 400, 0, "", "A notification has exactly one status."},
	{StatusShape, "invalid", 400, 0, "", "The status is written as another release writes it."},
	{UnknownStatusPart, "informational", 400, 0, "", "The status has a part that no release defines."},
	{MissingProfile, "informational", 400, 0, "", "The resource does not claim its profile."},
	{MissingRequest, "required", 400, 0, "", "Every entry needs its request and response here."},
	{ProhibitedRequest, "invalid", 400, 0, "", "No entry may have a request or response here."},
	{UnexpectedRequest, "invalid", 400, 0, "", "The request or response of an entry does not fit it."},
	{MissingFullURL, "required", 400, 0, "", "The entry needs a fullUrl."},
	{InvalidFullURL, "invalid", 400, 0, "", "The fullUrl does not fit its entry."},
	{CounterAsNumber, "structure", 400, 0, "", "The counter is a JSON number; FHIR writes it as a string."},
	{CounterMismatch, "business-rule", 400, 0, "", "The event counters do not agree."},
	{MissingEvent, "invariant", 400, 0, "", "An event notification carries at least one event (sst-1)."},
	{MissingFocus, "required", 400, 0, "", "At this content level every event has a focus."},
	{ContentLevel, "business-rule", 400, 0, "", "The notification does not keep to one content level."},
	{MergedHeartbeat, "business-rule", 400, 0, "", "One heartbeat speaks for several subscriptions."},
	{ProhibitedElement, "invalid", 400, 0, "", "The element may not be present here."},

	{TokenMalformed, "security", 401, policy, InvalidToken, "The token is not a JWS in compact serialization."},
	{TokenTooLarge, "security", 401, policy, InvalidToken, "The token is too large."},
	{TokenWhiteSpace, "security", 401, policy, InvalidToken, "White space stands in the token."},
	{TokenSerialization, "security", 401, policy, InvalidToken, "The token is a JWS in JSON serialization; the compact one is due."},
	{TokenEncoding, "security", 401, policy, InvalidToken, "A part of the token is not canonical base64url."},
	{TokenDuplicateMember, "security", 401, policy, InvalidToken, "The token's header or claims have two members of one name."},
	{TokenAlgorithm, "security", 401, policy, InvalidToken, "The token's algorithm is not allowed."},
	{TokenKeyMismatch, "security", 401, policy, InvalidToken, "The key must not be used with this algorithm."},
	{TokenUnknownKey, "security", 401, policy, InvalidToken, "No key has this key id."},
	{TokenEmbeddedKey, "security", 401, policy, InvalidToken, "The token brings or names a key of its own."},
	{TokenCritical, "security", 401, policy, InvalidToken, "The token requires an extension that is not understood."},
	{TokenUnencoded, "security", 401, policy, InvalidToken, "The token's payload is not base64url-encoded."},
	{TokenHeader, "security", 401, policy, InvalidToken, "A member of the token's header is not usable."},
	{TokenType, "security", 401, policy, InvalidToken, "The token is not a binding token."},
	{TokenSignatureFormat, "security", 401, policy, InvalidToken, "The token's signature has a form that its algorithm never gives."},
	{TokenSignature, "security", 401, policy, InvalidToken, "The token's signature is not valid."},
	{TokenClaim, "security", 401, policy, InvalidToken, "A claim of the token is not usable."},
	{TokenMissingClaim, "security", 401, policy, InvalidToken, "A claim that a binding token must have is missing."},
	{TokenDate, "security", 401, policy, InvalidToken, "A date of the token is outside the range of dates."},
	{TokenIssuer, "security", 401, policy, InvalidToken, "The token was issued by somebody else."},
	{TokenAudience, "security", 401, policy, InvalidToken, "The token is meant for another websocket."},
	{TokenNotYetValid, "security", 401, policy, InvalidToken, "The token is not valid yet."},
	{TokenLifetime, "security", 401, policy, InvalidToken, "The token lives longer than is accepted."},
	{ExpiredToken, "expired", 401, policy, ExpiredToken, "The token has expired: ask for a new one."},
	{RevokedToken, "security", 401, policy, RevokedToken, "The token was revoked."},
	{AlreadyUsed, "security", 401, policy, AlreadyUsed, "The token was used before: ask for a new one."},
	{InvalidKey, "invalid", 500, 0, "", "The key cannot be used."},
	{ExpiredHandle, "timeout", 500, policy, InvalidToken, "The verification was begun too long ago."},

	{InvalidToken, "security", 401, policy, InvalidToken, "The token is not valid."},
	{UnknownSubscription, "not-found", 404, policy, UnknownSubscription, "The Subscription does not exist any more."},
	{ExpectedBind, "invalid", 400, policy, ExpectedBind, "A bind frame was expected: bind-with-token TOKEN."},
	{BindTimeout, "timeout", 408, policy, BindTimeout, "No bind frame came in time."},
	{BinaryFrame, "not-supported", 400, 1003, BinaryFrame, "Only text frames are understood."},
	{FrameTooLarge, "too-long", 413, 1009, FrameTooLarge, "The frame is too large."},
	{SlowReader, "throttled", 503, 1013, SlowReader, "The client reads too slowly; missed events are in $events."},
	{GoingAway, "transient", 503, 1001, GoingAway, "The server is going away."},

	{OriginRefused, "forbidden", 403, 0, "", "Pages of this origin may not connect here."},
	{UpstreamUnavailable, "transient", 503, 1013, UpstreamUnavailable, "The FHIR server behind the gate cannot be reached now; missed events may be in $events."},
	{UpstreamRefused, "exception", 502, 1011, UpstreamRefused, "The FHIR server behind the gate refuses the gate, or answers what cannot be read."},
	{StoreUnavailable, "transient", 503, 1013, StoreUnavailable, "What the gates share cannot be reached now, so that no token can be accepted."},

	{MalformedRequest, "structure", 400, 0, "", "The request cannot be read."},
	{InvalidQuery, "invalid", 400, 0, "", "A query parameter cannot be used."},
	{LoginRequired, "login", 401, 0, "", "The request needs an Authorization header."},
	{Forbidden, "forbidden", 403, 0, "", "The caller may not do this."},
	{NotFound, "not-found", 404, 0, "", "There is no such resource."},
	{Gone, "deleted", 410, 0, "", "The resource was deleted."},
	{NotAcceptable, "not-supported", 406, 0, "", "The server answers in application/fhir+json only."},
	{UnsupportedMedia, "not-supported", 415, 0, "", "The server reads application/fhir+json only."},
	{VersionConflict, "conflict", 412, 0, "", "The resource has another version."},
	{BusinessRule, "business-rule", 422, 0, "", "The resource breaks a rule of this server."},
	{UnsupportedTopic, "not-supported", 422, 0, "", "The server does not support this topic."},
	{UnsupportedFilter, "not-supported", 422, 0, "", "The server does not support this filter."},
	{UnsupportedChannel, "not-supported", 422, 0, "", "The server does not support this channel."},
	{UnsupportedContent, "not-supported", 422, 0, "", "The server does not support this payload."},
	{UnsupportedCriteria, "not-supported", 422, 0, "", "The server does not support these criteria."},
	{SubscriptionNotBindable, "business-rule", 422, policy, UnknownSubscription, "The Subscription cannot be bound to a websocket as it is."},
	{NoSubscriptions, "business-rule", 422, 0, "", "There is no Subscription that a token could cover."},
	{TooManyRequests, "throttled", 429, policy, TooManyRequests, "Too many requests."},
	{Unavailable, "transient", 503, 1013, Unavailable, "The server cannot answer now."},

	{InvalidCall, "processing", 500, 0, "", "The module was called against its ABI."},
	{InvalidOption, "invalid", 400, 0, "", "An option cannot be used."},
	{UnknownHandle, "not-found", 500, 0, "", "The definition is not loaded on this instance."},
	{LimitReached, "too-costly", 429, 0, "", "No more of these are kept at a time."},
	{Trapped, "exception", 500, 0, "", "The module stopped within the call; the next call has a fresh instance."},
	{Interrupted, "timeout", 503, 0, "", "The call was stopped before it ended."},
	{IncompatibleModule, "not-supported", 500, 0, "", "The module is none of wsbind's, or has another ABI."},

	{NoWebSocket, "not-supported", 500, 0, "", "This runtime has no WebSocket: pass one, such as that of the package ws."},
	{ConnectionFailed, "transient", 503, 0, "", "The server could not be reached."},
	{ConnectionLost, "transient", 503, 0, "", "The connection was lost."},
	{Timeout, "timeout", 504, 0, "", "The other side did not answer in time."},
	{MissingHeartbeat, "timeout", 504, 0, "", "No heartbeat came within the Subscription's period."},
	{MissedEvents, "incomplete", 500, 0, "", "Events were missed and cannot be had again."},
	{Aborted, "transient", 499, 0, "", "The caller gave up."},
	{KeysUnavailable, "transient", 503, 1013, KeysUnavailable, "The key set cannot be fetched."},
	{SigningFailed, "exception", 500, 0, "", "The key's holder gave no signature."},

	{AssertionFailed, "processing", 422, 0, "", "What a test expected of a client did not happen."},

	// The last row stands in for codes that are not known.
	{Internal, "exception", 500, 1011, Internal, "Internal error."},
}

var internalRow = &rows[len(rows)-1]

func (c Code) row() *row {
	for i := range rows {
		if rows[i].code == c {
			return &rows[i]
		}
	}
	return internalRow
}

// Codes returns every code, in the table's order.
func Codes() []Code {
	codes := make([]Code, len(rows))
	for i := range rows {
		codes[i] = rows[i].code
	}
	return codes
}

// Known reports whether c stands in the table.
func (c Code) Known() bool { return c.row().code == c }

// IssueType returns FHIR's IssueType for the code (OperationOutcome.issue.code).
func (c Code) IssueType() string { return c.row().issue }

// HTTPStatus returns the status with which a FHIR server answers.
func (c Code) HTTPStatus() int { return c.row().status }

// CloseStatus returns the RFC 6455 close code, or 0 where the code never
// closes a socket.
func (c Code) CloseStatus() uint16 { return c.row().close }

// CloseReason returns the word sent with the close code, one of the published
// list; "" where CloseStatus is 0.
func (c Code) CloseReason() string { return string(c.row().reason) }

// Meaning returns a sentence for those who have only the code.
func (c Code) Meaning() string { return c.row().meaning }
