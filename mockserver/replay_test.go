package mockserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// TestReplay plays one script against hostile servers: two of the same seed tell
// the same, to the last byte of what was sent, and so does one on which others
// are busy meanwhile.
func TestReplay(t *testing.T) {
	struck := map[string]int{}
	var mu sync.Mutex
	t.Run("seeds", func(t *testing.T) {
		for seed := range uint64(briefly(100, 25)) {
			t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
				t.Parallel()
				r := releases[seed%3]
				first := play(t, seed+1, r, false)
				second := play(t, seed+1, r, seed%4 == 0)
				if len(first.sections) < 4 {
					t.Errorf("the transcript has %d conversations only", len(first.sections))
				}
				for header, text := range first.sections {
					wantSameLines(t, header, strings.Split(text, "\n"), strings.Split(second.sections[header], "\n"))
				}
				mu.Lock()
				defer mu.Unlock()
				for name, n := range first.struck {
					struck[name] += n
				}
			})
		}
	})
	for _, f := range faults.Catalogue() {
		if struck[f.Name] == 0 {
			t.Logf("%s never struck", f.Name)
		}
	}
	if len(struck) < len(faults.Catalogue())*3/4 && !underRace {
		t.Errorf("%d faults struck in all, of %d: %v", len(struck), len(faults.Catalogue()), struck)
	}
}

// wantSameLines reports the first difference.
func wantSameLines(t *testing.T, what string, first, second []string) {
	t.Helper()
	for i := range max(len(first), len(second)) {
		if i >= len(first) || i >= len(second) || first[i] != second[i] {
			t.Errorf("%s, line %d of %d and %d: first\n%s\nthen\n%s", what, i, len(first), len(second),
				first[min(i, len(first)-1)], second[min(i, len(second)-1)])
			return
		}
	}
}

// playback is what a run has left behind.
type playback struct {
	sections map[string]string // of the transcript, by header
	struck   map[string]int
}

// play runs the script, with others at work or alone.
func play(t *testing.T, seed uint64, r fhir.Release, busy bool) playback {
	p := &player{t: t, r: r, slow: map[string]int{}}
	p.server = start(t, func(c *mockserver.Config) { c.Seed, c.Profile = seed, faults.Hostile })
	done := func() {}
	if busy {
		done = p.others()
	}
	p.script()
	done()
	p.server.Close()
	list := p.server.Journal.Entries(journal.Query{})
	wantNoSecrets(t, p.server.Journal)
	sections := map[string]string{}
	for section := range strings.SplitSeq(journal.Transcript(list), "== ") {
		header, text, _ := strings.Cut(section, "\n")
		sections[header] = text
	}
	return playback{sections, p.server.Faults.State().Struck}
}

// player is a client that acts one step after the other, and knows what strikes.
type player struct {
	t      *testing.T
	r      fhir.Release
	server *server
	ids    []string
	slow   map[string]int // what was waited for already

	conn    *raw
	url     string
	number  uint64 // of its socket
	stalled int    // how often a stall had struck when it was opened
}

func (p *player) script() {
	p.ids = []string{p.create(subscribeTo(p.r, "Patient", "30")), p.create(content(p.r, "full-resource"))}
	p.bind()
	for range 5 {
		p.patient()
		p.advance(7 * time.Second)
	}
	p.server.manage("/events", `{"subscription":"`+p.ids[0]+`","fhir":"`+p.r.String()+`","count":3}`)
	p.settle()
	p.advance(time.Minute)
	p.bind() // the renewal
	p.patient()
	p.patient()
	p.hangUp()
	p.bind()
	p.patient()
	p.do("GET", "/Subscription/"+p.ids[0]+"/$events", "")
	p.do("DELETE", "/Subscription/"+p.ids[0], "")
	p.patient()
	p.advance(10 * time.Minute)
}

func (p *player) advance(d time.Duration) {
	p.server.clock.Advance(d)
	p.settle()
}

func (p *player) patient() { p.create(`{"resourceType":"Patient","name":[{"family":"Ångström"}]}`) }

func (p *player) create(resource string) (id string) {
	_, body := p.do("POST", "/"+resourceType.FindStringSubmatch(resource)[1], resource)
	return createdID.FindStringSubmatch(body)[1]
}

var (
	resourceType = regexp.MustCompile(`"resourceType":"([A-Za-z]+)"`)
	createdID    = regexp.MustCompile(`"id":"([^"]+)"`)
)

// do makes a request, for which the clock moves on where a fault holds it up.
func (p *player) do(method, path, body string) (status int, text string) {
	answers := make(chan answer, 1)
	go func() {
		a, err := p.server.try(method, p.server.BaseURL(p.r)+path, body, bearer)
		if err != nil {
			p.t.Error(err)
		}
		answers <- a
	}()
	var a answer
	for waiting := true; waiting; {
		select {
		case a = <-answers:
			waiting = false
		case <-time.After(time.Millisecond):
			if p.news(faults.SlowAnswer) {
				p.server.clock.Advance(2 * time.Second)
			}
		}
	}
	p.news(faults.SlowAnswer)
	p.settle()
	return a.status, a.body
}

// news reports whether a fault has struck since it was last asked for.
func (p *player) news(name string) bool {
	n := p.server.Faults.State().Struck[name]
	defer func() { p.slow[name] = n }()
	return n > p.slow[name]
}

// settle waits until the server has nothing more to do. What is held up by a
// fault counts from when it was queued: the clock need move only once.
func (p *player) settle() {
	for {
		p.server.Sockets(p.r) // waits for a frame that is being answered
		delayed, slow := p.news(faults.Delay), p.news(faults.SlowFrame)
		if !delayed && !slow {
			break
		}
		p.server.clock.Advance(5 * time.Second)
	}
	there := false
	p.server.until("settled", func() bool {
		there = false
		for _, s := range p.server.Sockets(p.r) {
			if s.Queued > 0 || s.Closing != "" {
				return false
			}
			there = there || s.Socket == p.number
		}
		return true
	})
	if p.conn != nil && (!there || p.server.Faults.State().Struck[faults.Stall] > p.stalled) {
		p.conn.Close()
		p.conn = nil
	}
}

var websocketURL = regexp.MustCompile(`(?:ws|http)://[^"]*`)

// bind gets a token and binds it, on the socket at hand if its URL is the one.
// What goes wrong stays wrong.
func (p *player) bind() {
	status, body := 0, ""
	for range 3 {
		if status, body = p.do("POST", "/Subscription/$get-ws-binding-token", parameters("id", p.ids...)); status == http.StatusOK {
			break
		}
	}
	token := compact.FindString(body)
	urls := websocketURL.FindAllString(body, -1)
	if token == "" || len(urls) == 0 {
		return
	}
	url := strings.Replace(urls[len(urls)-1], "http://", "ws://", 1)
	if p.conn != nil && p.url != url {
		p.hangUp()
	}
	for range 3 {
		if p.conn == nil {
			p.connect(url)
		}
	}
	if p.conn == nil {
		return
	}
	received := func() int {
		return len(p.server.Journal.Entries(journal.Query{Kind: journal.Received, FHIR: p.r.String()}))
	}
	before := received()
	p.conn.send(pingFrame, "")
	p.conn.send(text, "bind-with-token "+token)
	p.server.until("received", func() bool { return received() > before })
	p.settle()
}

// connect opens a socket. What comes on it is read and forgotten.
func (p *player) connect(url string) {
	open := func() []journal.Entry {
		return p.server.Journal.Entries(journal.Query{Kind: journal.Open, FHIR: p.r.String()})
	}
	before := len(open())
	conn, head := p.server.rawRequest(url, bearer)
	p.server.until("noted", func() bool { return len(open()) > before })
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") {
		conn.Close()
		return
	}
	p.conn, p.url, p.number = conn, url, open()[before].Socket
	p.stalled = p.server.Faults.State().Struck[faults.Stall]
	go discard(conn)
}

// discard reads until the connection or the websocket ends.
func discard(conn io.ReadCloser) {
	head := make([]byte, 10)
	for {
		if _, err := io.ReadFull(conn, head[:2]); err != nil {
			return
		}
		size, more := int64(head[1]), map[byte]int{126: 2, 127: 8}[head[1]]
		if more > 0 {
			if _, err := io.ReadFull(conn, head[2:2+more]); err != nil {
				return
			}
			size = 0
			for _, b := range head[2 : 2+more] {
				size = size<<8 | int64(b)
			}
		}
		if _, err := io.CopyN(io.Discard, conn, size); err != nil {
			return
		}
		if head[0] == closeFrame {
			conn.Close()
			return
		}
	}
}

// hangUp closes the socket and waits until the server knows.
func (p *player) hangUp() {
	if p.conn == nil {
		return
	}
	p.conn.Close()
	p.server.until("gone", func() bool {
		return len(p.server.Journal.Entries(journal.Query{Kind: journal.Close, FHIR: p.r.String(), Socket: p.number})) > 0
	})
	p.settle()
}

// others keeps two tenants and another caller busy until it is told to end.
func (p *player) others() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	get := func(method, url, body string) {
		request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			return
		}
		request.Header.Set("Content-Type", "application/fhir+json")
		name, value, _ := strings.Cut(bearerOfBob, ": ")
		request.Header.Set(name, value)
		if response, err := p.server.http.Do(request); err == nil {
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	for _, base := range []string{p.server.URL() + "/t/one", p.server.URL() + "/t/two", p.server.URL()} {
		base += "/fhir/" + p.r.String()
		wait.Go(func() {
			get("POST", base+"/Subscription", subscribeTo(p.r, "Observation", "30"))
			for ctx.Err() == nil {
				if strings.Contains(base, "/t/") {
					get("POST", base+"/Subscription/$get-ws-binding-token", "")
				}
				get("POST", base+"/Observation", `{"resourceType":"Observation","status":"final","code":{"text":"x"}}`)
				get("GET", base+"/Observation?_count=5", "")
			}
		})
	}
	return func() { cancel(); wait.Wait() }
}
