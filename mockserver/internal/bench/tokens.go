//go:build linux

package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// asked is one round of requests.
type asked struct {
	rate, cpu float64 // a second; microseconds of the server's processor time for each
}

func rateOf(a asked) float64 { return a.rate }
func cpuOf(a asked) float64  { return a.cpu }

func (s *side) requests(o job.Order) (asked, error) {
	o.Do, o.Publish = "requests", s.server.connect.Publish
	before := s.server.busy()
	a, err := s.order(o)
	return asked{float64(a.Count) / a.Seconds, (s.server.busy() - before) * 1e6 / float64(max(a.Count, 1))}, err
}

// post is a request without a body.
const post = "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"

// tokens compares the operation with a handler that only signs.
func (b *bench) tokens() ([]result, error) {
	ours, err := b.start("wsbind", "", job.Order{Sockets: 1}, "--alg", "EdDSA")
	if err != nil {
		return nil, err
	}
	defer b.close(ours)
	signer, err := b.serve("token", "")
	if err != nil {
		return nil, err
	}
	client, err := b.client()
	if err != nil {
		return nil, err
	}
	theirs := &side{server: signer, client: client}
	defer b.close(theirs)
	paths := map[*side]string{ours: "/fhir/R5/Subscription/{subscription}/$get-ws-binding-token", theirs: "/token"}
	a, z, err := alternate(b, ours, theirs, func(s *side) (asked, error) {
		return s.requests(job.Order{Request: fmt.Sprintf(post, paths[s]), Connections: 32, Seconds: b.seconds})
	})
	if err != nil {
		return nil, err
	}
	return []result{{row: rowTokens, value: median(ratios(each(a, rateOf), each(z, rateOf))),
		figures: fmt.Sprintf("%s and %s/s; server CPU %s and %s µs each", grouped(median(each(a, rateOf))), grouped(median(each(z, rateOf))),
			short(median(each(a, cpuOf))), short(median(each(z, cpuOf))))}}, nil
}

// startup measures how soon a new process answers.
func (b *bench) startup() ([]result, error) {
	var took []float64
	for range b.rounds + 2 {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		begin := time.Now()
		p, err := b.run(b.wsbind, "serve", "--listen", address, "--management", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		err = answers(address)
		took = append(took, time.Since(begin).Seconds()*1000)
		b.stop(p)
		if err != nil {
			return nil, err
		}
	}
	return []result{{row: rowStart, value: median(took), figures: "until `metadata` is answered by 200"}}, nil
}

// answers asks for the CapabilityStatement until there is one, five times a millisecond
// at most: the process that is looked at needs the processors.
func answers(address string) error {
	for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(200 * time.Microsecond) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			continue
		}
		fmt.Fprintf(conn, "GET /fhir/R4/metadata HTTP/1.1\r\nHost: %s\r\n\r\n", address)
		text := make([]byte, len("HTTP/1.1 200"))
		n, err := conn.Read(text)
		conn.Close()
		if err != nil || !strings.HasSuffix(string(text[:n]), fmt.Sprint(http.StatusOK)) {
			return fmt.Errorf("metadata was answered by %q, %v", text[:n], err)
		}
		return nil
	}
	return fmt.Errorf("nobody listens on %s", address)
}
