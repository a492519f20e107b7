package natsstore

import "github.com/nats-io/nats.go"

// Back waits until the connection is had back.
func (s *Store) Back() {
	status := s.conn.StatusChanged(nats.CONNECTED)
	defer s.conn.RemoveStatusListener(status)
	if !s.conn.IsConnected() {
		<-status
	}
}
