package binding

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
)

// Operation is $get-ws-binding-token as one server offers it. It may be used by
// several goroutines.
type Operation struct {
	config     Config
	contract   contract
	validators sync.Pool // of *opdef.Validator
}

// New checks a configuration. The error is a *[fault.Error] that names what is
// missing, or what keeps the definition from loading.
func New(c Config) (*Operation, error) {
	for _, required := range []struct {
		name  string
		given bool
	}{{"Release", c.Release != 0}, {"Base", c.Base != ""}, {"WebsocketURL", c.WebsocketURL != ""}, {"Signer", c.Signer != nil}} {
		if !required.given {
			return nil, fault.New(fault.Internal, "binding.Config."+required.name+" is missing")
		}
	}
	if c.Lifetime == 0 {
		c.Lifetime = DefaultLifetime
	}
	if c.Lifetime < time.Second || c.Lifetime > token.DefaultMaxLifetime {
		return nil, fault.New(fault.Internal, "binding.Config.Lifetime is "+c.Lifetime.String()+
			", from 1s to "+token.DefaultMaxLifetime.String()+" are accepted")
	}
	contract, err := newContract(c.Release, c.Definition)
	if err != nil {
		return nil, err
	}
	return &Operation{config: c, contract: contract}, nil
}

// keptRequest is the length of a request up to which the validator that read it
// serves the next one: larger ones are rare, and would leave their memory behind.
const keptRequest = 16 << 10

// Issue serves one request: it reads the request by the definition, asks which
// Subscriptions the caller may bind, has the token signed and writes the
// answer. The error is a *[fault.Invalid] for a request that breaks the
// definition, otherwise the selector's or the signer's, or a *[fault.Error].
func (o *Operation) Issue(r Request, selectIDs Selector) (Answer, error) {
	v, _ := o.validators.Get().(*opdef.Validator)
	if v == nil {
		v = opdef.NewValidator(o.contract.definition, o.contract.release)
	}
	if len(r.Body)+len(r.Query) <= keptRequest {
		defer o.validators.Put(v)
	}
	named, issues, err := read(v, r)
	if err != nil {
		return Answer{}, err
	}
	ids, err := o.selected(r, named, selectIDs)
	if err != nil {
		return Answer{}, err
	}
	start := r.Now.UTC().Truncate(time.Second)
	claims := token.Claims{
		Issuer:        o.config.Base,
		Audience:      []string{o.config.WebsocketURL},
		Subject:       r.Caller,
		IssuedAt:      start,
		NotBefore:     start,
		Expires:       start.Add(o.config.Lifetime.Truncate(time.Second)),
		ID:            r.TokenID,
		Subscriptions: ids,
		Release:       o.config.Release.String(),
	}
	compact, err := o.config.Signer.Issue(claims)
	if errors.Is(err, fault.TokenTooLarge) {
		return Answer{}, fault.New(fault.TooManyParameters, "the ids of "+strconv.Itoa(len(ids))+
			" Subscriptions make a token of more than "+strconv.Itoa(token.DefaultMaxSize)+" bytes: name fewer")
	}
	if err != nil {
		return Answer{}, err
	}
	body, err := WriteResponse(v, r.level(), Response{compact, claims.Expires, ids, o.config.WebsocketURL})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Body: body, Token: compact, Claims: claims, Issues: issues}, nil
}

func (r *Request) level() opdef.Level {
	if r.ID != "" {
		return opdef.InstanceLevel
	}
	return opdef.TypeLevel
}

// selected asks the selector for the ids that the token is to cover.
func (o *Operation) selected(r Request, named []string, selectIDs Selector) ([]string, error) {
	all := false
	switch {
	case r.ID != "":
		named = []string{r.ID} // "At the Instance level, this parameter is ignored"
	case len(named) == 0 && o.config.NoIDs == FailWithoutIDs:
		return nil, fault.At(fault.MissingParameter, "Parameters",
			`parameter "id": 0 values, this server needs at least 1: name the Subscriptions to bind`)
	case len(named) == 0:
		all = true
	case len(named) > token.MaxSubscriptions:
		return nil, fault.At(fault.TooManyParameters, "Parameters.parameter.where(name='id')",
			`parameter "id": `+strconv.Itoa(len(named))+" values, at most "+strconv.Itoa(token.MaxSubscriptions)+" allowed in one token")
	}
	ids, err := selectIDs(r.Caller, slices.Clone(named), all)
	if err != nil {
		return nil, err
	}
	if ids = token.Distinct(ids); len(ids) == 0 {
		return nil, fault.New(fault.NoSubscriptions, "the caller has no Subscription that a token could cover")
	}
	if len(ids) > token.MaxSubscriptions {
		return nil, fault.New(fault.TooManyParameters,
			strconv.Itoa(len(ids))+" Subscriptions, at most "+strconv.Itoa(token.MaxSubscriptions)+" fit in one token: name those to bind")
	}
	return ids, nil
}
