package record

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
)

// exchange is a request that was answered. It is gone when the answer is passed
// on.
type exchange struct {
	method, below string // below the base, escaped
	query         string
	header        http.Header // of the request
	request       []byte
	status        int
	answer        http.Header
	body          []byte
	took          time.Duration
}

// pass passes a request on and its answer back.
func (r *Recorder) pass(w http.ResponseWriter, q *http.Request, below, target string) {
	began := r.cfg.Clock.Now()
	body, err := bounded(q.Body)
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, fault.TooLarge, "the body could not be read, or has more than "+strconv.Itoa(maxBytes)+" bytes")
		return
	}
	x := &exchange{method: q.Method, below: below, query: q.URL.RawQuery, header: q.Header, request: body}
	if err := r.forward(q, x, target); err != nil {
		r.cfg.Log.Warn("the server could not be asked", "method", q.Method, "reason", reason(err))
		refuse(w, http.StatusBadGateway, fault.Unavailable, "the server could not be asked: "+reason(err))
		return
	}
	x.took = r.cfg.Clock.Now().Sub(began)
	if x.readable() {
		r.watch(x)
		x.body = r.rewriter.there(x.body)
	}
	r.rewriter.rewriteHeader(x.answer)
	r.reply(w, x)
}

// forward asks the server and reads its answer into x.
func (r *Recorder) forward(q *http.Request, x *exchange, target string) error {
	ctx, cancel := context.WithTimeout(q.Context(), requestTimeout)
	defer cancel()
	if x.query != "" {
		target += "?" + string(r.rewriter.backward([]byte(x.query)))
	}
	request, err := http.NewRequestWithContext(ctx, q.Method, target, bytes.NewReader(r.rewriter.backward(x.request)))
	if err != nil {
		return err
	}
	request.Header = withoutHops(q.Header)
	request.Header.Del("Accept-Encoding") // what is packed could not be rewritten
	request.Header.Del("Content-Length")
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", "") // else net/http has one of its own
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	x.status, x.answer = answer.StatusCode, withoutHops(answer.Header)
	x.body, err = bounded(answer.Body)
	return err
}

// readable reports whether the body is not packed all the same.
func (x *exchange) readable() bool {
	encoding := x.answer.Get("Content-Encoding")
	return encoding == "" || encoding == "identity"
}

// reply sends an answer.
func (r *Recorder) reply(w http.ResponseWriter, x *exchange) {
	for name, values := range x.answer {
		w.Header()[name] = values
	}
	if x.method != http.MethodHead && x.status != http.StatusNotModified && x.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(x.body)))
	}
	w.WriteHeader(x.status)
	w.Write(x.body) // a client that is gone cannot be told
	r.cfg.Log.Debug("passed on", "method", x.method, "status", x.status, "bytes", len(x.body))
}

var errTooLarge = errors.New("the body is too large")

func bounded(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, maxBytes+1))
	if err == nil && len(body) > maxBytes {
		err = errTooLarge
	}
	return body, err
}

// reason says why an exchange failed, without the URL, in which a query may hold
// what is nobody's business.
func reason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return err.Error()
}
