package main

import (
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// issuance are the options of issue_begin, and of issue_token, which has one
// more.
type issuance struct {
	header token.Header
	key    []byte // issue_token: the text of a private JWK
}

func (o *issuance) set(r *optionReader, name string, v jsonscan.Value) bool {
	switch name {
	case "alg":
		o.header.Algorithm = token.Algorithm(r.text(v))
	case "kid":
		o.header.KeyID = r.text(v)
	case "typ":
		o.header.Type = r.text(v)
	default:
		return false
	}
	return true
}

// issueBegin writes what is to be signed.
func (m *instance) issueBegin(options, document []byte) ([]byte, error) {
	var o issuance
	if err := m.readOptions(options, o.set); err != nil {
		return nil, err
	}
	claims, err := token.ReadClaims(document)
	if err != nil {
		return nil, err
	}
	u, err := token.Prepare(o.header, claims)
	if err != nil {
		return nil, err
	}
	handle := m.begin(pending{issue: u})
	w := m.writer()
	w.Int("handle", int64(handle))
	w.String("signingInput", string(u.SigningInput()))
	return answered(&w), nil
}

// issueEnd takes the signature.
func (m *instance) issueEnd(handle int32, signature []byte) ([]byte, error) {
	p, err := m.end(handle, (*pending).issues)
	if err != nil {
		return nil, err
	}
	compact, err := p.issue.Finish(signature)
	return m.issued(compact, err)
}

// issued answers with a token.
func (m *instance) issued(compact string, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	w := m.writer()
	w.String("token", compact)
	return answered(&w), nil
}
