package mockserver

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/internal/fhirhttp"
	"github.com/wsbind/wsbind/mockserver/world"
	"github.com/wsbind/wsbind/schemas"
)

// operations are those of one base. Names, levels, methods and parameters are
// read from the definitions of the release; only what an operation does is here.
type operations struct {
	list  []*operation
	issue *binding.Operation // $get-ws-binding-token
	try   *binding.Operation // the same without a signature, for HEAD
}

// operation is one operation of Subscription.
type operation struct {
	name string
	fhirhttp.Contract
	serve func(b *base, c *call) (body []byte, err error)
}

// call is one invocation that its definition allows.
type call struct {
	*http.Request
	operation *operation
	id        string // of the Subscription at the instance level, "" at the type level
	brought   fhirhttp.Call
	// strike is the fault that breaks the answer, if its Fault is set.
	strike faults.Injection
}

// served says what the operations do, by their codes.
var served = map[string]func(b *base, c *call) ([]byte, error){
	"get-ws-binding-token": (*base).getBindingToken,
	"status":               (*base).getStatus,
	"events":               (*base).getEvents,
	"resend":               (*base).resend,
}

// loadOperations reads the definitions of the release.
func (b *base) loadOperations() (operations, error) {
	var ops operations
	for _, d := range schemas.Definitions() {
		serve, ok := served[d.Code]
		if !ok || !d.UsedIn(b.release.String()) {
			continue
		}
		c, err := fhirhttp.NewContract(d, b.release)
		if err != nil {
			return ops, err
		}
		if d.Code == "get-ws-binding-token" && b.server.cfg.LenientGet {
			c.Lenient = []string{http.MethodGet, http.MethodHead}
		}
		ops.list = append(ops.list, &operation{d.Code, c, serve})
	}
	var err error
	if ops.issue, err = b.issueFor(b.socketURL, b.server.keys); err != nil {
		return ops, err
	}
	ops.try, err = b.issueFor(b.socketURL, unsigned{})
	return ops, err
}

// issueFor returns the operation for tokens of a websocket.
func (b *base) issueFor(websocketURL string, signer binding.Signer) (*binding.Operation, error) {
	cfg := binding.Config{
		Release: b.release, Base: b.url, WebsocketURL: websocketURL,
		Lifetime: b.server.cfg.Lifetime, Signer: signer,
	}
	if b.server.cfg.NoIDs == NoIDsAll {
		cfg.NoIDs = binding.AllWithoutIDs
	}
	return binding.New(cfg)
}

// unsigned stands in for a key where no token may be issued.
type unsigned struct{}

func (unsigned) Issue(token.Claims) (string, error) { return "none", nil }

// operation answers a request for an operation.
func (b *base) operation(w http.ResponseWriter, r *http.Request, t target) {
	w.Header().Set("Cache-Control", "no-store")
	op, err := b.findOperation(t)
	if err != nil {
		writeError(w, r, err)
		return
	}
	if methods := op.Methods(t.id != ""); !slices.Contains(methods, r.Method) {
		b.refuseCall(w, r, op, methods)
		return
	}
	c := &call{Request: r, operation: op, id: t.id}
	var body []byte
	if err = b.readCall(w, c); err == nil {
		body, err = op.serve(b, c)
	}
	if err != nil {
		b.reportInternal(r, err)
		writeErrorAbout(w, r, c.brought.Body, err)
		return
	}
	if body == nil {
		fhirhttp.WriteHead(w, r)
		return
	}
	writeResource(w, r, http.StatusOK, body)
}

// refuseCall answers 405. That R5 rules out GET surprises readers of its own
// example, so they are told of the switch.
func (b *base) refuseCall(w http.ResponseWriter, r *http.Request, op *operation, methods []string) {
	if r.Method != http.MethodGet || op.Definition.AffectsState != opdef.True {
		refuseMethod(w, r, methods)
		return
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	writeError(w, r, fault.New(fault.MethodNotAllowed, "$"+op.name+" affects state in "+b.release.String()+
		" and takes "+strings.Join(methods, ", ")+" only; a server started with --lenient-get takes GET too"))
}

// reportInternal notes what the client is told nothing about.
func (b *base) reportInternal(r *http.Request, err error) {
	if fault.CodeOf(err) == fault.Internal {
		b.server.cfg.Logger.Error("an operation failed", "path", r.URL.Path, "error", err.Error())
	}
}

// findOperation finds the operation at a path, or says why there is none.
func (b *base) findOperation(t target) (*operation, error) {
	for _, op := range b.operations.list {
		if op.name != t.operation {
			continue
		}
		switch {
		case t.resourceType == "":
			return nil, fault.New(fault.WrongLevel, "$"+op.name+" does not exist at the system level: "+
				strings.Join(b.places(op), " and ")+" have it")
		case t.resourceType != "Subscription":
			return nil, fault.New(fault.UnknownOperation, t.resourceType+" has no operation $"+op.name+", Subscription has")
		case !op.At(t.id != ""):
			return nil, fault.New(fault.WrongLevel, "$"+op.name+" does not exist at this level: "+
				strings.Join(b.places(op), " and ")+" have it")
		}
		return op, nil
	}
	var names []string
	for _, op := range b.operations.list {
		names = append(names, "$"+op.name)
	}
	return nil, fault.New(fault.UnknownOperation, "there is no operation "+fault.Quote("$"+t.operation)+" here; Subscription has "+strings.Join(names, ", "))
}

// places lists the URLs of an operation.
func (b *base) places(op *operation) []string {
	var list []string
	if op.At(false) {
		list = append(list, b.url+"/Subscription/$"+op.name)
	}
	if op.At(true) {
		list = append(list, b.url+"/Subscription/ID/$"+op.name)
	}
	return list
}

// getBindingToken serves $get-ws-binding-token. HEAD runs the same checks,
// issues no token, and has no body.
func (b *base) getBindingToken(c *call) ([]byte, error) {
	op, now := b.operations.issue, b.tenant.Now()
	if c.Method == http.MethodHead {
		op = b.operations.try
	}
	id := b.newID("token", callerOf(c.Request))
	answer, err := b.issue(c, op, id, now)
	if err != nil || c.Method == http.MethodHead {
		return nil, err
	}
	b.spoil(c) // not before there is an answer to break
	if op, now, err = b.spoilRequest(c, op, now); err != nil {
		return nil, err
	}
	if c.strike.Fault == faults.ExpiredAnswer || c.strike.Fault == faults.ChangedURL {
		if answer, err = b.issue(c, op, id, now); err != nil {
			return nil, err
		}
	}
	b.hub.Issued(answer.Claims.ID, answer.Claims.Expires)
	if err := b.spoilAnswer(c, &answer); err != nil {
		return nil, err
	}
	b.tokens.add(hashOf(answer.Token), grantOf(answer.Claims))
	b.noteToken(c, answer)
	b.server.cfg.Logger.LogAttrs(c.Context(), slog.LevelInfo, "binding token issued",
		slog.String("fhir", b.release.String()), slog.String("jti", answer.Claims.ID), slog.String("caller", answer.Claims.Subject),
		slog.Int("subscriptions", len(answer.Claims.Subscriptions)), slog.Time("expires", answer.Claims.Expires))
	return answer.Body, nil
}

// issue runs the operation.
func (b *base) issue(c *call, op *binding.Operation, tokenID string, now time.Time) (binding.Answer, error) {
	return op.Issue(binding.Request{
		ID: c.id, Body: c.brought.Body, Query: c.brought.Query, Get: c.Method != http.MethodPost,
		Caller: callerOf(c.Request), TokenID: tokenID, Now: now,
	}, func(caller string, ids []string, all bool) ([]string, error) {
		return b.bindable(c, caller, ids, all)
	})
}

// bindable asks the world. At the instance level no parameter is to blame.
func (b *base) bindable(c *call, caller string, ids []string, all bool) ([]string, error) {
	noteOf(c.Request).Subscriptions = ids
	allowed, err := b.world.Bindable(caller, ids, all)
	if e, ok := errors.AsType[*fault.Error](err); ok && c.id != "" {
		return nil, fault.New(e.Code, e.Detail)
	}
	return allowed, err
}

// getStatus serves $status.
func (b *base) getStatus(c *call) ([]byte, error) {
	in, err := c.check()
	if err != nil {
		return nil, err
	}
	q := world.StatusQuery{IDs: in.Strings("id"), Statuses: in.Strings("status"), Self: b.self(c)}
	if c.id != "" {
		q.IDs, q.Instance = []string{c.id}, true
	}
	noteOf(c.Request).Subscriptions = q.IDs
	return b.world.StatusBundle(callerOf(c.Request), q)
}

// self returns the URL of a request as this server has it, whatever Host said.
func (b *base) self(c *call) string {
	self := b.url + strings.TrimPrefix(c.URL.EscapedPath(), b.path)
	if c.URL.RawQuery != "" {
		self += "?" + c.URL.RawQuery
	}
	return self
}

// getEvents serves $events.
func (b *base) getEvents(c *call) ([]byte, error) {
	in, err := c.check()
	if err != nil {
		return nil, err
	}
	answer, err := b.world.EventsBundle(callerOf(c.Request), c.id, world.EventsQuery{
		Since: first(in, "eventsSinceNumber"), Until: first(in, "eventsUntilNumber"), Content: first(in, "content"),
	})
	if err != nil {
		return nil, err
	}
	note := noteOf(c.Request)
	total := answer.Total // see noteToken
	note.Events, note.Total = answer.Numbers, &total
	return answer.Bundle, nil
}

// noteToken notes a token that is about to be handed over.
func (b *base) noteToken(c *call, answer binding.Answer) {
	note := noteOf(c.Request)
	expires := answer.Claims.Expires // a pointer into the answer would keep all of it for as long as the journal keeps the entry
	note.Subscriptions, note.JTI, note.Expires = answer.Claims.Subscriptions, answer.Claims.ID, &expires
	if note.WebsocketURL = answer.Claims.Audience[0]; c.strike.Fault != "" {
		note.WebsocketURL = textOf(answer.Body, "websocket-url")
	}
	if url, _, in := strings.Cut(note.WebsocketURL, "?"); in {
		note.WebsocketURL = url // without the token
	}
}

// resend serves $resend, whose answer is an OperationOutcome.
func (b *base) resend(c *call) ([]byte, error) {
	in, err := c.check()
	if err != nil {
		return nil, err
	}
	events, sinks, err := b.world.Resend(callerOf(c.Request), c.id, world.ResendQuery{
		SinceNumber: first(in, "eventsSinceNumber"), UntilNumber: first(in, "eventsUntilNumber"),
		SinceInstant: first(in, "eventsSinceInstant"), UntilInstant: first(in, "eventsUntilInstant"),
	})
	if err != nil {
		return nil, err
	}
	return resendOutcome(events, sinks), nil
}

// resendOutcome says what was sent again. That is no failure and has no code of
// core/fault, so it is written here.
func resendOutcome(events, sinks int) []byte {
	text := strconv.Itoa(events) + " events were sent again, to " + strconv.Itoa(sinks) + " websockets"
	body := []byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","diagnostics":`)
	return append(jsonscan.AppendString(body, text), "}]}"...)
}
