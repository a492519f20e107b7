package review

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// The dialects that have rules of their own here.
const (
	spec    = "spec"
	medplum = "medplum"
	legacy  = "legacy"
	query   = "query"
)

// open takes an opening handshake.
func (r *Reviewer) open(e *journal.Entry) {
	b := r.base(e.FHIR)
	b.opens++
	r.judgeChain(e, b)
	r.useShot(b, e)
	if e.Status != 101 {
		r.refusedOpen(e)
		b.chain.ended(point{e.Time, e.Real}, e.N)
		return
	}
	s, fresh := r.sockets.need(socketKey{b, e.Socket})
	if fresh {
		*s = socket{
			base: b, fhir: e.FHIR, n: e.Socket, caller: e.Caller, path: openedPath(e),
			opened: point{e.Time, e.Real}, dialect: e.Dialect,
		}
		b.live++
		b.near.fit(b.live)
	}
	r.note(e, Connected, e.Caller, nil)
	if e.JTI != "" { // the query dialect binds by its URL, for which there is an entry of its own
		r.showed(e, s)
	}
}

// refusedOpen takes an opening handshake that failed. A token in its URL was shown
// all the same, and what was wrong with it was told by the answer.
func (r *Reviewer) refusedOpen(e *journal.Entry) {
	r.note(e, FailedToConnect, e.Caller, nil, "status", strconv.Itoa(e.Status), "code", e.Verdict)
	r.judgeURL(e)
	r.judgeFailedOpen(e)
	if e.JTI == "" || e.Verdict == "" || e.Verdict == journal.Good {
		return
	}
	s := &socket{base: r.base(e.FHIR), fhir: e.FHIR, caller: e.Caller, path: openedPath(e), dialect: e.Dialect}
	r.showed(e, s)
	r.bindEnded(e, s)
	for _, t := range s.pending {
		r.learn(s, t, point{e.Time, e.Real}, e.N)
	}
}

func openedPath(e *journal.Entry) string { return path(cmp.Or(e.WebsocketURL, e.Path)) }

// judgeURL looks at where a client has tried to open a websocket: at a path that
// no answer has ever named, to whomever. Where it could open one, its bind will
// tell. Only paths count, for a host has many names. A client that was answered
// nothing yet may come from before a restart.
func (r *Reviewer) judgeURL(e *journal.Entry) {
	at := openedPath(e)
	if ownURL(e.Dialect) || len(r.paths) == 0 || len(r.paths) >= maxPaths || r.paths[at] {
		return
	}
	if r.base(e.FHIR).issued.count == 0 && e.FHIR != "" {
		return
	}
	r.found(about(IgnoredWebsocketURL, e, e.Caller, "", "it tried to open a websocket at "+fault.Quote(at)+
		", a path that no answer of $get-ws-binding-token has named"))
}

// ownURL reports whether clients of a dialect have their URL from elsewhere.
func ownURL(dialect string) bool { return dialect == medplum || dialect == legacy }

// received takes a frame of a client.
func (r *Reviewer) received(e *journal.Entry) {
	s := r.socket(e)
	if s == nil {
		return
	}
	s.dialect = cmp.Or(e.Dialect, s.dialect)
	s.speaksAs(cmp.Or(s.caller, e.Caller))
	r.judgeFrame(e, s)
	if !strings.HasPrefix(e.Type, "bind") {
		return
	}
	if !byOpening(e, s) {
		s.tried = true
		r.showed(e, s)
	}
	r.bindEnded(e, s)
}

// byOpening reports whether an entry stands for no frame: in the query dialect the
// opening handshake, which has shown the token already, binds.
func byOpening(e *journal.Entry, s *socket) bool { return s.dialect == query && e.Bytes == 0 }

// judgeFrame looks at the form of a frame.
func (r *Reviewer) judgeFrame(e *journal.Entry, s *socket) {
	if byOpening(e, s) {
		return
	}
	say := func(code, severity, message string) {
		f := about(code, e, s.caller, "", message)
		f.Severity = severity
		r.found(f)
	}
	severity := ""
	if e.Verdict == "" || e.Verdict == journal.Good {
		severity = information
	}
	spoken := spokenIn(e)
	switch own := cmp.Or(s.dialect, spec); {
	case e.Verdict == string(fault.BinaryFrame):
		say(BinaryFrame, "", "it sent a binary frame at "+hour(e.Time))
	case spoken == "" && e.Type == "unknown":
		say(UnknownFrame, "", "it sent a frame that no dialect knows at "+hour(e.Time))
		r.note(e, SentUnknown, s.caller, nil)
	case spoken != "" && spoken != own:
		say(ForeignDialect, severity, "it sent a frame of the dialect "+spoken+" at "+hour(e.Time)+" to a server that speaks "+own)
	case e.Type == "bind-colon":
		say(ColonBind, "", "it bound by bind-with-token: TOKEN")
	}
}

// spokenIn names the dialect that a frame belongs to, "" where none has it.
func spokenIn(e *journal.Entry) string {
	kind, _, _ := strings.Cut(strings.TrimSpace(e.Text), " ")
	var frame struct{ Type string }
	switch {
	case e.Type == "bind-json" || e.Type == "unbind" || e.Type == "ping":
		return medplum
	case strings.HasPrefix(kind, "bind-with-token"):
		return spec
	case kind == "bind":
		return legacy
	case json.Unmarshal([]byte(e.Text), &frame) != nil:
	case slices.Contains([]string{"bind-with-token", "unbind-from-token", "ping"}, frame.Type):
		return medplum
	}
	return ""
}

// closed takes the end of a socket.
func (r *Reviewer) closed(e *journal.Entry) {
	s := r.socket(e)
	if s == nil {
		return
	}
	at := point{e.Time, e.Real}
	cut := hasFault(e, faults.Drop) || s.broken
	cause := clientEnd
	if e.By == "server" || cut {
		cause = serverEnd
	}
	r.note(e, Closed, s.caller, s.ids(), "by", cmp.Or(e.By, "nobody"), "code", strconv.Itoa(e.Code), "reason", e.Reason)
	for _, id := range s.ids() {
		r.detach(s, id, cause, at, e.N)
	}
	if e.By == "server" && !cut {
		for _, t := range s.pending {
			r.learn(s, t, at, e.N)
		}
		r.judgeClose(e, s)
	}
	b := s.base
	r.sockets.remove(socketKey{b, s.n})
	b.live--
	if cause == clientEnd || s.good {
		b.chain = chain{}
	} else {
		b.chain.ended(at, e.N)
	}
}

// judgeClose looks at why the server closed a socket.
func (r *Reviewer) judgeClose(e *journal.Entry, s *socket) {
	switch {
	case e.Reason == string(fault.BindTimeout) && !s.tried && !s.good && r.passed(s.opened, point{e.Time, e.Real}, time.Second):
		r.found(about(NeverBound, e, s.caller, "", "it opened a websocket at "+hour(s.opened.tenant)+" and sent no bind frame until "+hour(e.Time)))
	case e.Code == 1003 && e.Reason == string(fault.BinaryFrame) && r.findings[findingKey{BinaryFrame, e.FHIR, s.caller, ""}] == nil:
		r.found(about(BinaryFrame, e, s.caller, "", "it sent a binary frame at "+hour(e.Time)))
	}
}

// fail notes that a socket may be dead without the server's knowing: what is sent
// on it reaches nobody, for all that is known.
func (r *Reviewer) fail(s *socket, e *journal.Entry) {
	if s.broken {
		return
	}
	for _, id := range s.ids() {
		r.detach(s, id, serverEnd, point{e.Time, e.Real}, e.N)
	}
	s.broken = true
}
