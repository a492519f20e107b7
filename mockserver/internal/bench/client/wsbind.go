//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// patient is the resource that every event is about.
const patient = `{"resourceType":"Patient"}`

const kind = "application/fhir+json"

// wsbind is the mock server. Each socket has Subscriptions of its own, so that each
// Bundle differs: the Subscription, its numbers, its dates.
type wsbind struct {
	o          job.Order
	host, path string // of the FHIR base
	idle       chan *keptAlive
	bound      []bound
}

type bound struct {
	token, url string
	ids        []string
}

func newWsbind(o job.Order) *wsbind {
	return &wsbind{o: o, idle: make(chan *keptAlive, 16), bound: make([]bound, o.Sockets)}
}

func (p *wsbind) batches() bool          { return false }
func (p *wsbind) settles() time.Duration { return 0 }

// prepare makes the Subscriptions that hear of nothing.
func (p *wsbind) prepare() error {
	u, err := url.Parse(p.o.FHIR)
	if err != nil {
		return err
	}
	p.host, p.path = u.Host, u.Path
	return inParallel(p.o.Others, func(n int) error {
		_, err := p.subscribe(fmt.Sprintf(`,"filterBy":[{"resourceType":"Patient","filterParameter":"identifier","value":"group|%d"}]`, n))
		return err
	})
}

// post sends a resource on a connection that nobody uses.
func (p *wsbind) post(path, body string, into any) error {
	var k *keptAlive
	select {
	case k = <-p.idle:
	default:
		var err error
		if k, err = dial(p.host); err != nil {
			return err
		}
	}
	text, err := k.do(request("POST", p.host, p.path+path, kind, body))
	if err != nil {
		k.Close()
		return err
	}
	err = json.Unmarshal(text, into)
	select {
	case p.idle <- k:
	default:
		k.Close()
	}
	return err
}

func (p *wsbind) subscribe(more string) (id string, err error) {
	var created struct{ ID string }
	err = p.post("/Subscription", `{"resourceType":"Subscription","status":"requested","topic":"http://wsbind.example/SubscriptionTopic/Patient",`+
		`"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},`+
		`"contentType":"application/fhir+json","content":"full-resource"`+more+`}`, &created)
	return created.ID, err
}

// open makes the Subscriptions of a socket, gets a token for them, binds, and awaits
// the handshake notification of each.
func (p *wsbind) open(n int) (*socketReader, error) {
	b := &p.bound[n]
	for range max(p.o.Each, 1) {
		id, err := p.subscribe("")
		if err != nil {
			return nil, err
		}
		b.ids = append(b.ids, id)
	}
	if err := p.ask(b); err != nil {
		return nil, err
	}
	r, err := upgrade(b.url)
	if err != nil {
		return nil, err
	}
	if err := r.write(0x81, []byte("bind-with-token "+b.token)); err != nil {
		return nil, err
	}
	b.token, b.url = "", ""
	for range b.ids {
		if text, err := r.next(); err != nil || !bytes.Contains(text, []byte(`"handshake"`)) {
			return nil, fmt.Errorf("a handshake was due: %s, %v", text, err)
		}
	}
	return r, nil
}

// ask invokes the operation.
func (p *wsbind) ask(b *bound) error {
	var in []string
	for _, id := range b.ids {
		in = append(in, `{"name":"id","valueId":"`+id+`"}`)
	}
	var out struct {
		Parameter []struct{ Name, ValueString, ValueURL string }
	}
	if err := p.post("/Subscription/$get-ws-binding-token", `{"resourceType":"Parameters","parameter":[`+strings.Join(in, ",")+`]}`, &out); err != nil {
		return err
	}
	for _, parameter := range out.Parameter {
		switch parameter.Name {
		case "token":
			b.token = parameter.ValueString
		case "websocket-url":
			b.url = parameter.ValueURL
		}
	}
	if b.token == "" || b.url == "" {
		return errors.New("no token, or no websocket-url")
	}
	return nil
}

func (p *wsbind) publisher() (*publisher, error) {
	conn, err := net.Dial("tcp", p.host)
	if err != nil {
		return nil, err
	}
	return newPublisher(conn, request("POST", p.host, p.path+"/Patient", kind, patient), true), nil
}

// verify sees to it that the latest Bundle is of a Subscription of the socket, and that
// none was lost: its number is that of the event.
func (p *wsbind) verify(n, sent int, payload []byte) error {
	var bundle struct {
		Entry []struct {
			Resource struct {
				ResourceType, Type string
				Subscription       struct{ Reference string }
				NotificationEvent  []struct{ EventNumber string }
			}
		}
	}
	if err := json.Unmarshal(payload, &bundle); err != nil {
		return err
	}
	if len(bundle.Entry) != 2 || bundle.Entry[0].Resource.Type != "event-notification" || bundle.Entry[1].Resource.ResourceType != "Patient" {
		return errors.New("no notification of a Patient")
	}
	status := bundle.Entry[0].Resource
	if len(status.NotificationEvent) != 1 || status.NotificationEvent[0].EventNumber != fmt.Sprint(sent) {
		return fmt.Errorf("event %d was due", sent)
	}
	for _, id := range p.bound[n].ids {
		if strings.HasSuffix(status.Subscription.Reference, "/"+id) {
			return nil
		}
	}
	return errors.New("of a Subscription that is not of this socket")
}
