package notification_test

import (
	"bytes"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

var (
	ids        = rapid.StringMatching(`[A-Za-z0-9\-.]{1,64}`)
	uuids      = rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	timestamps = rapid.StringMatching(`20[0-9]{2}-0[1-9]-[12][0-8]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]0[0-9]:[0-5][0-9])`)
	canonicals = rapid.StringMatching(`https?://[a-z0-9.]{1,12}/[!-~]{1,20}`)
	numbers    = rapid.StringMatching(`-?(0|[1-9][0-9]{0,16})(\.[0-9]{1,1})?`)
	spaces     = rapid.StringMatching(`[ \n\r\t]{0,3}`)
)

// resources draws a resource whose bytes a re-writer would change.
func resources(t *rapid.T, base string) notification.Resource {
	typ, id := rapid.SampledFrom([]string{"Encounter", "Patient", "Observation"}).Draw(t, "type"), ids.Draw(t, "id")
	s := func() string { return spaces.Draw(t, "space") }
	body := s() + `{` + s() + `"id":` + s() + `"` + id + `",` + s() + `"resourceType":"` + typ + `","extension":[{"url":"http://example.org/n",` + s() + `"valueDecimal":` + numbers.Draw(t, "number") + `}],"x":"\u00e4\/` + "é" + `"` + s() + `}` + s()
	return notification.Resource{URL: base + "/" + typ + "/" + id, Body: []byte(body)}
}

func drawEvent(t *rapid.T, base string, known []notification.Resource) notification.Event {
	e := notification.Event{
		Timestamp:   rapid.OneOf(rapid.Just(""), timestamps).Draw(t, "event timestamp"),
		Interaction: rapid.SampledFrom([]notification.Interaction{notification.Create, notification.Update, notification.Delete}).Draw(t, "interaction"),
	}
	pick := func() notification.Resource {
		if len(known) > 0 && rapid.Bool().Draw(t, "again") {
			return rapid.SampledFrom(known).Draw(t, "known")
		}
		return resources(t, base)
	}
	e.Focus = pick()
	for range rapid.IntRange(0, 3).Draw(t, "contexts") {
		e.Context = append(e.Context, pick())
	}
	if e.Interaction == notification.Delete || rapid.IntRange(0, 9).Draw(t, "withheld") == 0 {
		e.Focus.Body = nil
	}
	return e
}

func drawNotification(t *rapid.T) notification.Notification {
	r := rapid.SampledFrom(releases).Draw(t, "release")
	base := rapid.SampledFrom([]string{"http://localhost:8080/fhir/R4", "https://example.org", "https://example.org/a/b/c"}).Draw(t, "base")
	n := notification.Notification{
		Release: r, ID: rapid.OneOf(rapid.Just(""), ids).Draw(t, "bundle id"), Timestamp: rapid.OneOf(rapid.Just(""), timestamps).Draw(t, "timestamp"),
		Content: notification.Content(rapid.IntRange(0, 2).Draw(t, "content")),
		Status: notification.Status{
			ID: uuids.Draw(t, "status id"), Type: notification.Type(rapid.IntRange(1, 5).Draw(t, "type")),
			Subscription: base + "/Subscription/" + ids.Draw(t, "subscription"),
			State:        rapid.SampledFrom([]string{"requested", "active", "error", "off"}).Draw(t, "state"),
			Topic:        canonicals.Draw(t, "topic"),
		},
	}
	s := &n.Status
	least := 0
	if s.Type == notification.EventNotification {
		least = 1
	}
	var known []notification.Resource
	for range rapid.IntRange(least, 4).Draw(t, "events") {
		e := drawEvent(t, base, known)
		e.Number = s.EventsSinceStart + rapid.Int64Range(1, 1<<60).Draw(t, "step")
		s.EventsSinceStart = e.Number
		s.Events = append(s.Events, e)
		known = append(append(known, e.Focus), e.Context...)
	}
	if s.Type != notification.EventNotification {
		s.EventsSinceStart = rapid.SampledFrom([]int64{notification.Unknown, s.EventsSinceStart, 1<<63 - 1}).Draw(t, "counter")
	}
	for range rapid.IntRange(0, 2).Draw(t, "errors") {
		s.Errors = append(s.Errors, notification.Coding{System: canonicals.Draw(t, "system"), Code: ids.Draw(t, "code"), Display: rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[ -~äöü"\\]{1,20}`)).Draw(t, "display")})
	}
	return n
}

// TestBuiltNotificationsAreValid builds at random and asks both checkers.
func TestBuiltNotificationsAreValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := drawNotification(rt)
		bundle, err := notification.Append(nil, n)
		if err != nil {
			rt.Fatal(err)
		}
		approved(rapidTB{t, rt}, n.Release, bundle)
	})
}

// rapidTB lets a helper fail the draw rather than the test.
type rapidTB struct {
	testing.TB
	rt *rapid.T
}

func (t rapidTB) Errorf(format string, args ...any) { t.rt.Errorf(format, args...) }

// TestReadReturnsWhatWasBuilt builds at random and reads it back, where each
// resource is named once: then nothing is merged.
func TestReadReturnsWhatWasBuilt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawNotification(t)
		distinct(&n.Status)
		bundle, err := notification.Append(nil, n)
		if err != nil {
			t.Fatal(err)
		}
		var c notification.Checker
		got, _ := c.Read(bundle, n.Release)
		want := told(n)
		if len(got.Statuses) != 1 || !reflect.DeepEqual(got.Statuses[0], want) || got.ID != n.ID || got.Timestamp != n.Timestamp {
			t.Fatalf("read\n\t%+v\nbuilt of\n\t%+v\n%s", got, want, bundle)
		}
	})
}

// distinct gives every resource an id of its own.
func distinct(s *notification.Status) {
	next := 0
	rename := func(r *notification.Resource) {
		last := bytes.LastIndexByte([]byte(r.URL), '/') + 1
		id := "n" + strconv.Itoa(next)
		if r.Body != nil {
			r.Body = bytes.Replace(r.Body, []byte(`"`+r.URL[last:]+`"`), []byte(`"`+id+`"`), 1)
		}
		r.URL = r.URL[:last] + id
		next++
	}
	for i := range s.Events {
		rename(&s.Events[i].Focus)
		for j := range s.Events[i].Context {
			rename(&s.Events[i].Context[j])
		}
	}
}

// told is what a Bundle tells of a notification: the oracle of the reader.
func told(n notification.Notification) notification.Status {
	s := n.Status
	if n.Release == fhir.R5 && s.Type == notification.QueryEvent && len(s.Events) == 0 {
		s.Type = notification.QueryStatus
	}
	if n.Content == notification.Empty && s.Type != notification.QueryStatus {
		s.Topic = ""
	}
	events := s.Events
	s.Events = nil
	for _, e := range events {
		context := e.Context
		e.Context = nil
		if n.Content == notification.Empty {
			e.Focus, e.Interaction = notification.Resource{}, 0
		} else {
			for _, r := range context {
				e.Context = append(e.Context, visible(r, n.Content))
			}
			e.Focus = visible(e.Focus, n.Content)
		}
		s.Events = append(s.Events, e)
	}
	return s
}

func visible(r notification.Resource, content notification.Content) notification.Resource {
	if r.Body = bytes.TrimSpace(r.Body); content != notification.FullResource || len(r.Body) == 0 {
		r.Body = nil
	}
	return r
}
