package mockserver

import "net/http"

func (t *Tenant) describeManagement(*http.Request, string) (any, error) { return nil, nil }
