package review

import (
	"testing"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// Sockets are found by their numbers, also where these end alike, on either base.
func TestSocketsAreFound(t *testing.T) {
	r := New(Config{})
	look := func(kind journal.Kind, fhir string, n uint64) *socket {
		e := &journal.Entry{Kind: kind, FHIR: fhir, Socket: n, Status: 101}
		r.Observe(e)
		return r.socket(e)
	}
	if look(journal.Sent, "R4", 1) != nil {
		t.Error("there is a socket before any was opened")
	}
	open := map[string][]uint64{"R4": {1, 9, 17, 1 << 40, 1<<40 + 1}, "R5": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	for fhir, numbers := range open {
		for _, n := range numbers {
			look(journal.Open, fhir, n)
		}
	}
	for range 2 {
		for fhir, numbers := range open {
			for _, n := range numbers {
				if s := look(journal.Sent, fhir, n); s == nil || s.n != n || s.fhir != fhir {
					t.Errorf("socket %d of %s: %+v", n, fhir, s)
				}
			}
		}
	}
	if look(journal.Close, "R4", 9) != nil || look(journal.Sent, "R4", 9) != nil {
		t.Error("a socket is found that was closed")
	}
	if look(journal.Sent, "R4", 1) == nil || look(journal.Sent, "R4", 25) != nil || look(journal.Sent, "R5", 9) == nil {
		t.Error("another socket is taken for the one that was closed")
	}
	if s := look(journal.Open, "R4", 9); s == nil || s.n != 9 {
		t.Error("a socket that was opened again is not found")
	}
}
