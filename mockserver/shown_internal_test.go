package mockserver

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/wsbind/wsbind/mockserver/socket"
)

// TestTokensAreRememberedWithinBounds: any page can ask for tokens, and a clock
// that stands still lets none expire.
func TestTokensAreRememberedWithinBounds(t *testing.T) {
	var s shown
	hash := func(n int) [32]byte { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	wide := make([]string, 99)
	for n := range 3_000 {
		s.add(hash(n), socket.Grant{JTI: "x", Subscriptions: wide})
		s.add(hash(n), socket.Grant{JTI: "x", Subscriptions: wide})
	}
	if s.count() != maxShown/100 || len(s.places) != s.count() || len(s.slots) >= 2*maxShown {
		t.Errorf("%d tokens in %d places, %d slots are remembered", s.count(), len(s.places), len(s.slots))
	}
	for n := 3_000 - s.count(); n < 3_000; n++ {
		if s.find(hash(n)).JTI != "x" {
			t.Fatal("one of the latest is forgotten:", n)
		}
	}
	if s.find(hash(2_999)).JTI != "x" || s.find(hash(0)).JTI != "" {
		t.Error("it is not the latest that are remembered")
	}
	s.add(hash(5_000), socket.Grant{JTI: "y", Subscriptions: make([]string, 2*maxShown)})
	if s.find(hash(5_000)).JTI != "y" || s.count() != 1 {
		t.Error("the latest is forgotten, however wide it is")
	}
}
