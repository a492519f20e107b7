//go:build linux

package main

import (
	"fmt"
	"path/filepath"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// sample is one round of one side.
type sample struct {
	rate   float64 // frames delivered a second
	events float64 // events a second
	cpu    float64 // microseconds of the server's processor time per frame
	client float64 // and of the client's
}

// saturate has a side deliver as much as it can.
func (s *side) saturate(o job.Order) (sample, error) {
	o.Do = "saturate"
	server, client := s.server.busy(), s.client.busy()
	a, err := s.client.order(o)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w%s", filepath.Base(s.server.Path), err, logged(s.server))
	}
	per := 1e6 / float64(a.Frames)
	return sample{float64(a.Frames) / a.Seconds, float64(a.Events) / a.Seconds,
		(s.server.busy() - server) * per, (s.client.busy() - client) * per}, nil
}
