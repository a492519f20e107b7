package mockserver

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/socket"
	"github.com/wsbind/wsbind/mockserver/world"
)

// maxCommand bounds the body of a management request, in bytes.
const maxCommand = 64 << 10

// member is one that a command may have: a text, or a whole number.
type member struct {
	name   string
	text   *string
	number *int
}

// readCommand reads the body of a request, a JSON object. An empty body is an
// empty object. Unknown members are refused: a misspelled one would be a command
// that does something else than it says.
func readCommand(r *http.Request, members ...member) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCommand+1))
	if err != nil {
		return fault.New(fault.MalformedRequest, "the body broke off")
	}
	if len(body) == 0 {
		return nil
	}
	var doc jsonscan.Document
	if err := doc.Parse(body, jsonscan.Limits{MaxBytes: maxCommand, MaxDepth: 2}); err != nil {
		return err
	}
	if doc.Root().Kind() != jsonscan.Object {
		return fault.New(fault.MalformedRequest, "the body is "+doc.Root().Kind().String()+", an object is due")
	}
	for name, value := range doc.Root().Members() {
		if err := readMember(name.Text(), value, members); err != nil {
			return err
		}
	}
	return nil
}

func readMember(name string, value jsonscan.Value, members []member) error {
	var known []string
	for _, m := range members {
		if m.name != name {
			known = append(known, m.name)
			continue
		}
		switch {
		case m.text != nil && value.Kind() == jsonscan.String && !value.Empty():
			*m.text = value.Text()
			return nil
		case m.text != nil:
			return fault.At(fault.MalformedRequest, name, "member "+name+" is "+value.Kind().String()+", a non-empty string is due")
		}
		n, err := strconv.Atoi(string(value.Raw()))
		if err != nil || n < 1 {
			return fault.At(fault.MalformedRequest, name, "member "+name+" is "+string(value.Raw())+", a positive whole number is due")
		}
		*m.number = n
		return nil
	}
	return fault.New(fault.MalformedRequest, "there is no member "+fault.Quote(name)+" here; there is "+strings.Join(known, ", "))
}

// emit makes events.
func (s *Server) emit(r *http.Request, _ string) (any, error) {
	var release string
	var e world.Emission
	err := readCommand(r, member{name: "fhir", text: &release},
		member{name: "subscription", text: &e.Subscription}, member{name: "topic", text: &e.Topic},
		member{name: "focus", text: &e.Focus}, member{name: "interaction", text: &e.Interaction},
		member{name: "count", number: &e.Count})
	if err != nil {
		return nil, err
	}
	if (e.Subscription == "") == (e.Topic == "") {
		return nil, fault.New(fault.MalformedRequest, "exactly one of subscription (an id) and topic (a canonical) is due")
	}
	bases, err := s.chosen(release, e.Subscription)
	if err != nil {
		return nil, err
	}
	return s.emitIn(bases, e)
}

// emitted is the answer to an emission.
type emitted struct {
	FHIR string `json:"fhir"`
	world.Emitted
}

// emitIn makes the events in each base. A topic that only some of them know is
// no error.
func (s *Server) emitIn(bases []*base, e world.Emission) (any, error) {
	all := []emitted{}
	var failed error
	for _, b := range bases {
		list, err := b.world.Emit(e)
		if err != nil && failed == nil {
			failed = err
		}
		for _, one := range list {
			all = append(all, emitted{b.release.String(), one})
		}
	}
	if failed != nil && len(all) == 0 {
		return nil, failed
	}
	return map[string]any{"emitted": all}, nil
}

func (s *Server) putInError(r *http.Request, id string) (any, error) {
	return s.setStatus(r, id, (*world.World).SetError)
}

func (s *Server) reactivate(r *http.Request, id string) (any, error) {
	return s.setStatus(r, id, (*world.World).Reactivate)
}

// setStatus changes the status of a Subscription and answers with what it is now.
func (s *Server) setStatus(r *http.Request, id string, set func(*world.World, string) error) (any, error) {
	var release string
	if err := readCommand(r, member{name: "fhir", text: &release}); err != nil {
		return nil, err
	}
	bases, err := s.chosen(release, id)
	if err != nil {
		return nil, err
	}
	if err := set(bases[0].world, id); err != nil {
		return nil, err
	}
	state, _ := bases[0].subscription(id)
	return map[string]any{"fhir": bases[0].release.String(), "subscription": state}, nil
}

// revoke ends bindings and the tokens behind them.
func (s *Server) revoke(r *http.Request, _ string) (any, error) {
	var release string
	var what socket.Revocation
	err := readCommand(r, member{name: "fhir", text: &release}, member{name: "jti", text: &what.JTI},
		member{name: "subscription", text: &what.Subscription}, member{name: "subject", text: &what.Subject})
	if err != nil {
		return nil, err
	}
	given := 0
	for _, v := range []string{what.JTI, what.Subscription, what.Subject} {
		if v != "" {
			given++
		}
	}
	if given != 1 {
		return nil, fault.New(fault.MalformedRequest, strconv.Itoa(given)+" of jti, subscription and subject are given, exactly one is due")
	}
	bases, err := s.chosen(release, what.Subscription)
	if err != nil {
		return nil, err
	}
	ended := 0
	for _, b := range bases {
		ended += b.revoke(what)
	}
	return map[string]any{"ended": ended}, nil
}

// revoke revokes on one base. A subject is the sub of a token, or the bearer
// token that its caller shows.
func (b *base) revoke(what socket.Revocation) int {
	ended := b.hub.Revoke(what)
	if what.Subject != "" {
		ended += b.hub.Revoke(socket.Revocation{Subject: callerNamed(what.Subject)})
	}
	return ended
}

// chosen returns the bases that a command is about: the named one, or those
// that have the Subscription, which must be one, or all.
func (s *Server) chosen(release, subscription string) ([]*base, error) {
	if release != "" {
		known, ok := fhir.ParseRelease(release)
		b := s.base(known)
		if !ok || b == nil {
			return nil, fault.At(fault.MalformedRequest, "fhir", "fhir is "+fault.Quote(release)+", R4, R4B or R5 is due")
		}
		return []*base{b}, nil
	}
	if subscription == "" {
		return s.bases[:], nil
	}
	var having []*base
	var names []string
	for _, b := range s.bases {
		if _, ok := b.subscription(subscription); ok {
			having, names = append(having, b), append(names, b.release.String())
		}
	}
	switch len(having) {
	case 0:
		return nil, fault.New(fault.NotFound, "there is no Subscription "+fault.Quote(subscription))
	case 1:
		return having, nil
	}
	return nil, fault.New(fault.MalformedRequest, "Subscription "+subscription+" exists in "+strings.Join(names, " and ")+`: say which with "fhir"`)
}

// subscription returns the state of a Subscription.
func (b *base) subscription(id string) (world.SubscriptionState, bool) {
	for _, s := range b.world.State().Subscriptions {
		if s.ID == id {
			return s, true
		}
	}
	return world.SubscriptionState{}, false
}
