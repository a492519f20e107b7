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
	if len(s.grants) != maxShown/100 || len(s.order) != len(s.grants) {
		t.Errorf("%d tokens, %d in order are remembered", len(s.grants), len(s.order))
	}
	if s.find(hash(2_999)).JTI != "x" || s.find(hash(0)).JTI != "" {
		t.Error("it is not the latest that are remembered")
	}
	s.add(hash(5_000), socket.Grant{JTI: "y", Subscriptions: make([]string, 2*maxShown)})
	if s.find(hash(5_000)).JTI != "y" || len(s.order) != 1 {
		t.Error("the latest is forgotten, however wide it is")
	}
}
