package gate

import (
	"context"
	"slices"

	"github.com/wsbind/wsbind/core/fault"
)

// occasion is why something is bound.
type occasion uint8

const (
	asked     occasion = iota // the client asks for it
	renewed                   // the gate's own ticket is renewed, which the client must not notice
	recovered                 // the server was lost
)

// awaited is a bind in progress. A server may send events before the handshake, and
// handshakes in an order of its own (P§4): they are kept until it is their turn. Its
// members are guarded by the channel's mu.
type awaited struct {
	link  *link
	why   occasion
	order []string // whose are due
	next  int      // whose turn it is
	came  map[string]bool
	ended []string // which the server has let go of since they came
	kept  map[string][][]byte
	bytes int // of what is kept

	code, text string // of an outcome or a close of the server's
	err        error
	over       bool
	done       chan struct{} // closed when it is over
}

func newAwaited(k *link, ids []string, why occasion) *awaited {
	return &awaited{link: k, why: why, order: ids, came: map[string]bool{}, kept: map[string][][]byte{}, done: make(chan struct{})}
}

// wait returns when the bind is over.
func (w *awaited) wait(ctx context.Context) error {
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *awaited) end(err error) {
	if !w.over {
		w.over, w.err = true, err
		close(w.done)
	}
}

// refuse takes an outcome of the server's: what is not bound by now will not be.
func (w *awaited) refuse(code, text string) {
	if !w.over {
		w.code, w.text = code, text
	}
	w.end(nil)
}

// missing is why a Subscription was left out.
func (w *awaited) missing() error {
	if code := fault.Code(w.code); code == fault.RevokedToken || code == fault.UpstreamUnavailable {
		return code
	}
	return fault.UnknownSubscription
}

// lasting are those of what came that the server has not let go of already.
func (w *awaited) lasting(bound []string) []string {
	return slices.DeleteFunc(slices.Clone(bound), func(id string) bool { return slices.Contains(w.ended, id) })
}

// awaits reports whether a handshake is due.
func (w *awaited) awaits(id string) bool { return slices.Contains(w.order, id) && !w.came[id] }

// keeps reports whether frames of a Subscription wait: for its handshake, or for the
// turn of that.
func (w *awaited) keeps(id string) bool {
	return slices.Index(w.order, id) >= w.next
}

// keep keeps a frame, and reports whether there is room for it.
func (w *awaited) keep(id string, text []byte, most int) bool {
	w.bytes += len(text)
	if w.bytes > most {
		return false
	}
	w.kept[id] = append(w.kept[id], text)
	return true
}

// arrive takes a handshake and returns what may be told now.
func (w *awaited) arrive(id string, text []byte) []told {
	w.came[id] = true
	if w.why != renewed {
		w.kept[id] = slices.Insert(w.kept[id], 0, text)
	}
	ready := w.ready()
	if len(w.came) == len(w.order) {
		w.end(nil)
	}
	return ready
}

// told is a frame for the client.
type told struct {
	id   string
	text []byte
}

// ready takes what may be told: all of those whose turn has come.
func (w *awaited) ready() (list []told) {
	for w.next < len(w.order) && w.came[w.order[w.next]] {
		list = append(list, w.take(w.order[w.next])...)
		w.next++
	}
	return list
}

// rest takes what those have that are bound, past those that are not.
func (w *awaited) rest() (list []told) {
	for ; w.next < len(w.order); w.next++ {
		if w.came[w.order[w.next]] {
			list = append(list, w.take(w.order[w.next])...)
		}
	}
	return list
}

func (w *awaited) take(id string) (list []told) {
	for _, text := range w.kept[id] {
		list = append(list, told{id, text})
	}
	delete(w.kept, id)
	return list
}

// release tells the client. The caller holds mu.
func (c *guideChannel) release(list []told) {
	for _, t := range list {
		c.listener.notification(t.text, t.id)
	}
}
