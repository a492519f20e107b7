package world_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wsbind/wsbind/core/fhir"
)

// metronome is what a sink must hear of a Subscription's heartbeats.
type metronome struct {
	now, due, period int // in seconds; a period of 0 is none
	attached         bool
	want             []string
}

// restart is what a notification does, and an update.
func (m *metronome) restart() { m.due = m.now + m.period }

// second passes, with a heartbeat or without.
func (m *metronome) second(beat string) {
	if m.now++; m.attached && m.period > 0 && m.now == m.due {
		m.want = append(m.want, beat)
		m.restart()
	}
}

// A heartbeat comes a period after the last notification, to the second: whatever
// becomes of the period meanwhile, and however long the clock leaps.
func TestHeartbeatsKeepTime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, m := newScene(t, fhir.R4B), &metronome{}
		a, e := s.create(s.subscription(order{})).ID, s.ear()
		for range 30 {
			switch rapid.SampledFrom([]string{"wait", "wait", "event", "update", "attach", "detach"}).Draw(rt, "step") {
			case "wait":
				for seconds := rapid.IntRange(1, 40).Draw(rt, "seconds"); seconds > 0; {
					leap := rapid.IntRange(1, seconds).Draw(rt, "leap")
					s.clock.Advance(time.Duration(leap) * time.Second)
					for range leap {
						m.second("heartbeat")
					}
					seconds -= leap
				}
			case "event":
				if s.patient("male"); m.attached {
					m.want = append(m.want, "event-notification")
					m.restart()
				}
			case "update":
				m.period = rapid.SampledFrom([]int{0, 1, 5, 9, 30}).Draw(rt, "period")
				s.put("Subscription", a, s.subscription(order{heartbeat: m.period}))
				m.restart()
			case "attach":
				s.attach(e, a)
				m.attached, m.want = true, append(m.want, "handshake")
				m.restart()
			case "detach":
				s.Detach(e, nil)
				m.attached = false
			}
			if got := e.kinds(); !slices.Equal(got, m.want) {
				rt.Fatalf("after %d seconds: heard %q, want %q", m.now, got, m.want)
			}
		}
	})
}

// kinds lists what was heard, without its details.
func (e *ear) kinds() (kinds []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, line := range e.heard {
		kinds = append(kinds, strings.Fields(line)[1])
	}
	return kinds
}
