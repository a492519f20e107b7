package journal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// conversation is what has an order of its own: a socket, or the requests of one
// caller. How the entries of two of them fall between one another depends on the
// network.
type conversation struct {
	fhir   string
	socket uint64
	caller string
}

func conversationOf(e *Entry) conversation {
	if e.Socket != 0 {
		return conversation{fhir: e.FHIR, socket: e.Socket}
	}
	return conversation{fhir: e.FHIR, caller: e.Caller}
}

func (c conversation) String() string {
	if c.socket != 0 {
		return fmt.Sprintf("%s socket %d", c.fhir, c.socket)
	}
	return strings.TrimSpace(c.fhir + " requests of " + c.caller)
}

// port is that of a loopback address in a URL.
var port = regexp.MustCompile(`(127\.0\.0\.1|localhost|\[::1\]):[0-9]+`)

// Transcript writes entries as text, by conversation (a socket, the requests of
// a caller) and in the order within each. Numbers, real times and ports are left
// out, and keys and signatures are in no entry: under a virtual clock, the same
// seed and the same actions of clients give the same text.
func Transcript(entries []Entry) string {
	texts := map[conversation]*strings.Builder{}
	var order []conversation
	for _, e := range entries {
		c := conversationOf(&e)
		if texts[c] == nil {
			texts[c] = new(strings.Builder)
			order = append(order, c)
		}
		e.N, e.Real, e.Arrived = 0, time.Time{}, time.Time{}
		line, _ := json.Marshal(e) // an Entry always can be
		texts[c].Write(port.ReplaceAll(line, []byte("$1")))
		texts[c].WriteByte('\n')
	}
	slices.SortFunc(order, func(a, b conversation) int { return strings.Compare(a.String(), b.String()) })
	var all strings.Builder
	for _, c := range order {
		all.WriteString("== " + c.String() + "\n" + texts[c].String())
	}
	return all.String()
}
