// Package vectors is the contract by example: inputs and the verdicts that
// every implementation must reach, natively and in every runtime.
//
// A test calls the function for its kind, such as [Requests] or [Tokens], and
// runs every case it returns:
//
//	cases, err := vectors.Requests()
//	…
//	for _, c := range cases {
//		t.Run(c.Name, func(t *testing.T) { … })
//	}
//
// # Files
//
// The cases of a kind are the JSON files in the folder of that name, each
// {"about": …, "cases": [ … ]}. Every case has a name, unique within its kind,
// and a sentence why. A source is named where the case derives from something
// published. A document is given exactly: as a string, as a file, or as base64
// where it is not UTF-8. Loading refuses unknown members, repeated names and
// everything that is missing, naming the file and the case.
//
// A verdict is decided from the specification before it is compared with an
// implementation. A case that disagrees with the code is a question, not a typo.
package vectors

import "encoding/json"

// A Case is what every kind of vector has.
type Case struct {
	File   string `json:"-"`      // where the case is, below schemas/vectors/
	Name   string `json:"name"`   // kebab-case, unique within its kind
	Why    string `json:"why"`    // the rule that decides the verdict
	Source string `json:"source"` // URL, or section of an RFC; "" where it is our own
}

// An Issue is one finding that an implementation must report, in this order.
type Issue struct {
	Severity   string `json:"severity"`
	Code       string `json:"code"`
	Expression string `json:"expression"`
}

// A Repair is one thing that lenient loading of a definition put right.
type Repair struct {
	Code       string `json:"code"`
	Expression string `json:"expression"`
}

// A Definition is a document to load as an OperationDefinition.
type Definition struct {
	Case
	Document []byte
	Strict   bool   // strict loading, which refuses what lenient loading repairs
	FHIR     string // "", or the release whose types are known
	Loaded   bool
	Repairs  []Repair
	Issues   []Issue
}

// Negative tells whether the verdict is a refusal.
func (d Definition) Negative() bool { return !d.Loaded }

// A Validation is the body of a request or a response, to be validated against
// an operation's definition.
type Validation struct {
	Case
	// Definition is the canonical URL of a built-in definition, and is set
	// unless DefinitionDocument, a document of the case's own, is.
	Definition         string
	DefinitionDocument []byte
	DefinitionFile     string // where DefinitionDocument is from, or ""
	Use                string // "in" for a request, "out" for a response
	Level              string // "type", "instance" or "system"
	FHIR               string // "R4", "R4B" or "R5"
	Document           []byte
	Valid              bool
	Issues             []Issue
}

// Negative tells whether the verdict is a refusal.
func (v Validation) Negative() bool { return !v.Valid }

// A Notification is a document to be checked as a notification Bundle.
type Notification struct {
	Case
	FHIR     string
	Document []byte
	Valid    bool
	Issues   []Issue
}

// Negative tells whether the verdict is a refusal.
func (n Notification) Negative() bool { return !n.Valid }

// A Token is a JWS to be verified. Absent members are nil or zero here: what
// they default to is for the verifier to know, as in wsbind verify --jsonl.
type Token struct {
	Case
	Token          string          `json:"token"`
	Keys           json.RawMessage `json:"keys"` // a JWK Set
	Algorithms     []string        `json:"algorithms"`
	Issuer         string          `json:"issuer"`
	Audience       string          `json:"audience"`
	Typ            *string         `json:"typ"`            // nil: the default; "": any or none
	Now            float64         `json:"now"`            // seconds since 1970
	ClockTolerance *float64        `json:"clockTolerance"` // seconds; nil: the default
	Raw            bool            `json:"raw"`            // header and signature only
	OK             bool            `json:"ok"`
	Code           string          `json:"code"`    // why not
	Claims         json.RawMessage `json:"claims"`  // if ok and not raw
	Payload        string          `json:"payload"` // if ok and raw
}

// Negative tells whether the verdict is a refusal.
func (t Token) Negative() bool { return !t.OK }

// A Bind is a frame that a client sends to bind.
type Bind struct {
	Case
	Frame []byte
	OK    bool
	Token string // if ok
	Code  string // why not
}

// Negative tells whether the verdict is a refusal.
func (b Bind) Negative() bool { return !b.OK }

// A Subscription is a Subscription resource, and what a gate reads of it.
type Subscription struct {
	Case
	FHIR         string
	Document     []byte
	Subscription *SubscriptionFacts // nil if it is refused
	Code         string             // why
}

// SubscriptionFacts is what a gate has to know of a Subscription.
type SubscriptionFacts struct {
	ID              string `json:"id"`
	Status          string `json:"status"`
	Channel         string `json:"channel"`
	Topic           string `json:"topic"`
	Criteria        string `json:"criteria"`
	Content         string `json:"content"`
	HeartbeatPeriod int    `json:"heartbeatPeriod"` // seconds
}

// Negative tells whether the verdict is a refusal.
func (s Subscription) Negative() bool { return s.Subscription == nil }

// A Bridge is a frame of a FHIR server's websocket, what it is, and what a gate
// writes in its place.
type Bridge struct {
	Case
	Dialect       string // "spec", "medplum" or "legacy"
	FHIR          string
	Frame         []byte
	Kind          string // of the frame, "unknown" if it is none of the dialect
	Subscriptions []string
	Code, Text    string       // of an outcome
	Draft         *BridgeDraft // nil if nothing is written
	// Written are the Bundles, byte for byte, by content level, and Refused the
	// codes where there is none.
	Written, Refused map[string]string
}

// A BridgeDraft is what a gate says of a notification, but for the content level
// and what it takes from the frame.
type BridgeDraft struct {
	Base                         string `json:"base"`
	Type                         string `json:"type"`
	Subscription                 string `json:"subscription"`
	Status                       string `json:"status"`
	Topic                        string `json:"topic"`
	ID                           string `json:"id"`
	Timestamp                    string `json:"timestamp"`
	EventNumber                  int64  `json:"eventNumber,omitempty"`
	EventsSinceSubscriptionStart int64  `json:"eventsSinceSubscriptionStart"`
}

// Negative tells whether the frame is none of the dialect, or a Bundle is refused.
func (b Bridge) Negative() bool { return b.Kind == "unknown" || len(b.Refused) > 0 }
