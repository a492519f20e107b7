package gate

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/bridge"
	"github.com/wsbind/wsbind/core/notification"
)

const (
	largestPage = 100
	maxPages    = 100                        // of a search; what is beyond them is searched for anew
	maxSeen     = 2 * largestPage * maxPages // versions that are remembered: more than one search finds
	// overlap is how far back a search goes behind the newest change that was seen:
	// of two transactions that which is stamped first may be the last to be seen.
	overlap = 5 * time.Second
)

// changes finds what changed behind a ping. The server says no more than that
// something did, so the Subscription's own criteria are searched for what is newer
// than before.
//
// No clock is needed, and none is compared with the server's: what counts is the
// newest meta.lastUpdated that was seen. What is there when the feed binds is seen
// without being told, and all that is newer is an event. A deletion is not found.
type changes struct {
	cfg      *upstreamConfig
	id       string     // of the Subscription
	turn     sync.Mutex // held by the one search that is under way
	criteria string
	seen     map[string]struct{} // versions
	order    []string            // of those, the oldest first
	newest   time.Time           // of them
	floor    time.Time           // what is older is given up
	size     int                 // of a page
}

func newChanges(cfg *upstreamConfig, s *bridge.Subscription) *changes {
	return &changes{cfg: cfg, id: s.ID, criteria: s.Criteria, seen: map[string]struct{}{}, size: largestPage}
}

var fetchable = regexp.MustCompile(`^[A-Z][A-Za-z]*(\?[^#\s]*)?$`)

// isFetchable tells whether criteria are a search: Type, or Type?query.
func isFetchable(criteria string) bool { return fetchable.MatchString(criteria) }

// begin notes what is there already.
func (c *changes) begin(ctx context.Context) error {
	return c.fitting(func() error {
		_, err := c.pages(ctx, "_sort=-_lastUpdated", func(p page) (more bool) {
			oldest := time.Time{}
			for _, f := range p.found {
				c.note(f)
				oldest = f.updated
			}
			return !oldest.IsZero() && !oldest.Before(c.since())
		})
		return err
	})
}

// follow looks for changes while an inlet is open, each time that what it returns is
// called.
func (c *changes) follow(in *inlet) (look func(pinged bool)) {
	pings := make(chan bool, 1) // one is as good as many
	in.run(func() {
		for {
			var pinged bool
			select {
			case pinged = <-pings:
			case <-in.ctx.Done():
				return
			}
			events, err := c.lookWhile(in, pings)
			switch {
			case err != nil:
				// It may be on its way down: what was missed is looked for when it is back.
				in.lost(err)
				return
			case events == 0 && pinged:
				c.cfg.observe(Event{Name: FetchEmpty, Subscriptions: []string{c.id}, Detail: "a ping came, and nothing new was found"})
			}
		}
	})
	return func(pinged bool) {
		select {
		case pings <- pinged:
		default:
		}
	}
}

// lookWhile looks until no ping is left that came meanwhile: the change of such a
// one may have been found before.
func (c *changes) lookWhile(in *inlet, pings <-chan bool) (events int, err error) {
	c.turn.Lock()
	defer c.turn.Unlock()
	for {
		found, err := c.look(in)
		if events += found; err != nil {
			return events, err
		}
		select {
		case <-pings:
		default:
			return events, nil
		}
	}
}

// look tells of what is new, and returns how much that was.
func (c *changes) look(in *inlet) (events int, err error) {
	for more := true; more; {
		before, cut := events, false
		err = c.fitting(func() (err error) {
			cut, err = c.pages(in.ctx, c.query(), func(p page) bool {
				events += c.tell(in, p)
				return true
			})
			return err
		})
		more = err == nil && cut && (events > before || c.giveUp())
	}
	return events, err
}

// tell tells of what is new in a page, and returns how much that is.
func (c *changes) tell(in *inlet, p page) (events int) {
	for _, f := range p.found {
		if c.note(f) {
			events++
			in.event(notification.Resource{Body: f.text})
		}
	}
	return events
}

// giveUp goes on behind the newest that was seen, where as many pages as are read at
// a time had nothing new: nothing else leads to what is behind them. It reports false
// where that was done before.
func (c *changes) giveUp() (more bool) {
	floor := c.newest.Add(time.Millisecond)
	if !floor.After(c.floor) {
		return false
	}
	c.floor = floor
	c.cfg.observe(Event{Name: FetchEmpty, Subscriptions: []string{c.id}, Detail: "too much changed within " + overlap.String() + ": some of it is missed"})
	return true
}

// fitting searches, with pages half as long where one is too large.
func (c *changes) fitting(search func() error) error {
	for {
		err := search()
		if _, large := errors.AsType[tooLarge](err); !large || c.size == 1 {
			return err
		}
		c.size /= 2
	}
}

// query is what a search for what is new asks besides the criteria.
func (c *changes) query() string {
	if c.newest.IsZero() {
		return "_sort=_lastUpdated"
	}
	return "_lastUpdated=ge" + c.since().UTC().Format("2006-01-02T15:04:05.000Z") + "&_sort=_lastUpdated"
}

// since is from when on is searched.
func (c *changes) since() time.Time {
	if since := c.newest.Add(-overlap); since.After(c.floor) {
		return since
	}
	return c.floor
}

// note notes a version, and reports whether it is new.
func (c *changes) note(f found) bool {
	if f.updated.After(c.newest) {
		c.newest = f.updated
	}
	if _, seen := c.seen[f.version]; seen {
		return false
	}
	c.seen[f.version] = struct{}{}
	c.order = append(c.order, f.version)
	if len(c.order) > maxSeen {
		delete(c.seen, c.order[0])
		c.order = c.order[1:]
	}
	return true
}

// pages searches, and hands on page by page while more are wanted. It reports
// whether there are more than it could have.
func (c *changes) pages(ctx context.Context, query string, take func(page) (more bool)) (cut bool, err error) {
	resource, _, asks := strings.Cut(c.criteria, "?")
	path := "/" + c.criteria + "?"
	if asks {
		path = "/" + c.criteria + "&"
	}
	path += query + "&_count=" + strconv.Itoa(c.size)
	for range maxPages {
		status, text, err := c.search(ctx, path)
		switch {
		case err != nil:
			return false, err
		case status != http.StatusOK:
			return false, refuses(status)
		}
		p, err := readPage(text, resource)
		if err != nil {
			return false, unread("the search for what changed", err)
		}
		if !take(p) || p.next == "" {
			return false, nil
		}
		if path = c.cfg.below(p.next); path == "" {
			return true, nil
		}
	}
	return true, nil
}

// search asks no cache: HAPI answers a search from one for a minute.
func (c *changes) search(ctx context.Context, path string) (int, []byte, error) {
	given, err := c.cfg.headers(ctx)
	if err != nil {
		return 0, nil, err
	}
	header := given.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Cache-Control", "no-cache")
	return c.cfg.exchangeAs(ctx, header, http.MethodGet, path, nil)
}

// below is what follows the base in a URL, "" where it is elsewhere: the gate's
// credential goes nowhere else.
func (c *upstreamConfig) below(address string) string {
	rest, ok := strings.CutPrefix(address, c.base)
	if !ok || !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, "?") {
		return ""
	}
	return rest
}
