package mockserver

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
