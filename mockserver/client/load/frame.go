package load

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// What a frame says is found by searching for a few words, in whatever order and
// with whatever white space a server writes JSON. Nothing here is a parser, on
// purpose: reading must cost next to nothing beside what is measured.

// kind is what a frame is.
type kind int

const (
	other kind = iota
	event
	handshake
	heartbeat
	pong
)

var (
	opening       = []byte("{")
	closing       = []byte("}")
	pingWord      = []byte("ping ")
	boundWord     = []byte("bound ")
	subscription  = []byte("Subscription/")
	handshakeWord = []byte(`"handshake"`)
	heartbeatWord = []byte(`"heartbeat"`)
	eventWord     = []byte(`"event-notification"`)
	pongWord      = []byte(`"pong"`)
	numberMember  = []byte(`"eventNumber"`)  // R4B, R5
	numberPart    = []byte(`"event-number"`) // R4, the name of a part whose value follows
	valueMember   = []byte(`"valueString"`)
)

// kindOf tells what a Bundle, or another frame in JSON, is.
func kindOf(frame []byte) kind {
	switch {
	case bytes.Contains(frame, eventWord):
		return event
	case bytes.Contains(frame, handshakeWord):
		return handshake
	case bytes.Contains(frame, heartbeatWord):
		return heartbeat
	case bytes.Contains(frame, pongWord):
		return pong
	}
	return other
}

// whole reports whether a frame is JSON to its end. A client cannot read what was cut
// off, whatever can be found in it. Counting braces is quick, and tells; only where they
// do not match, as they need not in texts, is the frame read.
func whole(frame []byte) bool {
	frame = bytes.TrimRight(frame, " \t\r\n")
	if bytes.HasSuffix(frame, closing) && bytes.Count(frame, opening) == bytes.Count(frame, closing) {
		return true
	}
	var doc jsonscan.Document
	return doc.Parse(frame, jsonscan.Limits{MaxBytes: maxBytes}) == nil
}

// markers appends the numbers of the events that a frame is about, each once, in
// the order of their first marker. A marker is the prefix and a number.
func markers(dst []int, frame, prefix []byte) []int {
	for {
		i := bytes.Index(frame, prefix)
		if i < 0 {
			return dst
		}
		frame = frame[i+len(prefix):]
		n, digits := decimal(frame)
		if digits > 0 && !slices.Contains(dst, n) {
			dst = append(dst, n)
		}
	}
}

// numbers appends the event numbers of a frame. 0 is none: a server that does not
// count says it of every event.
func numbers(dst []int, frame []byte) []int {
	member := numberMember
	if !bytes.Contains(frame, numberMember) {
		member = numberPart
	}
	for {
		i := bytes.Index(frame, member)
		if i < 0 {
			return dst
		}
		frame = frame[i+len(member):]
		rest := frame
		if &member[0] == &numberPart[0] {
			if i = bytes.Index(rest, valueMember); i < 0 {
				return dst
			}
			rest = rest[i+len(valueMember):]
		}
		if n, digits := decimal(bytes.TrimLeft(rest, " \t\r\n:\"")); digits > 0 && n > 0 {
			dst = append(dst, n)
		}
	}
}

// decimal reads the number that a text begins with.
func decimal(text []byte) (n, digits int) {
	const most = 15
	for digits < len(text) && digits < most && text[digits]-'0' <= 9 {
		n = n*10 + int(text[digits]-'0')
		digits++
	}
	return n, digits
}

// subscriptionOf returns the place, among ids, of the Subscription that a frame is
// about: the first that it names. start is where to begin comparing. -1: of none.
func subscriptionOf(frame []byte, subs []*tally, start int) int {
	for {
		i := bytes.Index(frame, subscription)
		if i < 0 {
			return -1
		}
		frame = frame[i+len(subscription):]
		end := 0
		for end < len(frame) && idByte(frame[end]) {
			end++
		}
		if at := place(frame[:end], subs, start); at >= 0 {
			return at
		}
	}
}

// place finds an id among the Subscriptions of a socket, which are few. Events
// mostly come to one after the other.
func place(id []byte, subs []*tally, start int) int {
	for n := range subs {
		at := (start + n) % len(subs)
		if subs[at].id == string(id) {
			return at
		}
	}
	return -1
}

// idByte reports whether a byte may stand in a FHIR id.
func idByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b == '-' || b == '.'
}

// shorten keeps a stranger's text from flooding a report.
func shorten(text string) string {
	const most = 200
	text = strconv.QuoteToASCII(text)
	text = strings.ReplaceAll(text[1:len(text)-1], `\"`, `"`) // JSON is quoted, mostly
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}
