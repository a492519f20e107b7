package mockserver

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
)

// tenants are those with a name.
type tenants struct {
	mu   sync.Mutex
	list map[string]*Tenant
}

func (ts *tenants) all() []*Tenant {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var list []*Tenant
	for _, t := range ts.list {
		list = append(list, t)
	}
	return list
}

// Tenants returns those that have a name, in its order.
func (s *Server) Tenants() []*Tenant {
	list := s.tenants.all()
	slices.SortFunc(list, func(a, b *Tenant) int { return strings.Compare(a.name, b.name) })
	return list
}

// Open returns the tenant with a name, which is made at its first use with the
// settings of the server. A name is 1 to 64 of A-Z a-z 0-9 - . _ and ~.
func (s *Server) Open(name string) (*Tenant, error) {
	if !isTenantName(name) {
		return nil, fault.New(fault.NotFound, fault.Quote(name)+" is no name of a tenant: 1 to 64 of A-Z a-z 0-9 - . _ and ~ are due, as in /t/my-test/fhir/R4")
	}
	s.tenants.mu.Lock()
	defer s.tenants.mu.Unlock()
	if t := s.tenants.list[name]; t != nil {
		return t, nil
	}
	if n := len(s.tenants.list); n >= s.cfg.MaxTenants {
		return nil, fault.New(fault.LimitReached, strconv.Itoa(n)+" tenants exist, at most "+strconv.Itoa(s.cfg.MaxTenants)+
			" can: delete some by DELETE /tenants/NAME of the management interface")
	}
	if s.tenants.list == nil {
		s.tenants.list = map[string]*Tenant{}
	}
	t := s.newTenant(name, s.settings())
	s.tenants.list[name] = t
	select {
	case <-s.closed:
		t.close(context.Background()) // for Close knows nothing of it
	default:
	}
	return t, nil
}

// Remove ends a tenant and forgets it. It reports false where there is none.
func (s *Server) Remove(name string) bool {
	s.tenants.mu.Lock()
	t := s.tenants.list[name]
	delete(s.tenants.list, name)
	s.tenants.mu.Unlock()
	if t == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	t.close(ctx)
	return true
}

func isTenantName(name string) bool {
	if name == "" || len(name) > 64 || strings.Trim(name, ".") == "" {
		return false
	}
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0) {
			return false
		}
	}
	return true
}
