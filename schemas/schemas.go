// Package schemas is the contract as data: the OperationDefinitions that this
// project is built on and the JSON Schemas of its documents.
//
// Start with [Find], which gives the definition of an operation for a FHIR
// release, or [Lookup], which finds one by its canonical URL. [Schema] gives a
// JSON Schema by name.
//
// # What it promises
//
// The package embeds files and holds one small table of them; it parses
// nothing, and imports nothing but embed and strings, so that the lean core
// may import it. Every call gives fresh bytes: a caller may change them. The
// vectors live in the package schemas/vectors.
package schemas

import (
	"embed"
	"strings"
)

// The definitions are strings rather than an embed.FS, which would bring a
// file system into the WebAssembly module.
var (
	//go:embed definitions/backport-1.0.0/get-ws-binding-token.json
	backportGetWSBindingToken string
	//go:embed definitions/backport-1.1.0/status.json
	backportStatus string
	//go:embed definitions/backport-1.1.0/events.json
	backportEvents string
	//go:embed definitions/backport-1.2.0-ballot/resend.json
	backportResend string
	//go:embed definitions/r5/get-ws-binding-token.json
	r5GetWSBindingToken string
	//go:embed definitions/r5/status.json
	r5Status string
	//go:embed definitions/r5/events.json
	r5Events string
)

//go:embed *.schema.json
var schemaFiles embed.FS

// GetWSBindingToken is the canonical URL of the delivered definition, the one
// that is used where no other is asked for.
const GetWSBindingToken = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-get-ws-binding-token"

// A Definition is one embedded OperationDefinition. Everything but Bytes
// repeats what the document says, so that it can be chosen without being
// parsed; a test compares the two.
type Definition struct {
	URL      string   // canonical URL, without the version
	Version  string   // business version, such as "1.0.0"
	Code     string   // operation code, without the dollar sign
	Releases []string // FHIR releases it is used for: "R4", "R4B", "R5"
	File     string   // path below schemas/
	Equals   []string // other versions, published with the same contract

	text *string // a pointer, so that the table needs no code to be filled
}

// table lists the definitions: the guide's, by the guide's version, then
// those of FHIR R5 itself.
var table = []Definition{
	{GetWSBindingToken, "1.0.0", "get-ws-binding-token", []string{"R4", "R4B"}, "definitions/backport-1.0.0/get-ws-binding-token.json", []string{"1.1.0", "1.2.0-ballot"}, &backportGetWSBindingToken},
	{guide + "status", "1.1.0", "status", []string{"R4", "R4B"}, "definitions/backport-1.1.0/status.json", nil, &backportStatus},
	{guide + "events", "1.1.0", "events", []string{"R4", "R4B"}, "definitions/backport-1.1.0/events.json", nil, &backportEvents},
	{guide + "resend", "1.2.0-ballot", "resend", []string{"R4", "R4B"}, "definitions/backport-1.2.0-ballot/resend.json", nil, &backportResend},
	{r5 + "get-ws-binding-token", "5.0.0", "get-ws-binding-token", []string{"R5"}, "definitions/r5/get-ws-binding-token.json", nil, &r5GetWSBindingToken},
	{r5 + "status", "5.0.0", "status", []string{"R5"}, "definitions/r5/status.json", nil, &r5Status},
	{r5 + "events", "5.0.0", "events", []string{"R5"}, "definitions/r5/events.json", nil, &r5Events},
}

const (
	guide = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
	r5    = "http://hl7.org/fhir/OperationDefinition/Subscription-"
)

// Definitions lists every embedded definition, in a fixed order. The slice is
// the caller's to keep.
func Definitions() []Definition { return append([]Definition(nil), table...) }

// Find returns the definition of the operation code, such as "events", that
// is used in a FHIR release: "R4", "R4B" or "R5".
func Find(release, code string) (Definition, bool) {
	for _, d := range table {
		if d.Code == code && d.UsedIn(release) {
			return d, true
		}
	}
	return Definition{}, false
}

// Lookup returns the definition with a canonical URL, which may end in
// "|version"; the version must then be the embedded one, or equal to it.
func Lookup(canonical string) (Definition, bool) {
	url, version, versioned := strings.Cut(canonical, "|")
	for _, d := range table {
		if d.URL == url && (!versioned || d.Version == version || contains(d.Equals, version)) {
			return d, true
		}
	}
	return Definition{}, false
}

// UsedIn tells whether the definition is used in a FHIR release.
func (d Definition) UsedIn(release string) bool {
	return contains(d.Releases, release)
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// Bytes returns the document, a JSON OperationDefinition. It is nil only for
// a Definition that this package did not hand out.
func (d Definition) Bytes() []byte {
	if d.text == nil {
		return nil
	}
	return []byte(*d.text)
}

// Schema returns a JSON Schema (draft 2020-12) by the name of its file without
// ".schema.json", such as "claims", "notification-r4b" or
// "backport-status.request".
func Schema(name string) ([]byte, bool) {
	b, err := schemaFiles.ReadFile(name + ".schema.json")
	return b, err == nil
}

// SchemaNames lists the names that [Schema] knows, sorted.
func SchemaNames() []string {
	entries, err := schemaFiles.ReadDir(".")
	if err != nil {
		return nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".schema.json")
	}
	return names
}
