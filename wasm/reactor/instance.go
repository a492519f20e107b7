package main

import (
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/token"
)

// instance is what one instance of the module holds between calls, but for its
// buffers.
type instance struct {
	lastHandle  int32 // handles of all kinds, so that they are not mistaken for each other
	definitions []*contract
	builtIn     []*contract // those that were used
	checker     notification.Checker
	pending     []pending           // the oldest first
	spare       []*token.Unverified // verifications that are over, to be used again
	options     jsonscan.Document
	requests    remembered[validation]
	responses   remembered[validation]
	bundles     remembered[bundleOptions]
	verifying   remembered[verification]
	scratch     []byte // where answers are put together
}

var current = new(instance)

// successor returns what takes the place of an instance that panicked: its
// handles are gone, and are not given out again.
func (m *instance) successor() *instance { return &instance{lastHandle: m.lastHandle} }

// newHandle returns a handle that was not given out before, as far as 31 bits
// reach.
func (m *instance) newHandle() int32 {
	if m.lastHandle++; m.lastHandle <= 0 {
		m.lastHandle = 1
	}
	return m.lastHandle
}

// shrink drops the memory that a large document made grow: without it every
// validator would keep as much as its largest document needed.
func (m *instance) shrink() {
	for _, contracts := range [...][]*contract{m.builtIn, m.definitions} {
		for _, c := range contracts {
			clear(c.validators[:])
		}
	}
	m.requests, m.responses = remembered[validation]{}, remembered[validation]{} // which have them, too
	m.checker = notification.Checker{}
	m.options = jsonscan.Document{}
}
