package mockserver

import (
	"net/http"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// health says that the server answers, and where.
func (s *Server) health(*http.Request, string) (any, error) {
	bases := map[string]string{}
	for _, b := range s.bases {
		bases[b.release.String()] = b.url
	}
	return map[string]any{"status": "ok", "base": s.origin, "fhir": bases}, nil
}

// serverState is what GET /state shows. There are no tokens in it, and callers
// only by the name that stands in their binding tokens.
type serverState struct {
	Clock clockState  `json:"clock"`
	Keys  keyState    `json:"keys"`
	FHIR  []baseState `json:"fhir"`
}

type clockState struct {
	Now     time.Time `json:"now"`
	Virtual bool      `json:"virtual"`
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
func (s *Server) state(*http.Request, string) (any, error) {
	_, virtual := s.cfg.Clock.(*clock.Virtual)
	kid, made := s.keys.kid()
	state := serverState{
		Clock: clockState{s.cfg.Clock.Now(), virtual},
		Keys:  keyState{string(s.keys.algorithm), made, kid},
	}
	for _, b := range s.bases {
		state.FHIR = append(state.FHIR, baseState{b.world.State(), topicsOf(b.world), b.socketURL, b.hub.State()})
	}
	return state, nil
}
