package journal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// conversation is what has an order of its own: the requests of one caller, and
// of a socket what the client sent, what the server did, and what ended. How the
// entries of two of them fall between one another depends on the network.
type conversation struct {
	fhir   string
	caller string
	socket int // counts the sockets of a caller, whatever others open; 0 for requests
	side   string
}

func (c conversation) String() string {
	if c.socket == 0 {
		return strings.TrimSpace(c.fhir + " requests of " + c.caller)
	}
	return fmt.Sprintf("%s socket %d of %s, %s", c.fhir, c.socket, c.caller, c.side)
}

// socket is a socket of one base.
type socket struct {
	fhir   string
	number uint64
}

// conversations finds out whose every socket is.
func conversations(entries []Entry) func(e *Entry) conversation {
	owners, order := map[socket]string{}, []socket(nil)
	for _, e := range entries {
		s := socket{e.FHIR, e.Socket}
		owner, known := owners[s]
		if e.Socket == 0 || owner != "" {
			continue
		}
		if owners[s] = e.Caller; !known {
			order = append(order, s)
		}
	}
	numbers, counts := map[socket]int{}, map[socket]int{}
	for _, s := range order {
		of := socket{fhir: s.fhir + " " + owners[s]}
		counts[of]++
		numbers[s] = counts[of]
	}
	return func(e *Entry) conversation {
		s := socket{e.FHIR, e.Socket}
		return conversation{e.FHIR, cmp.Or(owners[s], e.Caller), numbers[s], sideOf(e)}
	}
}

// sideOf says which part of a socket's conversation an entry belongs to.
func sideOf(e *Entry) string {
	switch {
	case e.Socket == 0:
		return ""
	case e.Kind == Sent || e.Kind == Withheld:
		return "frames of the server"
	case e.Kind == Unbound:
		return "ends of bindings"
	}
	return "the client"
}

// port is that of a loopback address in a URL.
var port = regexp.MustCompile(`(127\.0\.0\.1|localhost|\[::1\]):[0-9]+`)

// Transcript writes entries as text, by conversation (the requests of a caller,
// either side of a socket) and in the order within each. Sockets are counted by
// caller. Numbers, real times and ports are left out, and keys and signatures are
// in no entry: under a virtual clock, the same seed and the same actions of
// clients give the same text.
func Transcript(entries []Entry) string {
	texts := map[conversation]*strings.Builder{}
	var order []conversation
	conversationOf := conversations(entries)
	for _, e := range entries {
		c := conversationOf(&e)
		if texts[c] == nil {
			texts[c] = new(strings.Builder)
			order = append(order, c)
		}
		e.N, e.Real, e.Arrived, e.Socket = 0, time.Time{}, time.Time{}, 0
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
