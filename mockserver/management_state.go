package mockserver

import (
	"net/http"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// health says that the server answers, and where.
func (t *Tenant) health(*http.Request, string) (any, error) {
	return map[string]any{"status": "ok", "base": t.server.origin + t.prefix, "fhir": t.baseURLs()}, nil
}

func (t *Tenant) baseURLs() map[string]string {
	bases := map[string]string{}
	for _, r := range releases {
		bases[r.String()] = t.BaseURL(r)
	}
	return bases
}

// serverState is what GET /state shows. There are no tokens in it, and callers
// only by the name that stands in their binding tokens.
type serverState struct {
	Tenant  string         `json:"tenant,omitempty"`
	Seed    uint64         `json:"seed"`
	Dialect socket.Dialect `json:"dialect"`
	Profile faults.Profile `json:"profile"`

	Clock clockState  `json:"clock"`
	Keys  keyState    `json:"keys"`
	FHIR  []baseState `json:"fhir"`
}

type clockState struct {
	Now     time.Time `json:"now"`
	Virtual bool      `json:"virtual"`
	Shared  bool      `json:"shared"` // whether the clients follow it
}

type keyState struct {
	Algorithm string `json:"algorithm"`
	// Made is false until the first token or request for the public keys.
	Made bool   `json:"made"`
	KID  string `json:"kid,omitempty"`
}

type baseState struct {
	world.State
	Topics       topicState     `json:"topics"`
	WebsocketURL string         `json:"websocketUrl"`
	Sockets      []socket.State `json:"sockets"`
}

// topicState counts the built-in topics, of which every release has over a
// hundred, and lists the canonicals of the others.
type topicState struct {
	BuiltIn  int      `json:"builtIn"`
	Uploaded []string `json:"uploaded"`
}

func topicsOf(w *world.World) topicState {
	state := topicState{Uploaded: []string{}}
	for _, t := range w.Topics() {
		if t.BuiltIn {
			state.BuiltIn++
		} else {
			state.Uploaded = append(state.Uploaded, t.URL)
		}
	}
	return state
}

// state shows everything that a test may want to look at.
func (t *Tenant) state(*http.Request, string) (any, error) {
	kid, made := t.server.keys.kid()
	set := t.Settings()
	state := serverState{
		Tenant: t.name, Seed: set.Seed, Dialect: set.Dialect, Profile: set.Profile,
		Clock: clockState{t.Now(), isVirtual(t.time()), set.Shared},
		Keys:  keyState{string(t.server.keys.algorithm), made, kid},
	}
	bases, err := t.all()
	if err != nil {
		return nil, err
	}
	for _, b := range bases {
		state.FHIR = append(state.FHIR, baseState{b.world.State(), topicsOf(b.world), b.socketURL, b.hub.State()})
	}
	return state, nil
}
