package main

import (
	"fmt"
	"os"
	"time"

	"github.com/wsbind/wsbind/mockserver/client/load"
	"github.com/wsbind/wsbind/mockserver/clock"
)

// meter shows the progress of a load on stderr: one line that is written over, or,
// where stderr is no terminal, a line every few seconds.
type meter struct {
	s        streams
	clock    clock.Clock
	terminal bool
	next     time.Time // a plain line is due
	wrote    bool      // the line on the terminal is to be cleared
}

// plainPeriod is between two plain lines.
const plainPeriod = 5 * time.Second

func newMeter(s streams, c clock.Clock) *meter {
	if c == nil {
		c = clock.Real()
	}
	return &meter{s: s, clock: c, terminal: terminal(s.err), next: c.Now().Add(plainPeriod)}
}

// terminal reports whether somebody may be looking.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// clearLine goes to the start of a terminal's line and clears it.
const clearLine = "\r\x1b[K"

func (m *meter) show(p load.Progress) {
	text := fmt.Sprintf("%s: %s of %s", p.Phase, thousands(p.Done), thousands(p.Of))
	if p.Phase == load.Loading {
		text += ", " + thousands(p.Delivered) + " deliveries read"
	}
	switch now := m.clock.Now(); {
	case m.terminal:
		fmt.Fprint(m.s.err, clearLine+"wsbind: "+text)
		m.wrote = true
	case !now.Before(m.next):
		m.s.say("%s", text)
		m.next = now.Add(plainPeriod)
	}
}

func (m *meter) end() {
	if m.wrote {
		fmt.Fprint(m.s.err, clearLine)
	}
}
