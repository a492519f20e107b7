package gate

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/schemas"
)

// endpoint answers the operations that the gate has in place of the FHIR server.
type endpoint struct {
	gate   *Gate
	token  fhirhttp.Contract
	status *fhirhttp.Contract // nil where the FHIR server answers $status
	issue  *binding.Operation
	try    *binding.Operation // the same without a signature, for HEAD
}

// The operations of Subscription that a gate knows of.
const (
	tokenOperation  = "get-ws-binding-token"
	statusOperation = "status"
	eventsOperation = "events"
	resendOperation = "resend"
)

func newEndpoint(g *Gate) (*endpoint, error) {
	e := &endpoint{gate: g}
	var err error
	if e.token, err = g.contract(tokenOperation); err != nil {
		return nil, err
	}
	if g.counts() {
		status, err := g.contract(statusOperation)
		if err != nil {
			return nil, err
		}
		e.status = &status
	}
	if e.issue, err = e.operation(&jose.Issuer{Keys: g.keys}); err != nil {
		return nil, err
	}
	e.try, err = e.operation(unsigned{})
	return e, err
}

// counts reports whether event numbers are the gate's, and so $status.
func (g *Gate) counts() bool {
	return g.cfg.Upstream.Dialect == Medplum || g.cfg.Upstream.Dialect == Legacy
}

func (g *Gate) contract(code string) (fhirhttp.Contract, error) {
	release := g.cfg.Upstream.Release
	d, ok := schemas.Find(release.String(), code)
	if !ok {
		return fhirhttp.Contract{}, fault.New(fault.UnknownOperation, "there is no built-in definition of $"+code+" for "+release.String())
	}
	return fhirhttp.NewContract(d, release)
}

func (e *endpoint) operation(signer binding.Signer) (*binding.Operation, error) {
	g := e.gate
	cfg := binding.Config{
		Release: g.cfg.Upstream.Release, Base: g.publicBase, WebsocketURL: g.socketURL, Lifetime: g.cfg.Lifetime, Signer: signer,
	}
	if g.cfg.NoIDs == NoIDsAll {
		cfg.NoIDs = binding.AllWithoutIDs
	}
	return binding.New(cfg)
}

// unsigned stands in for a key where no token may be issued.
type unsigned struct{}

func (unsigned) Issue(token.Claims) (string, error) { return "none", nil }

// serveBase answers what is below the FHIR base, or passes it on. rest is the path
// behind the base.
func (g *Gate) serveBase(w http.ResponseWriter, r *http.Request, rest string) {
	if g.endpoint == nil || !g.endpoint.serve(w, r, rest) {
		g.proxy.ServeHTTP(w, r)
	}
}

// serve answers a request that is the gate's to answer, and reports whether it is.
// Whatever stands before the operation: the FHIR server must not issue tokens that the
// gate knows nothing of.
func (e *endpoint) serve(w http.ResponseWriter, r *http.Request, rest string) bool {
	operation, before, ok := operationOf(r.URL.Path, rest)
	if !ok || operation != tokenOperation && (!e.gate.counts() || !slices.Contains([]string{statusOperation, eventsOperation, resendOperation}, operation)) {
		return false
	}
	w.Header().Set("Cache-Control", "no-store")
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWait)) // fails only where there is no connection
	if e.gate.cross(w, r) {
		return true
	}
	if err := e.answer(w, r, operation, before); err != nil {
		e.refuse(w, r, operation, err)
	}
	return true
}

// operationOf returns the operation at the end of a path, without its dollar sign, and
// the segments before it, decoded.
func operationOf(path, rest string) (operation string, before []string, ok bool) {
	count := strings.Count(strings.Trim(rest, "/"), "/") + 1
	segments := strings.Split(strings.TrimRight(path, "/"), "/")
	segments = segments[max(len(segments)-count, 0):]
	last := segments[len(segments)-1]
	operation, ok = strings.CutPrefix(last, "$")
	return operation, segments[:len(segments)-1], ok
}

// bodyWait bounds, in wall time, how long a request's body takes: nobody holds a
// connection by sending it byte by byte.
const bodyWait = 30 * time.Second

// answer answers one call.
func (e *endpoint) answer(w http.ResponseWriter, r *http.Request, operation string, before []string) error {
	id, err := e.place(operation, before)
	if err != nil {
		return err
	}
	contract := &e.token
	if operation == statusOperation {
		contract = e.status
	}
	if methods := contract.Methods(id != ""); !slices.Contains(methods, r.Method) {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return fault.New(fault.MethodNotAllowed, r.Method+" is not supported at this path, possible are "+strings.Join(methods, ", "))
	}
	if _, err := fhirhttp.Negotiate(r, e.gate.cfg.Upstream.Release); err != nil {
		return err
	}
	caller, err := e.gate.caller(r)
	if err != nil && operation == tokenOperation {
		return err
	}
	call, err := contract.Read(w, r, id != "", e.gate.cfg.MaxBody)
	if err != nil {
		return err
	}
	http.NewResponseController(w).SetReadDeadline(time.Time{}) // the FHIR server has its own time
	var body []byte
	if operation == statusOperation {
		body, err = e.statuses(r, id, call)
	} else {
		body, err = e.bindingToken(r, id, caller, call)
	}
	switch _, invalid := err.(*fault.Invalid); {
	case invalid:
		fhirhttp.WriteError(w, r, call.Body, err)
		return nil
	case err != nil:
		return err
	case body == nil:
		fhirhttp.WriteHead(w, r)
	default:
		fhirhttp.WriteResource(w, r, http.StatusOK, body)
	}
	return nil
}

// place returns the id at the instance level, "" at the type level.
func (e *endpoint) place(operation string, before []string) (id string, err error) {
	switch {
	case operation == eventsOperation || operation == resendOperation:
		return "", fault.New(fault.UnknownOperation, "there is no operation $"+operation+" here: this FHIR server keeps no events, so that what was missed is lost")
	case len(before) == 0:
		return "", fault.New(fault.WrongLevel, "$"+operation+" does not exist at the system level: "+e.gate.publicBase+"/Subscription/$"+operation+" has it")
	case before[0] != "Subscription":
		return "", fault.New(fault.UnknownOperation, fault.Quote(before[0])+" has no operation $"+operation+", Subscription has")
	case len(before) == 1:
		return "", nil
	case len(before) == 2 && token.IsID(before[1]):
		return before[1], nil
	case len(before) == 2:
		return "", fault.New(fault.NotFound, "there is no Subscription "+fault.Quote(before[1])+": that is no FHIR id")
	}
	return "", fault.New(fault.WrongLevel, "$"+operation+" does not exist at this level: "+e.gate.publicBase+"/Subscription/ID/$"+operation+" has it")
}

// bindingToken serves $get-ws-binding-token. HEAD runs the same checks, issues no
// token, and has no body.
func (e *endpoint) bindingToken(r *http.Request, id, caller string, call fhirhttp.Call) ([]byte, error) {
	operation := e.issue
	if r.Method == http.MethodHead {
		operation = e.try
	}
	answer, err := operation.Issue(binding.Request{
		ID: id, Body: call.Body, Query: call.Query, Get: !call.Post,
		Caller: caller, TokenID: newID(), Now: e.gate.cfg.Clock.Now(),
	}, func(_ string, ids []string, all bool) ([]string, error) {
		return e.gate.resolve(r, ids, all, id != "")
	})
	if err != nil || r.Method == http.MethodHead {
		return nil, err
	}
	key, _ := e.gate.keys.Active() // which has signed just now
	e.gate.cfg.Observe(Event{Name: TokenIssued, JTI: answer.Claims.ID, KID: key.ID(), Subscriptions: answer.Claims.Subscriptions})
	return answer.Body, nil
}

// caller names who asks. Other schemes than Bearer are refused: from the hash of a
// password it could be guessed.
func (g *Gate) caller(r *http.Request) (string, error) {
	if g.cfg.Caller != nil {
		if name := g.cfg.Caller(r); name != "" {
			return name, nil
		}
		return "", fault.New(fault.LoginRequired, "the caller is not known: send an Authorization header")
	}
	switch {
	case fhirhttp.Bearer(r) != "":
		return fhirhttp.Caller(r), nil
	case r.Header.Get("Authorization") != "":
		return "", fault.New(fault.LoginRequired, "Authorization has another scheme than Bearer: send a bearer token")
	case !g.cfg.Anonymous:
		return "", fault.New(fault.LoginRequired, "the caller is not known: send an Authorization header")
	}
	return fhirhttp.Anonymous, nil
}

// refuse answers an error, which the operator is told of as well.
func (e *endpoint) refuse(w http.ResponseWriter, r *http.Request, operation string, err error) {
	code := fault.CodeOf(err)
	if operation == tokenOperation {
		e.gate.cfg.Observe(Event{Name: TokenRefused, Code: code, Detail: detailOf(err)})
	}
	switch code.HTTPStatus() {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
		if s, ok := errors.AsType[stranger](err); ok && len(s.challenge) > 0 {
			w.Header()["Www-Authenticate"] = s.challenge
		}
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", retryAfter)
	}
	fhirhttp.WriteError(w, r, nil, discreet(err))
}
