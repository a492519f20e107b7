package bridge

import (
	"strings"

	"github.com/wsbind/wsbind/core/token"
)

// readLegacy reads the two words that R4's websockets and HAPI's have for a client:
// bound ID, and ping ID for each event.
func readLegacy(frame []byte) Frame {
	word, id, _ := strings.Cut(strings.TrimRight(string(frame), "\r\n"), " ")
	if id = strings.TrimPrefix(id, "Subscription/"); !token.IsID(id) {
		return Frame{}
	}
	switch word {
	case "bound":
		return Frame{Kind: Bound, Subscriptions: []string{id}}
	case "ping":
		return Frame{Kind: Ping, Subscriptions: []string{id}}
	}
	return Frame{}
}
