package gate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client/load"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/gate"
	"github.com/wsbind/wsbind/mockserver/internal/testkit"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// loaded is a gate in front of a mock server that wants callers to say who they are. The
// gate's own credential is that of the load, for this server shows everybody their own
// Subscriptions only.
func loaded(t *testing.T, dialect gate.Dialect, release fhir.Release) load.Config {
	t.Helper()
	behind := map[gate.Dialect]socket.Dialect{gate.Spec: socket.Spec, gate.Medplum: socket.Medplum, gate.Legacy: socket.Legacy}[dialect]
	mock := mockserver.Start(t, mockserver.Config{Dialect: behind, RequireAuth: true})
	c := gate.Config{Upstream: gate.Upstream{Base: mock.BaseURL(release), Dialect: dialect, Release: release, Headers: asAlice}}
	if dialect != gate.Spec {
		c.Store = gate.NewMemoryStore(clock.Real())
	}
	if dialect == gate.Legacy {
		c.Upstream.WebsocketURL = mock.WebsocketURL(release)
	}
	return load.Config{Base: gate.Start(t, c).BaseURL(), Bearer: "alice", Sockets: 8, Events: 20, Rate: 200, Wait: testkit.Patience, Seed: 7}
}

// TestLoad: wsbind load speaks to a gate as to any server of the guide, whatever the server
// behind it speaks, and every event comes through once and in order.
func TestLoad(t *testing.T) {
	for _, test := range []struct {
		dialect       gate.Dialect
		release       fhir.Release
		content       string
		subscriptions int
	}{
		{gate.Spec, fhir.R4, load.IDOnly, 3},
		{gate.Spec, fhir.R5, load.FullResource, 3},
		{gate.Medplum, fhir.R4, load.IDOnly, 2},
		{gate.Legacy, fhir.R4, load.Empty, 2},
	} {
		t.Run(string(test.dialect)+" "+test.release.String(), func(t *testing.T) {
			c := loaded(t, test.dialect, test.release)
			c.Subscriptions, c.Content, c.Parallel = test.subscriptions, test.content, 1 // one request at a time: the order is known
			ctx, cancel := context.WithTimeout(t.Context(), 2*testkit.Patience)
			defer cancel()
			got, err := load.Run(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			if d := got.Deliveries; !got.Good() || d.Received != int64(160*test.subscriptions) {
				t.Errorf("the report is %+v", got)
			}
		})
	}
}

// TestLoadOfACallerThatTheGateDoesNotSee: the gate's own credential must see what the
// load's caller made, and the error says that this is it.
func TestLoadOfACallerThatTheGateDoesNotSee(t *testing.T) {
	c := loaded(t, gate.Spec, fhir.R4)
	c.Bearer = "bob"
	if _, err := load.Run(t.Context(), c); !errors.Is(err, fault.UnknownSubscription) {
		t.Errorf("the error is %v", err)
	}
}
