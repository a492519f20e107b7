package review

import "github.com/wsbind/wsbind/mockserver/journal"

// nearby is where the sockets of a base stand in the table, by the last bits of
// their numbers. Those count up, so that of sockets that are open at a time few are
// in each other's way; who is not here is looked up.
type nearby []*row[socketKey, socket]

// fit makes a place for each of so many sockets.
func (n *nearby) fit(sockets int) {
	if sockets > len(*n) {
		*n = make(nearby, max(8, 2*len(*n)))
	}
}

// socket returns the one that an entry is about, or nil.
func (r *Reviewer) socket(e *journal.Entry) *socket {
	b := r.base(e.FHIR)
	if len(b.near) == 0 {
		return nil // there has been none
	}
	place := &b.near[e.Socket&uint64(len(b.near)-1)]
	if *place == nil || (*place).key.n != e.Socket || (*place).used == 0 {
		*place = r.sockets.byKey[socketKey{b, e.Socket}]
	}
	return r.sockets.still(*place)
}
