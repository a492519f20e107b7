package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// struck is what goes wrong by chance while a soak is on: whatever a careful client
// survives by itself. Left out are the faults that end a client for good reasons
// (401, 403, 404, a Subscription in error or off, which the soak turns itself), and
// those that cost the machine too much.
var struck = []string{
	"too-many-requests", "unavailable", "slow-answer", "missing-parameter", "doubled-parameter", "wrong-value-type",
	"insecure-url", "expired-answer", "foreign-signature", "wrong-audience", "alg-none", "unknown-kid", "broken-cors",
	"refused-upgrade", "unanswered-bind", "close-before-handshake", "close-after-handshake", "drop", "stall", "delay", "split-frame",
	"slow-frame", "no-pong", "binary-frame", "early-expiry", "missing-handshake", "late-handshake", "gap", "reordered",
	"wrong-subscription", "wrong-bundle-type", "missing-status", "malformed-json", "counter-as-number", "empty-bundle",
	"stopped-heartbeats", "early-event", "early-heartbeat", "prompt-event", "prompt-heartbeat", "several-events",
	"repeated-handshake", "duplicate", "changed-url", "long-fraction", "unknown-extension",
}

// probability is that of each. Five broken answers on end are more than a client
// bears, and there are a dozen faults that break one.
const probability = 0.004

func planFaults(ctx context.Context, s *server) error {
	var list []string
	for _, name := range struck {
		list = append(list, fmt.Sprintf(`{"fault":%q,"probability":%g}`, name, probability))
	}
	_, err := s.manage(ctx, http.MethodPost, "/faults", `{"faults":[`+strings.Join(list, ",")+`]}`)
	return err
}

// faultsStruck tells which faults have struck, and how often.
func faultsStruck(ctx context.Context, s *server) (string, error) {
	text, err := s.manage(ctx, http.MethodGet, "/faults", "")
	if err != nil {
		return "", err
	}
	var state struct{ Struck map[string]int }
	if err := json.Unmarshal(text, &state); err != nil {
		return "", err
	}
	var list []string
	for name, n := range state.Struck {
		list = append(list, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(list)
	return strings.Join(list, ", "), nil
}
