//go:build linux

package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// server is a process that is measured, and what its client must know to connect.
type server struct {
	*process
	connect job.Order
	profile string // host:port of /debug/pprof/, of a peer of ours or of wsbind's management interface
}

// serve starts a server: wsbind, or a peer and how it is to do it.
func (b *bench) serve(name, way string, flags ...string) (*server, error) {
	switch name {
	case "wsbind":
		return b.serveWsbind(flags...)
	case "nats-server":
		return b.serveNATS()
	}
	args := append([]string{"--size", fmt.Sprint(b.size)}, flags...)
	kind := "plain"
	if name == "centrifuge" {
		kind = name
		if way != "" {
			args = append(args, "--write-delay", way)
		}
	} else if way != "" {
		args = append(args, "--way", way)
	}
	p, err := b.run(filepath.Join(b.folder, name), args...)
	if err != nil {
		return nil, err
	}
	var where job.Announcement
	if err := p.line(&where); err != nil {
		return nil, err
	}
	return &server{p, job.Order{Do: "connect", Peer: kind, Socket: where.Socket, Publish: where.Publish, Size: b.size}, where.Profile}, nil
}

// serveWsbind starts the mock server as it comes, with the flags that a row needs.
func (b *bench) serveWsbind(flags ...string) (*server, error) {
	p, err := b.run(b.wsbind, append([]string{"serve", "--json", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--lifetime", "1h"}, flags...)...)
	if err != nil {
		return nil, err
	}
	var where struct {
		Base, Management string
		FHIR             map[string]string
	}
	if err := p.line(&where); err != nil {
		return nil, err
	}
	return &server{p, job.Order{Do: "connect", Peer: "wsbind", FHIR: where.FHIR["R5"], Publish: strings.TrimPrefix(where.Base, "http://")},
		strings.TrimPrefix(where.Management, "http://")}, nil
}

//go:embed peers/nats/server.conf
var natsConfig string

func (b *bench) serveNATS() (*server, error) {
	clients, err := freeAddress()
	if err != nil {
		return nil, err
	}
	sockets, err := freeAddress()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(b.folder, "nats.conf")
	text := strings.NewReplacer("CLIENTS", clients, "WEBSOCKET", sockets).Replace(natsConfig)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	p, err := b.run(b.nats, "--config", file)
	if err != nil {
		return nil, err
	}
	for _, address := range []string{clients, sockets} {
		if err := listening(address); err != nil {
			return nil, fmt.Errorf("nats-server: %w: %s", err, p.log())
		}
	}
	return &server{p, job.Order{Do: "connect", Peer: "nats", Socket: "ws://" + sockets + "/", Publish: clients, Size: b.size}, ""}, nil
}

// side is a server with its client, connected.
type side struct {
	server *server
	client *process
	sent   int // events so far
}

func (b *bench) client() (*process, error) { return b.run(filepath.Join(b.folder, "client")) }

// open connects sockets to a server, and looks at the first event on each.
func (b *bench) open(s *server, more job.Order) (*side, error) {
	c, err := b.client()
	if err != nil {
		return nil, err
	}
	o := s.connect
	o.Sockets, o.Each, o.Others = more.Sockets, more.Each, more.Others
	if _, err := c.order(o); err != nil {
		return nil, fmt.Errorf("%s: %w%s", filepath.Base(s.Path), err, logged(s))
	}
	return &side{server: s, client: c}, nil
}

func logged(s *server) string {
	if text := s.log(); text != "" {
		return ": " + text
	}
	return ""
}

func (b *bench) close(s *side) {
	b.stop(s.client)
	b.stop(s.server.process)
}
