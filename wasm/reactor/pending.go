package main

import (
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
)

// maxPending bounds what was begun and not ended.
const maxPending = 1024

// pending is a token between its begin and its end. It has one of the two.
type pending struct {
	handle int32
	issue  *token.Unsigned
	verify *token.Unverified
	raw    bool // verify: the payload is asked for
}

// begin keeps p, drops the oldest if there are too many, and returns a handle.
func (m *instance) begin(p pending) int32 {
	if len(m.pending) >= maxPending {
		m.pending = slices.Delete(m.pending, 0, len(m.pending)-maxPending+1)
	}
	p.handle = m.newHandle()
	m.pending = append(m.pending, p)
	return p.handle
}

// end returns what was begun with the handle and is of the kind, and drops it.
func (m *instance) end(handle int32, kind func(*pending) bool) (pending, error) {
	for i := len(m.pending) - 1; i >= 0; i-- {
		if p := m.pending[i]; p.handle == handle && kind(&p) {
			m.pending = slices.Delete(m.pending, i, i+1)
			return p, nil
		}
	}
	return pending{}, fault.New(fault.ExpiredHandle, "nothing that was begun has the handle "+strconv.Itoa(int(handle))+
		": it has ended, or was dropped because "+strconv.Itoa(maxPending)+" others were begun, or began on another instance")
}

func (p *pending) issues() bool   { return p.issue != nil }
func (p *pending) verifies() bool { return p.verify != nil }
func (p *pending) any() bool      { return true }

// cancel drops what was begun, if it is there.
func (m *instance) cancel(handle int32) bool {
	_, err := m.end(handle, (*pending).any)
	return err == nil
}
