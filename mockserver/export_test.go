package mockserver

import (
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// SetWall gives a server another clock for what happens outside.
func SetWall(cfg *Config, wall clock.Clock) { cfg.wall = wall }

// Routes lists the management interface as METHOD /path: what each tenant has,
// and what the server has once.
func Routes() (tenant, server []string) {
	list := func(actions []managementAction) (routes []string) {
		for _, a := range actions {
			routes = append(routes, a.method+" "+a.path)
		}
		return routes
	}
	return list(managementActions), list(serverActions)
}

// Sockets lists the open sockets of a release: the management interface has them
// too, for whoever has more time.
func (t *Tenant) Sockets(r fhir.Release) []socket.State {
	b, err := t.base(r)
	if err != nil {
		return nil
	}
	return b.hub.State()
}

// Watch keeps profiles that watch from being taken, until release.
func Watch() (release func()) {
	watching.Lock()
	return watching.Unlock
}
