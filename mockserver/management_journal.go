package mockserver

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// journalQuery reads which entries a request asks for.
func journalQuery(r *http.Request) (q journal.Query, err error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, fault.New(fault.InvalidQuery, "the query is not what a URL can have: "+err.Error())
	}
	text := func(name string) string { defer values.Del(name); return values.Get(name) }
	number := func(name string) int64 {
		value := text(name)
		if value == "" {
			return 0
		}
		n, e := strconv.ParseUint(value, 10, 53) // as many bits as JavaScript has
		if e != nil {
			err = fault.At(fault.InvalidQuery, name, name+" is "+fault.Quote(value)+", a whole number is due")
		}
		return int64(n)
	}
	word := func(name string, due ...string) string {
		value := text(name)
		if value != "" && !slices.Contains(due, value) {
			err = fault.At(fault.InvalidQuery, name, name+" is "+fault.Quote(value)+", one of "+strings.Join(due, ", ")+" is due")
		}
		return value
	}
	known := func(name string) string {
		value := text(name)
		if _, e := faults.Find(value); value != "" && e != nil {
			err = fault.At(fault.InvalidQuery, name, fault.DetailOf(e))
		}
		return value
	}
	q = journal.Query{
		After: number("after"), Limit: int(number("limit")), Socket: uint64(number("socket")),
		Kind: journal.Kind(word("kind", kindNames()...)), FHIR: word("fhir", "R4", "R4B", "R5"), Caller: text("caller"), Subscription: text("subscription"),
		Type: text("type"), Interaction: text("interaction"), Fault: known("fault"), Bad: word("bad", "true", "false") == "true",
	}
	if q.Caller != "" {
		q.Caller = callerByName(q.Caller)
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		values["after"] = []string{last}
		q.After = number("after")
	}
	return q, cmp.Or(err, unknownQuery(values))
}

func kindNames() []string {
	var names []string
	for _, k := range journal.Kinds() {
		names = append(names, string(k))
	}
	return names
}

// unknownQuery refuses what is left of a query once everything known was read.
func unknownQuery(values url.Values) error {
	for name := range values {
		return fault.At(fault.InvalidQuery, name, "there is no query parameter "+fault.Quote(name)+
			" here; there is after, limit, kind, fhir, caller, subscription, socket, type, interaction, fault, bad")
	}
	return nil
}

// wantsStream reports whether a request asks for server-sent events. A HEAD would
// wait for the end of what has none.
func wantsStream(r *http.Request) bool {
	return r.Method == http.MethodGet && slices.ContainsFunc(strings.Split(strings.Join(r.Header.Values("Accept"), ","), ","), func(item string) bool {
		kind, _, _ := strings.Cut(item, ";")
		return strings.EqualFold(strings.TrimSpace(kind), "text/event-stream")
	})
}

// journalStream sends entries as server-sent events, until the client or the tenant
// goes.
type journalStream struct {
	tenant *Tenant
	query  journal.Query
}

func (s *journalStream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() { // ends with the request
		select {
		case <-s.tenant.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	control := http.NewResponseController(w)
	control.SetWriteDeadline(time.Time{}) // a stream has no end; not all writers have deadlines
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	fmt.Fprint(w, ": the journal of the mock server\n\n")
	control.Flush()
	for e, missed := range s.tenant.Journal.Follow(ctx, s.query) {
		if missed > 0 {
			fmt.Fprintf(w, "event: missed\ndata: {\"missed\":%d}\n\n", missed)
		}
		text, _ := json.Marshal(e) // an Entry always can be
		if _, err := fmt.Fprintf(w, "id: %d\nevent: entry\ndata: %s\n\n", e.N, text); err != nil || control.Flush() != nil {
			return
		}
	}
}
