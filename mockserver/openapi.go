package mockserver

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"maps"
	"net/http"
	"runtime/debug"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// openapiText describes the management interface. It says everything once: what
// exists for tenants too is added when it is served.
//
//go:embed openapi.json
var openapiText []byte

// openapi is an OpenAPI document as far as this package has to look into it.
type openapi struct {
	OpenAPI    string                    `json:"openapi"`
	Info       map[string]any            `json:"info"`
	Servers    []map[string]any          `json:"servers"`
	Tags       json.RawMessage           `json:"tags"`
	Paths      map[string]map[string]any `json:"paths"`
	Components struct {
		Parameters    json.RawMessage           `json:"parameters"`
		RequestBodies json.RawMessage           `json:"requestBodies"`
		Responses     json.RawMessage           `json:"responses"`
		Schemas       map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

// describeManagement answers with the document, for this server.
func (t *Tenant) describeManagement(*http.Request, string) (any, error) {
	var doc openapi
	if err := json.Unmarshal(openapiText, &doc); err != nil {
		return nil, fault.New(fault.Internal, "openapi.json: "+err.Error())
	}
	doc.Info["version"] = moduleVersion()
	// Where nobody knows the address, the document's own is as good.
	doc.Servers[0]["url"] = cmp.Or(t.server.management, "/")
	var names []string
	for _, f := range faults.Catalogue() {
		names = append(names, f.Name)
	}
	doc.Components.Schemas["FaultName"]["enum"] = names
	for _, a := range managementActions {
		if item, ok := doc.Paths[a.path]; ok {
			doc.Paths[tenantPath+"{tenant}"+a.path] = forTenants(item)
		}
	}
	return doc, nil
}

// forTenants describes below /t/{tenant} what is described at the root.
func forTenants(item map[string]any) map[string]any {
	own, _ := item["parameters"].([]any)
	twin := map[string]any{"parameters": append([]any{reference("parameters/Tenant")}, own...)}
	for method, value := range item {
		operation, ok := value.(map[string]any)
		if !ok {
			continue
		}
		operation = maps.Clone(operation)
		operation["operationId"] = operation["operationId"].(string) + "OfTenant"
		responses := maps.Clone(operation["responses"].(map[string]any))
		responses["404"] = reference("responses/NotFound")     // a name that no tenant can have
		responses["429"] = reference("responses/LimitReached") // one tenant too many
		operation["responses"] = responses
		twin[method] = operation
	}
	return twin
}

func reference(component string) map[string]any {
	return map[string]any{"$ref": "#/components/" + component}
}

// moduleVersion is the version of this module, whatever program it is part of.
func moduleVersion() string {
	const module, unknown = "github.com/wsbind/wsbind", "(devel)"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module {
			return cmp.Or(m.Version, unknown)
		}
	}
	return unknown
}
