package mockserver

import (
	"encoding/json"
	"net/http"
)

// What Medplum's clients ask for beside FHIR, in the dialect of that name (see
// package socket): who is logged in. Version 5 opens no Subscription before it
// knows.

// routeMedplum answers what is Medplum's own, and reports whether it has.
func (t *Tenant) routeMedplum(w http.ResponseWriter, r *http.Request, path string) bool {
	if path != "/auth/me" {
		return false
	}
	t.cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allow(w, r, http.MethodGet, http.MethodHead) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(map[string]any{
			"profile": map[string]string{"resourceType": "Practitioner", "id": "wsbind"},
			"project": map[string]string{"resourceType": "Project", "id": "wsbind"},
		})
	})).ServeHTTP(w, r)
	return true
}
