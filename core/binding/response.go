package binding

import (
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// Response is what an answer says to a client.
type Response struct {
	Token         string
	Expiration    time.Time // a date without time is its first instant, in UTC
	Subscriptions []string  // ids, none twice; none at all if the server names none
	WebsocketURL  string
}

// appendResponse writes the answer for a token.
func appendResponse(dst []byte, compact string, c *token.Claims, websocketURL string) []byte {
	dst = append(dst, `{"resourceType":"Parameters","parameter":[`...)
	dst = appendParameter(dst, "token", "valueString", compact)
	dst = appendParameter(append(dst, ','), "expiration", "valueDateTime", c.Expires.UTC().Format(time.RFC3339))
	for _, id := range c.Subscriptions {
		dst = appendParameter(append(dst, ','), "subscription", "valueString", id)
	}
	dst = appendParameter(append(dst, ','), "websocket-url", "valueUrl", websocketURL)
	return append(dst, "]}"...)
}

func appendParameter(dst []byte, name, member, value string) []byte {
	dst = append(append(append(dst, `{"name":"`...), name...), `","`...)
	dst = append(append(dst, member...), `":`...)
	dst = jsonscan.AppendString(dst, value)
	return append(dst, '}')
}

// subscriptionID returns the id in a value of the parameter subscription: a
// bare id, Subscription/ID or an absolute URL that ends so (P§10).
func subscriptionID(value string) (string, bool) {
	id := value
	if before, after, found := cutLast(value, "/"); found {
		if before != "Subscription" && !(strings.HasSuffix(before, "/Subscription") && strings.Contains(before, "://")) {
			return "", false
		}
		id = after
	}
	return id, isID(id)
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
