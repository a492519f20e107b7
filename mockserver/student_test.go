package mockserver_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// habit is a bad one, which a ready scenario is about.
type habit string

const (
	good               habit = ""
	keepsURL           habit = "binds at the first websocket-url, whatever later answers say"
	comesBackAtOnce    habit = "waits for nothing after a failure"
	pollsStatus        habit = "asks $status in a loop while it listens"
	neverAsksForEvents habit = "leaves gaps"
	readsFirstEvent    habit = "reads the first event of a notification only, and fills what it takes for gaps"
	countsNothing      habit = "reads the first event of a notification only, and does not look at numbers"
	readsDuplicates    habit = "reads what an event is about whenever a notification comes"
	renewsWhenClosed   habit = "asks for another token when it is closed"
	renewsInLastSecond habit = "asks for another token in the last second"
	showsOldToken      habit = "shows the token it has when it connects again"
	goesOnWithDeadID   habit = "asks again when there is no such Subscription"
	insistsOnHandshake habit = "fails on a first frame that is no handshake, and leaves the socket open"
)

// student is a client that listens to the Subscription of a lesson, with at most
// one bad habit. It lives in a bubble and follows the server's clock.
type student struct {
	*bubbled
	habit   habit
	url     string // the first one
	have    binding
	last    int64 // the highest event
	fails   int
	stuck   bool        // it has given up
	frames  chan string // closed with the socket
	sock    *websocket.Conn
	handled map[int64]int
}

const lessonID = "lesson"

// attend starts a student; it is to be stopped by the function that is returned.
func (b *bubbled) attend(h habit) (*student, func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	s := &student{bubbled: b, habit: h, handled: map[int64]int{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s.lives(ctx) {
		}
	}()
	return s, func() {
		cancel()
		synctest.Wait()
		<-done
	}
}

// lives asks, connects and listens until that ends, and reports whether the student
// tries again.
func (s *student) lives(ctx context.Context) bool {
	if s.habit != showsOldToken || s.have.token == "" {
		if again, ok := s.gets(ctx); !ok {
			return again
		}
	}
	conn, _, err := websocket.Dial(ctx, s.have.url, &websocket.DialOptions{HTTPClient: s.http})
	if err != nil {
		s.fails++
		return s.rests(ctx, time.Second<<min(s.fails, 5))
	}
	s.fails = 0
	s.takes(conn)
	s.listens(ctx)
	conn.Close(websocket.StatusNormalClosure, "")
	if s.stuck {
		return false
	}
	return s.rests(ctx, time.Second)
}

// gets asks for a token. Where there is none it says whether to try again.
func (s *student) gets(ctx context.Context) (again, ok bool) {
	a, err := s.try("GET", s.BaseURL(fhir.R4)+"/Subscription/"+lessonID+"/$get-ws-binding-token", "")
	if err != nil {
		return false, false
	}
	switch a.status {
	case http.StatusOK:
	case http.StatusNotFound:
		return s.habit == goesOnWithDeadID && s.rests(ctx, time.Second), false
	default:
		seconds, _ := strconv.Atoi(a.header.Get("Retry-After"))
		return s.rests(ctx, time.Duration(seconds)*time.Second), false
	}
	s.have = s.readBinding(a.body)
	if s.url == "" {
		s.url = s.have.url
	}
	if s.habit == keepsURL {
		s.have.url = s.url
	}
	return true, true
}

// rests waits, unless that is its weakness, and reports whether to go on.
func (s *student) rests(ctx context.Context, d time.Duration) bool {
	if s.habit == comesBackAtOnce {
		<-time.After(time.Millisecond) // what it takes to come back
		return ctx.Err() == nil
	}
	select {
	case <-s.after(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *student) after(d time.Duration) <-chan struct{} {
	passed := make(chan struct{})
	s.clock.AfterFunc(d, func() { close(passed) })
	return passed
}

// takes begins to read a socket, and binds.
func (s *student) takes(conn *websocket.Conn) {
	frames := make(chan string, 1000)
	s.sock, s.frames = conn, frames
	go func() {
		defer close(frames)
		for {
			_, text, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			frames <- string(text)
		}
	}()
	s.binds()
}

func (s *student) binds() {
	s.sock.Write(context.Background(), websocket.MessageText, []byte("bind-with-token "+s.have.token))
}

// listens handles frames until the socket ends, and renews the token meanwhile.
func (s *student) listens(ctx context.Context) {
	s.stuck = false
	first := true
	renew, poll := s.nextRenewal(), s.nextPoll()
	for {
		select {
		case <-ctx.Done():
			return
		case text, open := <-s.frames:
			if !open {
				return
			}
			s.hears(text, first)
			first = false
		case <-renew:
			if s.stuck {
				renew = nil
				continue
			}
			old := s.have.url
			if again, ok := s.gets(ctx); !ok {
				s.stuck = !again
				return
			}
			if s.have.url != old {
				return // it connects there, with what it has
			}
			s.binds()
			renew = s.nextRenewal()
		case <-poll:
			s.try("GET", s.BaseURL(fhir.R4)+"/Subscription/"+lessonID+"/$status", "")
			poll = s.nextPoll()
		}
	}
}

func (s *student) nextRenewal() <-chan struct{} {
	left := s.have.expiration.Sub(s.clock.Now())
	switch s.habit {
	case renewsWhenClosed, showsOldToken:
		return nil
	case renewsInLastSecond:
		return s.after(left - time.Second)
	}
	return s.after(left * 2 / 3)
}

func (s *student) nextPoll() <-chan time.Time {
	if s.habit != pollsStatus {
		return nil
	}
	return time.After(50 * time.Millisecond)
}

// hears handles a notification.
func (s *student) hears(text string, first bool) {
	var checker notification.Checker
	reading, _ := checker.Read([]byte(text), fhir.R4)
	if len(reading.Statuses) != 1 || s.stuck {
		return
	}
	status := reading.Statuses[0]
	if first && status.Type != notification.Handshake && s.habit == insistsOnHandshake {
		s.stuck = true
		return
	}
	events := status.Events
	if len(events) > 1 && (s.habit == readsFirstEvent || s.habit == countsNothing) {
		events = events[:1]
	}
	for _, e := range events {
		s.catchesUp(e.Number - 1)
		s.handles(e)
	}
	if status.Type != notification.EventNotification {
		s.catchesUp(status.EventsSinceStart)
	}
}

// handles handles an event once.
func (s *student) handles(e notification.Event) {
	s.last = max(s.last, e.Number)
	if s.handled[e.Number] > 0 && s.habit != readsDuplicates {
		return
	}
	s.handled[e.Number]++
	if e.Focus.URL != "" {
		s.try("GET", e.Focus.URL, "")
	}
}

// catchesUp fetches what is missing up to an event.
func (s *student) catchesUp(to int64) {
	if s.habit == neverAsksForEvents || s.habit == countsNothing || to <= s.last {
		return
	}
	from := s.last + 1
	a, err := s.try("GET", s.BaseURL(fhir.R4)+"/Subscription/"+lessonID+"/$events?eventsSinceNumber="+
		strconv.FormatInt(from, 10)+"&eventsUntilNumber="+strconv.FormatInt(to, 10), "")
	if err != nil || a.status != http.StatusOK {
		return
	}
	s.last = to
	var checker notification.Checker
	reading, _ := checker.Read([]byte(a.body), fhir.R4)
	for _, status := range reading.Statuses {
		for _, e := range status.Events {
			s.handles(e)
		}
	}
}

// described is the habit, for the name of a test.
func (h habit) described() string { return strings.ReplaceAll(string(h), " ", "_") }
