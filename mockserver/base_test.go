package mockserver

import (
	"strconv"
	"testing"

	"github.com/wsbind/wsbind/mockserver/socket"
)

// TestShownTokensAreBounded by their number: an expired one is worth knowing too.
func TestShownTokensAreBounded(t *testing.T) {
	var s shown
	for n := range 5 * maxShown {
		token := strconv.Itoa(n)
		s.add(token, socket.Grant{JTI: token})
		for _, known := range []int{n, max(0, n-maxShown+1)} {
			if g := s.find(strconv.Itoa(known)); g.JTI != strconv.Itoa(known) {
				t.Fatalf("token %d is forgotten after %d", known, n)
			}
		}
	}
	if n := len(s.recent) + len(s.older); n > 2*maxShown {
		t.Errorf("%d tokens are remembered", n)
	}
	if g := s.find("0"); g.JTI != "" {
		t.Error("the first token is still known")
	}
}
