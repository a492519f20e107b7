package mockserver

import (
	"context"
	"net/http"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// noteKey finds the journal's entry in the context of a request.
type noteKey struct{}

// noteOf returns the entry about a request, for whoever answers it to fill in.
// It is one that nobody reads where the request is not noted.
func noteOf(r *http.Request) *journal.Entry {
	if e, ok := r.Context().Value(noteKey{}).(*journal.Entry); ok {
		return e
	}
	return new(journal.Entry)
}

// noted adds an entry about each request to the journal, before the client has
// the answer.
func (b *base) noted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &journal.Entry{
			Kind: journal.Request, Time: b.tenant.Now(), Arrived: b.tenant.Journal.Wall(), FHIR: b.release.String(), Caller: callerOf(r),
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		}
		n := &notingWriter{ResponseWriter: w, entry: e, journal: b.tenant.Journal}
		defer n.end()
		next.ServeHTTP(n, r.WithContext(context.WithValue(r.Context(), noteKey{}, e)))
		n.finished = true
	})
}

// notingWriter adds the entry when the answer begins: what a client does next
// stands behind it.
type notingWriter struct {
	http.ResponseWriter
	entry   *journal.Entry
	journal *journal.Journal
	added   bool
	// finished is set unless the request has panicked, whose answer is made above.
	finished bool
}

func (n *notingWriter) WriteHeader(status int) {
	if n.entry.Status == 0 && status >= 200 {
		n.entry.Status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

func (n *notingWriter) Write(p []byte) (int, error) {
	if n.entry.Status == 0 {
		n.entry.Status = http.StatusOK
	}
	if !n.added {
		n.entry.Bytes = len(p)
		n.add()
	}
	return n.ResponseWriter.Write(p)
}

// end adds the entry about an answer without a body.
func (n *notingWriter) end() {
	if !n.finished && n.entry.Status == 0 {
		n.entry.Status, n.entry.Verdict = http.StatusInternalServerError, string(fault.Internal)
	}
	n.add()
}

func (n *notingWriter) add() {
	if n.added {
		return
	}
	n.added = true
	if n.entry.Status == 0 {
		n.entry.Status = http.StatusOK
	}
	if n.entry.Verdict == "" {
		n.entry.Verdict = journal.Good
	}
	n.journal.Add(*n.entry)
}

// Unwrap lets http.ResponseController reach the connection.
func (n *notingWriter) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// noteError notes why a request was refused.
func noteError(r *http.Request, err error) {
	e := noteOf(r)
	if len(e.Faults) > 0 {
		return // it is the server that is wrong
	}
	e.Verdict, e.Detail = string(fault.CodeOf(err)), fault.DetailOf(err)
}
