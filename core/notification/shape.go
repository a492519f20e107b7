package notification

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// Shape is a notification that goes to many Subscriptions, written but for what
// each has of its own: one event on a topic makes one Shape and, by
// [Shape.Append], thousands of Bundles, which are copied together and not
// written anew. It is read-only: several goroutines may append from it.
type Shape struct {
	text  []byte
	holes []hole
	sizes [holeKinds]int // how many holes there are of each kind
}

// Fill is what one Subscription's notification has of its own.
type Fill struct {
	ID           UUID // of the Bundle and of its status
	Subscription Reference
	// Number is eventsSinceSubscriptionStart, and the number of the event if
	// the Shape has one.
	Number int64
}

// UUID is the id of a notification. Its text has lower case.
type UUID [16]byte

// Reference is the URL of a Subscription as a notification writes it. Make one
// with [NewReference] and keep it with the Subscription.
type Reference struct{ text string }

// hole is a place in Shape.text.
type hole struct {
	at   int
	kind holeKind
}

type holeKind uint8

const (
	idHole holeKind = iota
	subscriptionHole
	numberHole
	holeKinds
)

// uuidSize is the length of a UUID as text.
const uuidSize = 36

// NewShape returns the shape of n. What a [Fill] has is taken from there later,
// yet it must be good in n as well, for n is held to all that [Append] demands;
// Bundle and status share one id, and there is at most one event. The error is
// that of Append.
func NewShape(n Notification) (*Shape, error) {
	if err := refuse(&n); err != nil {
		return nil, err
	}
	if n.ID != n.Status.ID || len(n.Status.Events) > 1 || n.Status.EventsSinceStart == Unknown || n.Status.Type == QueryEvent {
		return nil, fault.New(fault.Internal, "a Shape has one id for the Bundle and its status, a counter, one event at most, and is no answer to $events")
	}
	s := &Shape{}
	w := writer{release: n.Release, shape: s}
	w.notification(&n)
	s.text = w.dst
	return s, nil
}

// hole notes that a Fill comes here, where a Shape is made, and reports whether
// one is.
func (w *writer) hole(kind holeKind) bool {
	if w.shape == nil {
		return false
	}
	w.shape.holes = append(w.shape.holes, hole{len(w.dst), kind})
	w.shape.sizes[kind]++
	return true
}

// Append appends the notification of one Subscription to dst and returns the
// result. It is what the function Append writes for the same values.
func (s *Shape) Append(dst []byte, f Fill) []byte {
	from := 0
	for _, h := range s.holes {
		dst = append(dst, s.text[from:h.at]...)
		from = h.at
		switch h.kind {
		case idHole:
			dst = f.ID.append(dst)
		case subscriptionHole:
			dst = append(dst, f.Subscription.text...)
		case numberHole:
			dst = strconv.AppendInt(dst, f.Number, 10)
		}
	}
	return append(dst, s.text[from:]...)
}

// Size returns how many bytes Append adds.
func (s *Shape) Size(f Fill) int {
	return len(s.text) + s.sizes[idHole]*uuidSize + s.sizes[subscriptionHole]*len(f.Subscription.text) +
		s.sizes[numberHole]*digits(f.Number)
}

// digits returns how many characters a number that is not negative has.
func digits(n int64) int {
	count := 1
	for ; n > 9; n /= 10 {
		count++
	}
	return count
}

// NewReference returns the reference to a Subscription, whose URL is absolute:
// [base]/Subscription/[id]. The error is that of [Append].
func NewReference(url string) (Reference, error) {
	if err := refuseSubscription(url); err != nil {
		return Reference{}, err
	}
	quoted := jsonscan.AppendString(nil, url)
	return Reference{string(quoted[1 : len(quoted)-1])}, nil
}

// String returns the UUID as text.
func (u UUID) String() string { return string(u.append(nil)) }

func (u UUID) append(dst []byte) []byte {
	const hex = "0123456789abcdef"
	for i, b := range u {
		switch i {
		case 4, 6, 8, 10:
			dst = append(dst, '-')
		}
		dst = append(dst, hex[b>>4], hex[b&15])
	}
	return dst
}
