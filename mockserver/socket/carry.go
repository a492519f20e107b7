package socket

import (
	"slices"
	"sync"
	"time"

	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/wire"
)

// carrier is what it takes to bring frames to the network, kept from one socket to
// the next.
type carrier struct {
	batch   []message
	load    load
	attempt *wire.Attempt
	entry   journal.Entry
}

// load is frames that are written together.
type load struct {
	text   []byte // heads and payloads
	bytes  int    // of the payloads
	frames int
	at     time.Time // of the last one
}

var carriers = sync.Pool{New: func() any { return &carrier{attempt: wire.NewAttempt()} }}

// carryOnce brings what waits for a socket to the network, as far as that takes no
// waiting. What came meanwhile stands in line again, so that every socket has its
// turn; what would have to wait gets a goroutine.
func (c *conn) carryOnce(k *carrier) {
	batch, found := c.out.take(k.batch)
	switch found {
	case nothing:
		return
	case theEnd:
		go c.goodbye()
		return
	}
	rest, finish := c.carry(k, batch)
	if finish != nil || len(rest) > 0 {
		go c.carryOn(slices.Clone(rest), finish)
	} else if c.out.more() {
		c.hub.outlet.stand(c)
	}
	clear(batch)
	k.batch = batch[:0]
}

// carryOn brings frames, and what comes meanwhile, to the network and waits where
// it must. finish, unless nil, is the rest of a write that has begun.
func (c *conn) carryOn(rest []message, finish func()) {
	k := carriers.Get().(*carrier)
	defer carriers.Put(k)
	for found := some; found == some; {
		for len(rest) > 0 || finish != nil {
			switch {
			case finish != nil:
				finish()
				finish = nil
			case rest[0].struck() != "":
				c.strikeDown(k, &rest[0])
				rest = rest[1:]
			default:
				rest, finish = c.carry(k, rest)
			}
		}
		if rest, found = c.out.take(nil); found == theEnd {
			c.goodbye()
		}
	}
}

// carry writes messages until it would have to wait, or comes to one that a fault
// strikes. It returns those that are left, and what finishes the write that has
// begun. A message is noted before it is written: what the client does upon it
// stands behind it.
func (c *conn) carry(k *carrier, batch []message) (rest []message, finish func()) {
	wanted := c.out.wants() && !c.net.Stalled()
	for i := range batch {
		m := &batch[i]
		if m.struck() != "" || len(k.load.text) >= wire.Together {
			if finish = c.unload(k); finish != nil || m.struck() != "" {
				return batch[i:], finish
			}
			wanted = c.out.wants()
		}
		if !wanted || m.kept() {
			c.omit(k, m)
			continue
		}
		size := m.Size()
		k.load.text = m.Append(wire.AppendHead(k.load.text, size))
		k.load.bytes += size
		k.load.frames++
		k.load.at = m.at()
		c.noteFrame(&k.entry, m, journal.Sent)
	}
	return nil, c.unload(k)
}

// unload writes what is loaded. Where that would have to wait, finish does it.
func (c *conn) unload(k *carrier) (finish func()) {
	l := k.load
	if len(l.text) == 0 {
		return nil
	}
	rest, err := c.net.Try(l.text, k.attempt)
	if rest != nil {
		k.load = load{} // the text is not free before rest has written it
		return func() { c.unloaded(&l, rest()) }
	}
	c.unloaded(&l, err)
	if k.load = (load{text: l.text[:0]}); cap(l.text) > 2*wire.Together {
		k.load.text = nil
	}
	return nil
}

// unloaded notes what became of a write.
func (c *conn) unloaded(l *load, err error) {
	if err != nil {
		c.cut(l.at)
		l.frames = 0
	}
	c.out.done(l.bytes, l.frames)
}

// omit notes a message that is not written.
func (c *conn) omit(k *carrier, m *message) {
	if m.kept() {
		c.out.doneKept(m.Size())
	} else {
		c.out.done(m.Size(), 0)
	}
	if m.about != nil || m.odd.kind != kindClose {
		c.noteFrame(&k.entry, m, journal.Withheld)
	}
}

// strikeDown writes one message as the fault that strikes it wants, and notes it
// then: nobody knew before whether the client would get it.
func (c *conn) strikeDown(k *carrier, m *message) {
	if m.kept() || !c.out.wants() {
		c.omit(k, m)
		return
	}
	lost := c.arms(m)
	c.block(m.struck())
	if m.struck() == faults.Drop {
		c.lose(m.at()) // before the reader can tell
	}
	err := c.net.WriteText(m.Append(wire.AppendHead(nil, m.Size())))
	c.block("")
	if err != nil || m.struck() == faults.Drop { // which a stalled connection swallows
		c.cut(m.at())
	}
	sent := err == nil && !lost && !c.net.Stalled()
	kind, frames := journal.Withheld, 0
	if sent {
		kind, frames = journal.Sent, 1
	}
	c.out.done(m.Size(), frames)
	if m.about != nil || m.odd.kind != kindClose {
		c.noteFrame(&k.entry, m, kind)
	}
}

// goodbye closes the socket, if it is still there, once its queue is empty for good.
func (c *conn) goodbye() {
	defer close(c.written)
	if code, gone := c.out.ended(); code != "" && !gone {
		c.ws.Close(c.closeStatus(code), code.CloseReason())
	}
}

// noteFrame adds a message to the journal, by way of e.
func (c *conn) noteFrame(e *journal.Entry, m *message, kind journal.Kind) {
	j := c.hub.cfg.Journal
	if j == nil {
		return
	}
	m.describe(e, kind)
	e.Socket, e.Caller, e.FHIR, e.Dialect = c.number, c.caller(), c.hub.cfg.FHIR, string(c.hub.cfg.Dialect)
	j.AddFrame(e, m.frame())
}
