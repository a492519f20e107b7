package mockserver_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
)

// TestCloseWaitsForTheLog: what a request leaves in the log is there when Close
// returns, also of a websocket, which the http.Server no longer waits for.
func TestCloseWaitsForTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowLog{writing: make(chan struct{}), write: make(chan struct{})}
		b := startInBubble(t, mockserver.Config{Logger: slog.New(slow)})
		b.listen(fhir.R5, b.subscribe(fhir.R5))
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			b.Close()
		}()
		<-slow.writing
		synctest.Wait()
		select {
		case <-closed:
			t.Error("it has returned, and the line is still to be written")
		default:
		}
		close(slow.write)
		<-closed
	})
}

// slowLog writes the line of an upgrade only when it is told to. It is no io.Writer
// below a handler of slog, whose lock would stop all who log and so the bubble.
type slowLog struct{ writing, write chan struct{} }

func (*slowLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *slowLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "status" && a.Value.String() == "101" {
			close(l.writing)
			<-l.write
		}
		return true
	})
	return nil
}

func (l *slowLog) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l *slowLog) WithGroup(string) slog.Handler { return l }
