package record

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// Scenario returns what was recorded so far as a scenario, and what to know about
// it as sentences. The recording is whole once the Recorder is closed.
func (r *Recorder) Scenario(name string) (*scenario.Scenario, []string, error) {
	if !scenarioName.MatchString(name) || len(name) > 64 {
		return nil, nil, fault.At(fault.MalformedRequest, "name", fault.Quote(name)+" is no name of a scenario: "+
			"small letters, digits and hyphens between them are due, such as what-happened")
	}
	c := r.tape.cut()
	subs, types, lenientGet := r.known.snapshot()
	p := compose(c, subs)
	w := &writer{release: r.release, keepURLs: r.cfg.KeepURLs, play: p}
	w.findTopics(subs, types)
	s := &scenario.Scenario{
		Name: name, FHIR: r.release.String(), About: r.about(p),
		Options:  scenario.Options{LenientGet: lenientGet, Lifetime: lifetime(p.life)},
		Faults:   p.faults,
		Timeline: p.timeline,
		Expect:   scenario.Expect{NoFinding: "error"},
	}
	if c.dialect != socket.Spec {
		s.Dialect = string(c.dialect)
	}
	for _, canonical := range w.order {
		if t := w.topics[canonical]; t.short == "" {
			s.Topics = append(s.Topics, t.resource(r.release))
		}
	}
	for _, reference := range p.foci {
		s.Resources = append(s.Resources, empty(reference))
	}
	for i := range subs {
		if subs[i].created {
			continue // the client will create it again
		}
		s.Subscriptions = append(s.Subscriptions, w.subscription(&subs[i]))
	}
	w.nameTopics(s.Timeline)
	return s, r.remarks(c, p, subs), nil
}

var scenarioName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// lifetime keeps what a token of the mock server may have.
func lifetime(d time.Duration) scenario.Duration {
	if d <= 0 {
		return 0
	}
	return scenario.Duration(min(max(d.Round(time.Second), time.Second), 24*time.Hour))
}

// nameTopics writes the topics of emissions as the file has them.
func (w *writer) nameTopics(steps []scenario.Step) {
	for i := range steps {
		e := steps[i].Emit
		if e == nil || e.Subscription != "" {
			continue
		}
		switch t := w.topics[e.Topic]; {
		case t == nil:
			e.Topic = "Patient"
			w.play.note("a Subscription of the client has no topic: its events go to the topic Patient, which you may have to change")
		default:
			e.Topic = cmp.Or(t.short, t.url)
		}
	}
}

// about says when and from what software, and no more.
func (r *Recorder) about(p *composer) string {
	from := "a server"
	if r.software != "" {
		from = r.software
	}
	events, lost := 0, 0
	for i := range p.moments {
		switch p.moments[i].kind {
		case event:
			events++
		case closed:
			lost++
		}
	}
	day := r.cfg.Clock.Now().UTC().Format("2006-01-02")
	return fmt.Sprintf("Recorded on %s from %s (FHIR %s): %s and %s were seen.\n",
		day, from, r.release, count(events, "event-notification"), count(lost, "end of a websocket", "ends of websockets"))
}

func count(n int, forms ...string) string {
	if n == 1 {
		return "1 " + forms[0]
	}
	if len(forms) == 1 {
		forms = append(forms, forms[0]+"s")
	}
	return fmt.Sprintf("%d %s", n, forms[1])
}

// remarks are what to know before the scenario is used.
func (r *Recorder) remarks(c cut, p *composer, subs []subscribed) []string {
	list := []string{
		"Tokens, ids, names, addresses, texts and the content of resources are not in this file. Subscriptions are s1, s2 and so on.",
		"Give those ids to the client that plays against it. The values of filters are made up.",
		"Steps wait for what the client did (after) and as long as the server then took (wait).",
		"expect: a client that does well draws no finding that is an error; tighten it to warning, or name what must be drawn.",
	}
	if slices.ContainsFunc(subs, func(s subscribed) bool { return s.bearer && !s.created }) {
		list = append(list, "The client had shown a bearer token: show "+Bearer+" here, to be taken for its caller.")
	}
	if slices.ContainsFunc(subs, func(s subscribed) bool { return s.created }) {
		list = append(list, "The client had created a Subscription: it is not here, and its events go to whoever subscribes to its topic.")
	}
	if c.mixed {
		list = append(list, "Several dialects were spoken, a server has one: the first is here.")
	}
	if c.lost > 0 || p.full {
		list = append(list, "More happened than a scenario can hold: its end is missing.")
	}
	for _, note := range p.notes {
		list = append(list, "Note: "+note+".")
	}
	return list
}

// YAML returns the recording as the file that [scenario.Read] reads, with what to
// know about it at the top. It is read once here, so that what is returned can be.
func (r *Recorder) YAML(name string) ([]byte, error) {
	s, remarks, err := r.Scenario(name)
	if err != nil {
		return nil, err
	}
	text, err := render(s, remarks)
	if err != nil {
		return nil, err
	}
	_, err = scenario.Read(name+".yaml", text)
	return text, err
}
