// Package scenario reads scenario files and runs them: lessons for clients, each
// with what the mock server holds, what happens when, and what must have come of
// it in the end.
//
// [Read] reads a file, YAML or JSON; [Ready] lists those that come with the
// package, one for each mistake that clients are known for. [Run] carries a
// scenario out on a [Target], which is a tenant of the mock server, and
// [Scenario.Verdict] says afterwards whether what came is what was expected.
//
// # What it promises
//
// A file is refused for everything that is wrong with it at once, each with its
// line, its column and what is possible instead. What the schema "scenario" of
// package schemas accepts can still be refused here, where two parts of a file do
// not fit together; what it refuses is refused.
//
// The YAML is plain data: no anchors, aliases, tags or second documents, and
// words mean what they look like: no, on and 2026-03-01 are text, and a number
// in a resource keeps every digit it was written with.
package scenario

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// Scenario is what a file says. Members that it does not have are zero.
type Scenario struct {
	Name  string `json:"name"`
	About string `json:"about,omitempty"` // the lesson, for people
	// FHIR is the release of what names none of its own; without it everything
	// is done in every release.
	FHIR string `json:"fhir,omitempty"`

	// Seed, Profile, Dialect, Clock and Options say how the server is started,
	// by whoever starts it: Run takes it as it finds it.
	Seed    *uint64        `json:"seed,omitempty"`
	Profile faults.Profile `json:"profile,omitempty"`
	Dialect string         `json:"dialect,omitempty"`
	Clock   Clock          `json:"clock,omitzero"`
	Options Options        `json:"options,omitzero"`

	Topics        []Resource     `json:"topics,omitempty"`
	Resources     []Resource     `json:"resources,omitempty"`
	Subscriptions []Subscription `json:"subscriptions,omitempty"`
	Faults        []faults.Spec  `json:"faults,omitempty"`
	Timeline      []Step         `json:"timeline,omitempty"`
	Expect        Expect         `json:"expect,omitzero"`
}

// Clock is the time that the server lives in.
type Clock struct {
	Virtual bool      `json:"virtual,omitempty"`
	Start   time.Time `json:"start,omitzero"`
	Shared  bool      `json:"shared,omitempty"` // the client lives in it too
}

// Options are manners of the server.
type Options struct {
	Lifetime       Duration `json:"lifetime,omitzero"`
	NoIDs          string   `json:"noIds,omitempty"`
	RequireAuth    bool     `json:"requireAuth,omitempty"`
	LenientGet     bool     `json:"lenientGet,omitempty"`
	SingleUse      bool     `json:"singleUse,omitempty"`
	OnlySpaceForm  bool     `json:"onlySpaceForm,omitempty"`
	AcceptJSONBind bool     `json:"acceptJsonBind,omitempty"`
}

// Expect is what must have come of a scenario in the end.
type Expect struct {
	// Findings are the codes of findings that must have been drawn.
	Findings []string `json:"findings,omitempty"`
	// NoFinding is a severity: no other finding may have it or a worse one.
	NoFinding string `json:"noFinding,omitempty"`
	// Assertions are as package review reads them, sentences or objects.
	Assertions []json.RawMessage `json:"assertions,omitempty"`
}

// IsZero reports whether nothing is expected.
func (e Expect) IsZero() bool {
	return len(e.Findings) == 0 && e.NoFinding == "" && len(e.Assertions) == 0
}

// Step is one action and when it happens.
type Step struct {
	// At is when, since the start of the scenario; or After is the fact to wait
	// for. With neither the step follows the one before it. Wait comes on top.
	At    Duration `json:"at,omitzero"`
	After *Trigger `json:"after,omitempty"`
	Wait  Duration `json:"wait,omitzero"`
	// FHIR is the release in which it happens.
	FHIR string `json:"fhir,omitempty"`

	// One of these is set.
	Emit               *Emission     `json:"emit,omitempty"`
	Create             *Resource     `json:"create,omitempty"`
	Update             *Resource     `json:"update,omitempty"`
	Delete             string        `json:"delete,omitempty"` // Type/ID
	DeleteSubscription string        `json:"deleteSubscription,omitempty"`
	Faults             []faults.Spec `json:"faults,omitempty"`
	ClearFaults        bool          `json:"clearFaults,omitempty"`
	Revoke             *Revocation   `json:"revoke,omitempty"`
	Error              string        `json:"error,omitempty"`
	Reactivate         string        `json:"reactivate,omitempty"`
	Advance            Duration      `json:"advance,omitzero"`
}

// Trigger is a fact that must have been seen so often since the start.
type Trigger struct {
	Fact         string `json:"fact"`
	Subscription string `json:"subscription,omitempty"`
	Times        int    `json:"times,omitempty"` // 0 means once
}

// Emission asks for events that no change has caused.
type Emission struct {
	Subscription string `json:"subscription,omitempty"`
	Topic        string `json:"topic,omitempty"`
	Focus        string `json:"focus,omitempty"`
	Interaction  string `json:"interaction,omitempty"`
	Count        int    `json:"count,omitempty"`
}

// Revocation says whose bindings and tokens end: one member is set.
type Revocation struct {
	JTI          string `json:"jti,omitempty"`
	Subscription string `json:"subscription,omitempty"`
	Subject      string `json:"subject,omitempty"`
}

// Duration is a time.Duration that is written like 1m30s.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler. It uses no unit below ms, which
// a file does not have.
func (d Duration) MarshalText() ([]byte, error) {
	if d < Duration(time.Millisecond) {
		ms := float64(d) / float64(time.Millisecond)
		return append(strconv.AppendFloat(nil, ms, 'f', -1, 64), "ms"...), nil
	}
	return []byte(time.Duration(d).String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Resource is a FHIR resource, with its numbers as they were written.
type Resource struct {
	Type, ID string
	Body     []byte // JSON
}

// MarshalJSON implements json.Marshaler.
func (r Resource) MarshalJSON() ([]byte, error) { return r.Body, nil }

// UnmarshalJSON implements json.Unmarshaler.
func (r *Resource) UnmarshalJSON(text []byte) error {
	var head struct {
		ResourceType string `json:"resourceType"`
		ID           string `json:"id"`
	}
	err := json.Unmarshal(text, &head)
	*r = Resource{head.ResourceType, head.ID, slices.Clone(text)}
	return err
}

// releases are all that the mock server serves.
var releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}

// releasesOf reads the member fhir: the first that is given decides, and where
// none is, all are meant.
func releasesOf(names ...string) []fhir.Release {
	for _, name := range names {
		if r, ok := fhir.ParseRelease(name); ok {
			return []fhir.Release{r}
		}
	}
	return releases
}
