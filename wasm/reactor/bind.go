package main

import "github.com/wsbind/wsbind/core/binding"

// parseBind reads a frame that binds.
func (m *instance) parseBind(options, frame []byte) ([]byte, error) {
	if err := m.noOptions(options); err != nil {
		return nil, err
	}
	compact, err := binding.ParseBind(frame)
	if err != nil {
		return nil, err
	}
	w := m.writer()
	w.String("token", compact)
	return answered(&w), nil
}
