package mockserver

import "net/http"

func (t *Tenant) showVerdicts(*http.Request, string) (any, error)       { return nil, nil }
func (t *Tenant) assert(*http.Request, string) (any, error)             { return nil, nil }
func (t *Tenant) describeManagement(*http.Request, string) (any, error) { return nil, nil }

// ShareClock says whether the clients follow the tenant's virtual clock.
func (t *Tenant) ShareClock(shared bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set.Shared = shared
}
