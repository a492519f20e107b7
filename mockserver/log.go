package mockserver

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// logged notes each request: method, path, status, caller by name, duration. The
// query is left out, for it may hold what a person typed, and so are headers; of a
// token in the path there is [token]. A panic is noted with its stack and answered by an internal error.
func (s *Server) logged(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.cfg.Clock.Now()
		rec := &recorder{ResponseWriter: w, hijacked: &s.hijacked}
		defer rec.done()
		func() {
			defer recoverTo(logger, rec, r)
			next.ServeHTTP(rec, r)
		}()
		logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", r.Method),
			slog.String("path", journal.WithoutTokens(r.URL.Path)),
			slog.Int("status", rec.status),
			slog.String("caller", callerOf(r)),
			slog.Duration("duration", s.cfg.Clock.Now().Sub(start)),
		)
	})
}

// recoverTo turns a panic into an answer, if none was begun.
func recoverTo(logger *slog.Logger, w *recorder, r *http.Request) {
	problem := recover()
	if problem == nil {
		return
	}
	logger.Error("a request panicked", "path", journal.WithoutTokens(r.URL.Path), "panic", fmt.Sprint(problem), "stack", string(debug.Stack()))
	if w.status == 0 {
		writeError(w, r, fault.Internal)
	}
}

// recorder remembers the status of a response, and counts those whose connection was
// taken away from the http.Server: its Shutdown does not wait for them.
type recorder struct {
	http.ResponseWriter
	status   int
	hijacked *sync.WaitGroup
	counts   bool
}

// Hijack counts before it takes the connection: until then Shutdown waits.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !r.counts {
		r.counts = true
		r.hijacked.Add(1)
	}
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// done says that nothing more comes of the request.
func (r *recorder) done() {
	if r.counts {
		r.hijacked.Done()
	}
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 || r.status < 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
