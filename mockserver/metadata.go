package mockserver

import (
	"encoding/json"
	"net/http"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/search"
	"github.com/wsbind/wsbind/schemas"
)

// What the guide calls its parts.
const (
	guide               = "http://hl7.org/fhir/uv/subscriptions-backport/"
	profileSubscription = guide + "StructureDefinition/backport-subscription"
	extensionTopic      = guide + "StructureDefinition/capabilitystatement-subscriptiontopic-canonical"
)

// capabilities is a CapabilityStatement, its members in FHIR's order.
type capabilities struct {
	ResourceType   string              `json:"resourceType"`
	Status         string              `json:"status"`
	Date           string              `json:"date"`
	Kind           string              `json:"kind"`
	Instantiates   []string            `json:"instantiates,omitempty"`
	Software       map[string]string   `json:"software"`
	Implementation map[string]string   `json:"implementation"`
	FHIRVersion    string              `json:"fhirVersion"`
	Format         []string            `json:"format"`
	Rest           [1]restCapabilities `json:"rest"`
}

type restCapabilities struct {
	Mode          string                 `json:"mode"`
	Documentation string                 `json:"documentation"`
	Security      map[string]any         `json:"security"`
	Resource      []resourceCapabilities `json:"resource"`
}

type resourceCapabilities struct {
	Extension         []canonicalExtension  `json:"extension,omitempty"`
	Type              string                `json:"type"`
	SupportedProfile  []string              `json:"supportedProfile,omitempty"`
	Interaction       []interaction         `json:"interaction"`
	Versioning        string                `json:"versioning"`
	ReadHistory       bool                  `json:"readHistory"`
	UpdateCreate      bool                  `json:"updateCreate"`
	ConditionalCreate bool                  `json:"conditionalCreate"`
	ConditionalRead   string                `json:"conditionalRead"`
	ConditionalUpdate bool                  `json:"conditionalUpdate"`
	ConditionalDelete string                `json:"conditionalDelete"`
	SearchParam       []searchParam         `json:"searchParam"`
	Operation         []operationCapability `json:"operation,omitempty"`
}

type canonicalExtension struct {
	URL   string `json:"url"`
	Value string `json:"valueCanonical"`
}

type interaction struct {
	Code string `json:"code"`
}

type searchParam struct {
	Name string      `json:"name"`
	Type search.Kind `json:"type"`
}

type operationCapability struct {
	Name       string `json:"name"`
	Definition string `json:"definition"`
}

// interactions are what can be done with every resource type.
var interactions = []interaction{{"read"}, {"vread"}, {"update"}, {"delete"}, {"create"}, {"search-type"}}

// metadata answers with the CapabilityStatement, which is made anew for each
// request: topics come and go.
func (b *base) metadata(w http.ResponseWriter, r *http.Request) {
	switch mode := r.URL.Query().Get("mode"); mode {
	case "", "full", "normative":
	case "terminology":
		writeError(w, r, fault.New(fault.NotFound, "mode is terminology, but this server offers no terminology services"))
		return
	default:
		writeError(w, r, fault.New(fault.InvalidQuery, "mode is "+fault.Quote(mode)+", possible are full and normative"))
		return
	}
	statement, err := json.Marshal(b.capabilities())
	if err != nil {
		writeError(w, r, err)
		return
	}
	writeResource(w, r, http.StatusOK, statement)
}

func (b *base) capabilities() capabilities {
	c := capabilities{
		ResourceType:   "CapabilityStatement",
		Status:         "active",
		Date:           b.tenant.Now().UTC().Format("2006-01-02T15:04:05Z"),
		Kind:           "instance",
		Software:       map[string]string{"name": "wsbind mock server"},
		Implementation: map[string]string{"description": "A mock server for client developers: no clinical data, no persistence", "url": b.url},
		FHIRVersion:    b.release.Version(),
		Format:         []string{"application/fhir+json", "json"},
		Rest: [1]restCapabilities{{
			Mode:          "server",
			Documentation: "Topic-based Subscriptions with the websocket channel. Resources other than Subscriptions and topics are checked by FHIR's rules for JSON only.",
			Security: map[string]any{
				"cors":        true,
				"description": "Any bearer token is accepted and tells callers apart. A Subscription is visible to its creator only.",
			},
		}},
	}
	switch b.release {
	case fhir.R4:
		c.Instantiates = []string{guide + "CapabilityStatement/backport-subscription-server-r4"}
	case fhir.R4B:
		c.Instantiates = []string{guide + "CapabilityStatement/backport-subscription-server"}
	}
	for _, resourceType := range fhir.ResourceTypes(b.release) {
		c.Rest[0].Resource = append(c.Rest[0].Resource, b.resourceCapabilities(resourceType))
	}
	return c
}

func (b *base) resourceCapabilities(resourceType string) resourceCapabilities {
	c := resourceCapabilities{
		Type:              resourceType,
		Interaction:       interactions,
		Versioning:        "versioned",
		UpdateCreate:      true,
		ConditionalRead:   "full-support",
		ConditionalDelete: "not-supported",
	}
	for _, p := range search.Parameters(b.release, resourceType) {
		c.SearchParam = append(c.SearchParam, searchParam{p.Name, p.Type})
	}
	if resourceType == "Subscription" {
		b.describeSubscriptions(&c)
	}
	return c
}

// describeSubscriptions adds what the guide asks a server to say about its
// Subscriptions. R4 has no SubscriptionTopic that could be searched, so there
// each topic is an extension.
func (b *base) describeSubscriptions(c *resourceCapabilities) {
	if b.release != fhir.R5 {
		c.SupportedProfile = []string{profileSubscription}
	}
	if b.release == fhir.R4 {
		for _, t := range b.world.Topics() {
			c.Extension = append(c.Extension, canonicalExtension{extensionTopic, t.URL})
		}
	}
	for _, d := range schemas.Definitions() {
		if d.UsedIn(b.release.String()) {
			c.Operation = append(c.Operation, operationCapability{d.Code, d.URL})
		}
	}
}
