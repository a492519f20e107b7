package record

import (
	"slices"
	"strings"
	"sync"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// reader makes moments of the frames of one websocket. It knows the dialect by
// what is sent.
type reader struct {
	r      *Recorder
	socket int

	mu      sync.Mutex // both directions are read at once
	dialect socket.Dialect
	checker notification.Checker // of the server's frames
}

// spoken returns the dialect, and sets it where it was not known.
func (r *reader) spoken(d socket.Dialect) socket.Dialect {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dialect == "" {
		r.dialect = d
		r.r.tape.speak(d)
	}
	return r.dialect
}

// opened takes the opening handshake, which binds where a token stands in the URL.
func (r *reader) opened(token string) {
	if token != "" {
		r.spoken(socket.Query)
		r.bound(token)
	}
}

func (r *reader) bound(token string) {
	r.r.tape.add(moment{kind: bind, socket: r.socket, subs: r.r.known.show(r.socket, token)})
}

// fromClient takes a frame of the client.
func (r *reader) fromClient(binary bool, text []byte) {
	if binary {
		return
	}
	if token, err := binding.ParseBind(text); err == nil {
		if r.spoken(socket.Spec) != socket.Query { // there the frame is one too many
			r.bound(token)
		}
		return
	}
	if id, ok := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), "bind "); ok {
		r.spoken(socket.Legacy)
		if name := r.r.known.subscription(id); name != "" {
			r.r.tape.add(moment{kind: bind, socket: r.socket, subs: []string{name}})
			r.r.learn(id, nil)
		}
		return
	}
	var doc jsonscan.Document
	if doc.Parse(text, jsonscan.Limits{MaxBytes: maxBytes}) != nil {
		return
	}
	switch kind := doc.Root().Get("type"); {
	case kind.Is("bind-with-token"):
		r.spoken(socket.Medplum)
		if token := doc.Root().Get("payload").Get("token").Text(); token != "" {
			r.bound(token)
		}
	case kind.Is("ping"), kind.Is("unbind-from-token"):
		r.spoken(socket.Medplum)
	}
}

// fromServer takes a frame of the server.
func (r *reader) fromServer(binary bool, text []byte) {
	switch {
	case binary:
		r.add(moment{kind: mangled, fault: faults.BinaryFrame})
	case r.legacy(string(text)):
	default:
		r.json(text)
	}
}

func (r *reader) add(m moment) {
	m.socket = r.socket
	r.r.tape.add(m)
}

// legacy takes the two frames of that dialect.
func (r *reader) legacy(text string) bool {
	verb, id, ok := strings.Cut(strings.TrimRight(text, "\r\n"), " ")
	if !ok || verb != "bound" && verb != "ping" {
		return false
	}
	name := r.r.known.subscription(id)
	if name == "" {
		return false
	}
	k := handshake
	if verb == "ping" {
		k = event
	}
	r.add(moment{kind: k, subs: []string{name}, counter: notification.Unknown})
	return true
}

// json takes a frame that should be a Bundle.
func (r *reader) json(text []byte) {
	var doc jsonscan.Document
	if doc.Parse(text, jsonscan.Limits{MaxBytes: maxBytes}) != nil {
		r.add(moment{kind: mangled, fault: faults.MalformedJSON})
		return
	}
	root := doc.Root()
	switch {
	case root.Get("resourceType").Is("OperationOutcome"):
		code := root.Get("issue").At(0).Get("details").Get("coding").At(0).Get("code").Text()
		r.add(moment{kind: outcome, word: knownReason(code)})
		return
	case root.Get("type").Is("pong"):
		return
	case !root.Get("resourceType").Is("Bundle"):
		r.add(moment{kind: unlisted, word: "a frame that is no Bundle"})
		return
	case root.Get("entry").Len() == 0:
		r.add(moment{kind: mangled, fault: faults.EmptyBundle})
		return
	}
	t, ok := readTold(root)
	if !ok {
		r.add(moment{kind: mangled, fault: faults.MissingStatus})
		return
	}
	if root.Get("entry").At(1).Get("resource").Get("resourceType").Is("SubscriptionStatus") && t.kind != "heartbeat" {
		r.add(moment{kind: unlisted, word: "a notification with several statuses"})
	}
	r.notification(&t, root, text)
}

// notification takes what a status says. A heartbeat may have several statuses, of
// as many Subscriptions; it means nothing to the recording.
func (r *reader) notification(t *told, root jsonscan.Value, text []byte) {
	id := idOf(t.subscription)
	if r.r.known.foreign(r.socket, id) {
		r.add(moment{kind: mangled, fault: faults.WrongSubscription})
		return
	}
	name := r.r.known.subscription(id)
	if name == "" {
		r.add(moment{kind: mangled, fault: faults.MissingStatus})
		return
	}
	m := moment{subs: []string{name}, counter: t.counter}
	switch t.kind {
	case "handshake":
		m.kind = handshake
	case "heartbeat":
		m.kind = heartbeat
	case "query-status":
		m.kind, m.word = status, stateWord(t.state)
	case "event-notification":
		m.kind, m.numbers = event, t.numbers
		m.fault = struck(r.checker.Check(text, r.r.release))
		m.focus = focus{r.r.known.reference(t.focus), interaction(root, t.focus)}
	default:
		m.kind, m.word = unlisted, "a notification of a type that is not pushed"
	}
	r.add(m)
}

// struck names the fault that shows in a notification, of those that leave it
// readable.
func struck(issues []fault.Issue) string {
	for _, i := range issues {
		switch i.Code {
		case fault.WrongBundleType:
			return faults.WrongBundleType
		case fault.CounterAsNumber:
			return faults.CounterAsNumber
		}
	}
	return ""
}

// stateWord keeps a status of FHIR's.
func stateWord(state string) string {
	if slices.Contains([]string{"requested", "active", "error", "off", "entered-in-error"}, state) {
		return state
	}
	return ""
}
