package gate

import (
	"sync"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// judge looks at the notifications of the FHIR server.
type judge struct {
	check    Check
	release  fhir.Release
	observe  Observer
	checkers sync.Pool
}

func newJudge(cfg *Config) *judge {
	return &judge{
		check: cfg.Check, release: cfg.Upstream.Release, observe: cfg.Observe,
		checkers: sync.Pool{New: func() any { return new(notification.Checker) }},
	}
}

// frames returns what a client is sent for a frame of the FHIR server.
func (j *judge) frames(frame []byte, socket uint64) [][]byte {
	if j.check == "" {
		return [][]byte{frame}
	}
	c := j.checkers.Get().(*notification.Checker)
	defer j.checkers.Put(c)
	issues := c.Check(frame, j.release)
	if fault.Valid(issues) {
		return [][]byte{frame}
	}
	for _, i := range issues {
		if i.Severity.Invalidates() {
			j.observe(Event{Name: NotificationRefused, Code: i.Code, Detail: i.Diagnostics, Socket: socket})
			break
		}
	}
	switch j.check {
	case Drop:
		return nil
	case Annotate:
		return [][]byte{fhir.AppendOutcome(nil, frame, issues), frame}
	}
	return [][]byte{frame}
}
