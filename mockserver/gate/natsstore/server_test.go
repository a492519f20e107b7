package natsstore_test

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/wsbind/wsbind/mockserver/internal/testkit"
)

// natsServer is a NATS server with JetStream on a free port of the loopback
// interface, which can be killed and brought back.
type natsServer struct {
	t       testing.TB
	running *server.Server
	options server.Options
}

// startNATS starts a server, which is stopped with the test. What it stores is in a
// directory of the test's.
func startNATS(t testing.TB) *natsServer {
	t.Helper()
	s := &natsServer{t: t, options: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	}}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// url is where it listens, also after it was killed and brought back.
func (s *natsServer) url() string { return s.running.ClientURL() }

// start brings it back, with what it had stored and at its address.
func (s *natsServer) start() {
	s.t.Helper()
	options := s.options
	running, err := server.NewServer(&options)
	if err != nil {
		s.t.Fatal(err)
	}
	running.Start()
	if !running.ReadyForConnections(testkit.Patience) {
		s.t.Fatal("NATS does not come up")
	}
	s.running, s.options.Port = running, options.Port
}

// kill ends it: all connections break.
func (s *natsServer) kill() {
	s.running.Shutdown()
	s.running.WaitForShutdown()
}
