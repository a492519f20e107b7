package main

import (
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// setHeader reads the options of issue_begin.
func setHeader(h *token.Header, r *optionReader, name string, v jsonscan.Value) bool {
	switch name {
	case "alg":
		h.Algorithm = token.Algorithm(r.text(v))
	case "kid":
		h.KeyID = r.text(v)
	case "typ":
		h.Type = r.text(v)
	default:
		return false
	}
	return true
}

// issueBegin writes what is to be signed.
func (m *instance) issueBegin(options, document []byte) ([]byte, error) {
	var header token.Header
	err := m.readOptions(options, func(r *optionReader, name string, v jsonscan.Value) bool {
		return setHeader(&header, r, name, v)
	})
	if err != nil {
		return nil, err
	}
	claims, err := token.ReadClaims(document)
	if err != nil {
		return nil, err
	}
	u, err := token.Prepare(header, claims)
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
