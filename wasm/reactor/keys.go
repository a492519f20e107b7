package main

import "github.com/wsbind/wsbind/core/token"

// readKeys says what the keys of a JWK Set may be used for.
func (m *instance) readKeys(options, document []byte) ([]byte, error) {
	if err := m.noOptions(options); err != nil {
		return nil, err
	}
	keys, _, err := token.ReadKeys(document)
	if err != nil {
		return nil, err
	}
	return token.AppendKeys(m.scratch[:0], keys), nil
}
