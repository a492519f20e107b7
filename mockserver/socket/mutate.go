package socket

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/draw"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// What is here makes notifications wrong, or odd, by changing as little of their
// text as possible: whatever a client stumbles over is the fault and nothing
// else.

// mutation changes the text of a Bundle that concerns a Subscription.
type mutation func(b bundle, subscription string, chance draw.Draw) []byte

// mutations are the faults that are nothing but another text.
var mutations = map[string]mutation{
	faults.WrongSubscription: bundle.ofAnother,
	faults.WrongBundleType:   bundle.ofAnotherType,
	faults.MissingStatus:     bundle.withoutStatus,
	faults.MalformedJSON:     bundle.cutOff,
	faults.CounterAsNumber:   bundle.withNumbers,
	faults.EmptyBundle:       bundle.withoutEntries,
	faults.LongFraction:      bundle.withLongFractions,
	faults.UnknownExtension:  bundle.withExtension,
}

// bundle is a notification as text, and read.
type bundle struct {
	text []byte
	root jsonscan.Value
}

// mutate returns a changed copy of a frame. A frame that is no Bundle, as some
// dialects have, stays as it is.
func mutate(name string, frame []byte, subscription string, chance draw.Draw) []byte {
	var doc jsonscan.Document
	change := mutations[name]
	if change == nil || doc.Parse(frame, jsonscan.Limits{}) != nil || !doc.Root().Get("resourceType").Is("Bundle") {
		return frame
	}
	return change(bundle{frame, doc.Root()}, subscription, chance)
}

// edit is a part of a text and what it is replaced by.
type edit struct {
	at, length int
	by         string
}

func over(v jsonscan.Value, by string) edit { return edit{v.Offset(), v.Length(), by} }

// with returns the text with edits, which do not overlap.
func (b bundle) with(edits ...edit) []byte {
	slices.SortFunc(edits, func(x, y edit) int { return x.at - y.at })
	var out []byte
	end := 0
	for _, e := range edits {
		out = append(append(out, b.text[end:e.at]...), e.by...)
		end = e.at + e.length
	}
	return append(out, b.text[end:]...)
}

// without returns the text without members that stand between two others, or an
// item at the beginning of an array, up to what follows it.
func (b bundle) without(from, to int) []byte { return b.with(edit{from, to - from, ""}) }

func (b bundle) status() jsonscan.Value { return b.root.Get("entry").At(0).Get("resource") }

// ofAnother names another Subscription in the status and in the URL of its
// request. What the event is about stays as it is, be it a Subscription.
func (b bundle) ofAnother(subscription string, chance draw.Draw) []byte {
	name, another := []byte("Subscription/"+subscription), []byte("Subscription/not-yours-"+chance.ID()[:8])
	var edits []edit
	for _, v := range []jsonscan.Value{subscriptionOf(b.status()).Get("reference"), b.root.Get("entry").At(0).Get("request").Get("url")} {
		if v.Kind() == jsonscan.String {
			edits = append(edits, over(v, string(bytes.Replace(v.Raw(), name, another, 1))))
		}
	}
	return b.with(edits...)
}

// subscriptionOf returns the reference of a status: a member in R4B and R5, and a
// parameter in R4.
func subscriptionOf(status jsonscan.Value) jsonscan.Value {
	list := status.Get("parameter")
	for i := range list.Len() {
		if list.At(i).Get("name").Is("subscription") {
			return list.At(i).Get("valueReference")
		}
	}
	return status.Get("subscription")
}

// wrongTypes are types of Bundle that no notification has in any release.
var wrongTypes = []string{"searchset", "collection", "message", "transaction-response"}

func (b bundle) ofAnotherType(_ string, chance draw.Draw) []byte {
	return b.with(over(b.root.Get("type"), `"`+wrongTypes[chance.Below(len(wrongTypes))]+`"`))
}

func (b bundle) withoutStatus(string, draw.Draw) []byte {
	entries := b.root.Get("entry")
	if entries.Len() < 2 {
		return b.withoutEntries("", draw.Draw{})
	}
	return b.without(entries.At(0).Offset(), entries.At(1).Offset())
}

// cutOff cuts between two characters: a text frame that is no UTF-8 would be
// another fault (RFC 6455, section 8.1).
func (b bundle) cutOff(_ string, chance draw.Draw) []byte {
	end := len(b.text)/2 + chance.Below(len(b.text)/2-1)
	for !utf8.RuneStart(b.text[end]) {
		end--
	}
	return b.text[:end]
}

func (b bundle) withoutEntries(string, draw.Draw) []byte {
	entries := b.root.Get("entry")
	end := entries.Offset() + entries.Length()
	start := bytes.LastIndexByte(b.text[:bytes.LastIndex(b.text[:entries.Offset()], []byte(`"entry"`))], ',')
	return b.without(start, end)
}

// counters are the names of what counts, in R4B and R5, and in R4's Parameters.
var counters = []string{"eventNumber", "eventsSinceSubscriptionStart", "event-number", "events-since-subscription-start"}

func (b bundle) withNumbers(string, draw.Draw) []byte {
	var edits []edit
	var walk func(v jsonscan.Value)
	bare := func(v jsonscan.Value) {
		if v.Kind() == jsonscan.String {
			edits = append(edits, over(v, v.Text()))
		}
	}
	walk = func(v jsonscan.Value) {
		switch v.Kind() {
		case jsonscan.Array:
			for i := range v.Len() {
				walk(v.At(i))
			}
		case jsonscan.Object:
			if slices.ContainsFunc(counters[2:], v.Get("name").Is) {
				bare(v.Get("valueString"))
				return
			}
			for name, value := range v.Members() {
				if slices.ContainsFunc(counters[:2], name.Is) {
					bare(value)
				} else {
					walk(value)
				}
			}
		}
	}
	walk(b.status())
	return b.with(edits...)
}

// instant is one with a fraction of milliseconds, as the world writes them.
var instant = regexp.MustCompile(`"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z"`)

// withLongFractions writes nine digits, the most that R5 allows.
func (b bundle) withLongFractions(_ string, chance draw.Draw) []byte {
	digits := strings.Repeat("0", 6)
	if chance.Below(2) == 0 {
		digits = "1234567"[:6]
	}
	long := func(text []byte) string {
		return string(instant.ReplaceAllFunc(text, func(at []byte) []byte {
			return append(append(slices.Clone(at[:len(at)-2]), digits...), `Z"`...)
		}))
	}
	return b.with(over(b.root.Get("timestamp"), long(b.root.Get("timestamp").Raw())), over(b.status(), long(b.status().Raw())))
}

const unknownExtension = `{"extension":[{"url":"http://wsbind.example/StructureDefinition/nobody-knows-this","valueString":"pass over it"}],`

// withExtension adds an extension to every entry: a Bundle itself can have none.
func (b bundle) withExtension(string, draw.Draw) []byte {
	var edits []edit
	entries := b.root.Get("entry")
	for i := range entries.Len() {
		edits = append(edits, edit{entries.At(i).Offset(), 1, unknownExtension})
	}
	return b.with(edits...)
}
