package host

import (
	"context"
	"encoding/json"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/opdef"
)

// Validator judges the documents of one definition in one release, as
// opdef.Validator does. Several goroutines may use it.
type Validator struct {
	// MaxIssues bounds what is reported, 1 to 10,000; 0 means
	// [fault.DefaultMaxIssues]. It is to be set before the first use.
	MaxIssues int

	engine     *Engine
	definition *Definition
	release    fhir.Release
}

// NewValidator returns a validator for the documents of d in the release. The
// definition may be one that another engine loaded.
func (e *Engine) NewValidator(d *Definition, r fhir.Release) *Validator {
	return &Validator{engine: e, definition: d, release: r}
}

type validateOptions struct {
	Handle    uint32 `json:"handle"`
	Level     string `json:"level"`
	Release   string `json:"fhir"`
	MaxIssues int    `json:"maxIssues,omitempty"`
	Query     bool   `json:"query,omitempty"`
	Read      bool   `json:"read,omitempty"`
}

// Validate judges a request (In) or a response (Out) of the operation invoked
// at a level. The document is valid if [fault.Valid] says so of the issues. The
// error says that there is no verdict.
func (v *Validator) Validate(ctx context.Context, text []byte, u opdef.Use, l opdef.Level) ([]fault.Issue, error) {
	operation := "validate_request"
	if u == opdef.Out {
		operation = "validate_response"
	}
	var answer verdict
	return v.issues(text, v.call(ctx, operation, validateOptions{Level: l.String()}, text, &answer), &answer)
}

// ValidateQuery judges a request that is a GET: query is what stands behind the
// question mark.
func (v *Validator) ValidateQuery(ctx context.Context, query string, l opdef.Level) ([]fault.Issue, error) {
	var answer verdict
	text := []byte(query)
	return v.issues(text, v.call(ctx, "validate_request", validateOptions{Level: l.String(), Query: true}, text, &answer), &answer)
}

func (v *Validator) issues(text []byte, err error, answer *verdict) ([]fault.Issue, error) {
	if issues := v.engine.tooLarge(text, err); issues != nil {
		return issues, nil
	}
	return issuesOf(answer.Issues), err
}

func (v *Validator) call(ctx context.Context, operation string, o validateOptions, text []byte, out answered) (err error) {
	if o.Release, err = releaseOption(v.release); err != nil {
		return err
	}
	o.MaxIssues = v.MaxIssues
	return v.engine.with(ctx, func(i *instance) error {
		if o.Handle, err = i.handle(ctx, v.definition); err != nil {
			return err
		}
		return i.call(ctx, operation, marshal(o), text, out)
	})
}

// Response is what an answer of $get-ws-binding-token says to a client.
type Response struct {
	Token         string
	Expiration    time.Time // a date without time is its first instant, in UTC unless it has an offset
	Subscriptions []string  // ids, none twice; none at all if the server names none
	WebsocketURL  string
}

type responseAnswer struct {
	verdict
	Response *struct {
		Token         string
		Expiration    json.Number
		Subscriptions []string
		WebsocketURL  string
	}
}

// ReadResponse judges a response as Validate does and returns what it says. It
// is zero if the response is not valid, or if the definition is of another
// operation than $get-ws-binding-token.
func (v *Validator) ReadResponse(ctx context.Context, text []byte, l opdef.Level) (Response, []fault.Issue, error) {
	var answer responseAnswer
	err := v.call(ctx, "validate_response", validateOptions{Level: l.String(), Read: true}, text, &answer)
	issues, err := v.issues(text, err, &answer.verdict)
	r := answer.Response
	if err != nil || r == nil {
		return Response{}, issues, err
	}
	return Response{r.Token, date(r.Expiration), orNil(r.Subscriptions), r.WebsocketURL}, issues, nil
}
