// Package natstest runs a NATS server with JetStream in a test, which can be killed
// and brought back.
package natstest

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// patience guards against a server that never comes up.
const patience = 30 * time.Second

// Server is a NATS server on a free port of the loopback interface.
type Server struct {
	t       testing.TB
	running *server.Server
	options server.Options
}

// Run starts a server, which is stopped with the test. What it stores is in a
// directory of the test's.
func Run(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, options: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	}}
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// URL is where it listens, also after it was killed and brought back.
func (s *Server) URL() string { return s.running.ClientURL() }

// Start brings it back, with what it had stored and at its address.
func (s *Server) Start() {
	s.t.Helper()
	options := s.options
	running, err := server.NewServer(&options)
	if err != nil {
		s.t.Fatal(err)
	}
	running.Start()
	if !running.ReadyForConnections(patience) {
		s.t.Fatal("NATS does not come up")
	}
	s.running, s.options.Port = running, options.Port
}

// Kill ends it: all connections break.
func (s *Server) Kill() {
	s.running.Shutdown()
	s.running.WaitForShutdown()
}
