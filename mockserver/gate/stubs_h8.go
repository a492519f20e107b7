package gate

// Stand-ins until the upstreams of these dialects are there.

func newMedplum(cfg upstreamConfig) upstream { panic("not yet") }
func newLegacy(cfg upstreamConfig) upstream  { panic("not yet") }
