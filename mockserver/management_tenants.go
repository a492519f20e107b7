package mockserver

import (
	"net/http"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// description is what the management interface says of a tenant.
type description struct {
	Tenant     string            `json:"tenant"`
	Base       string            `json:"base"`
	Management string            `json:"management"`
	FHIR       map[string]string `json:"fhir"`
	Seed       uint64            `json:"seed"`
	Dialect    socket.Dialect    `json:"dialect"`
	Profile    faults.Profile    `json:"profile"`
	Clock      clockState        `json:"clock"`
}

func (t *Tenant) describe() description {
	set := t.Settings()
	return description{
		Tenant: t.name, Base: t.server.origin + t.prefix, Management: t.server.management + t.prefix, FHIR: t.baseURLs(),
		Seed: set.Seed, Dialect: set.Dialect, Profile: set.Profile, Clock: clockState{t.Now().UTC(), set.Virtual, set.Shared},
	}
}

func (t *Tenant) listTenants(*http.Request, string) (any, error) {
	list := []description{}
	for _, other := range t.server.Tenants() {
		list = append(list, other.describe())
	}
	return map[string]any{"tenants": list}, nil
}

func (t *Tenant) showTenant(_ *http.Request, name string) (any, error) {
	for _, other := range t.server.tenants.all() {
		if other.name == name {
			return other.describe(), nil
		}
	}
	return nil, fault.New(fault.NotFound, "there is no tenant "+fault.Quote(name)+": PUT makes it, and so does its first use")
}

// putTenant makes a tenant, or makes it anew, with settings.
func (t *Tenant) putTenant(r *http.Request, name string) (any, error) {
	set, err := t.server.readSettings(r)
	if err != nil {
		return nil, err
	}
	other, err := t.server.Open(name)
	if err != nil {
		return nil, err
	}
	other.reset(set)
	return other.describe(), nil
}

// readSettings reads the settings of a tenant; those that are not given are the
// server's.
func (s *Server) readSettings(r *http.Request) (Settings, error) {
	set := s.settings()
	var c struct {
		Seed    *uint64    `json:"seed"`
		Dialect string     `json:"dialect"`
		Profile string     `json:"profile"`
		Clock   string     `json:"clock"`
		Start   *time.Time `json:"start"`
		Shared  *bool      `json:"shared"`
	}
	err := readCommand(r, &c)
	if err == nil && c.Dialect != "" {
		set.Dialect, err = socket.ParseDialect(c.Dialect)
	}
	if err == nil && c.Profile != "" {
		set.Profile, err = faults.ParseProfile(c.Profile)
	}
	if err != nil {
		return set, err
	}
	if c.Seed != nil {
		if set.Seed = *c.Seed; set.Seed < 1 || set.Seed > draw.MaxSeed {
			return set, fault.At(fault.MalformedRequest, "seed", "seed is a whole number from 1 to 9007199254740991")
		}
	}
	switch c.Clock {
	case "":
		set.Virtual = set.Virtual || c.Start != nil
	case "virtual", "real":
		set.Virtual = c.Clock == "virtual"
	default:
		return set, fault.At(fault.MalformedRequest, "clock", "clock is "+fault.Quote(c.Clock)+", real or virtual is due")
	}
	switch {
	case c.Start != nil && !set.Virtual:
		return set, fault.At(fault.MalformedRequest, "start", "start is for a virtual clock, and the clock is real")
	case c.Start != nil && (c.Start.Unix() < 0 || c.Start.UTC().Year() >= lastYear):
		return set, fault.At(fault.MalformedRequest, "start", "start is a time from 1970 to "+strconv.Itoa(lastYear-1))
	case c.Start != nil:
		set.Start = c.Start.UTC()
	case set.Virtual && set.Start.IsZero():
		set.Start = clock.Real().Now().UTC().Truncate(time.Second)
	}
	if c.Shared != nil {
		set.Shared = *c.Shared
	}
	return set, nil
}

func (t *Tenant) deleteTenant(_ *http.Request, name string) (any, error) {
	if !t.server.Remove(name) {
		return nil, fault.New(fault.NotFound, "there is no tenant "+fault.Quote(name))
	}
	return nil, nil
}
