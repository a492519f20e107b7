// Package manage is what the management interfaces of the mock server and of the gate
// have in common: a listener of their own, and JSON only, with the issue list that all
// JSON of wsbind has.
package manage

import (
	"encoding/json"
	"mime"
	"net"
	"net/http"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// CheckJSON refuses a body that a web page can send to another origin: one that does
// not say that it is JSON.
func CheckJSON(r *http.Request) error {
	given := r.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(given); err != nil || kind != "application/json" {
		return fault.New(fault.UnsupportedMedia, "Content-Type is "+fault.Quote(given)+", application/json is due")
	}
	return nil
}

// WriteError answers with the status of an error's code, and an issue list.
func WriteError(w http.ResponseWriter, err error) {
	WriteJSON(w, fault.CodeOf(err).HTTPStatus(), map[string]any{
		"issues": json.RawMessage(fhir.AppendIssues(nil, nil, []fault.Issue{fault.IssueOf(err)})),
	})
}

// WriteJSON answers with a value, indented for whoever looks at it.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"issues":[{"severity":"error","code":"internal"}]}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n')) // a client that is gone cannot be told
}

// Listen listens on two addresses, that of the clients and that of the management
// interface, or on none.
func Listen(main, management string) (m, n net.Listener, err error) {
	if m, err = net.Listen("tcp", main); err != nil {
		return nil, nil, err
	}
	if n, err = net.Listen("tcp", management); err != nil {
		m.Close()
		return nil, nil, err
	}
	return m, n, nil
}

// Origin returns the URL under which a listener is reached from its own machine:
// scheme, host and port.
func Origin(addr net.Addr, secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return scheme + "://" + addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
