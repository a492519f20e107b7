package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/wsbind/wsbind/mockserver/gate"
)

// announceGate prints where everything is.
func announceGate(out io.Writer, g *gate.Gate, f gateFlags) error {
	if f.json {
		return json.NewEncoder(out).Encode(struct {
			Base       string `json:"base"`
			Websocket  string `json:"websocket"`
			JWKS       string `json:"jwks,omitempty"`
			Management string `json:"management"`
			Local      string `json:"local"`
			Upstream   string `json:"upstream"`
			Dialect    string `json:"dialect"`
			Replay     string `json:"replay"`
		}{g.BaseURL(), g.WebsocketURL(), g.JWKSURL(), g.ManagementURL(), g.LocalURL(), f.upstream, f.dialect, f.replayLevel()})
	}
	if g.JWKSURL() != "" {
		curlFlags, listenFlags := " -H 'Authorization: Bearer me'", " --bearer me"
		if f.anonymous {
			curlFlags, listenFlags = "", ""
		}
		fmt.Fprintf(out, "curl -sS%s -X POST '%s/Subscription/ID/$get-ws-binding-token'\nwsbind listen%s --base %s --subscription ID\n\n", curlFlags, g.BaseURL(), listenFlags, g.BaseURL())
		fmt.Fprintf(out, "The lines above get a token of the gate's for a Subscription of the server, and\nlisten through the gate.\n\n")
	}
	fmt.Fprintf(out, "%-12s%s, which speaks %s\n", "upstream", f.upstream, f.dialect)
	fmt.Fprintf(out, "%-12s%s\n", "base", g.BaseURL())
	fmt.Fprintf(out, "%-12s%s\n", "websocket", g.WebsocketURL())
	if g.JWKSURL() != "" {
		fmt.Fprintf(out, "%-12s%s\n", "keys", g.JWKSURL())
	}
	fmt.Fprintf(out, "%-12s%s\n", "remembers", f.replayLevel())
	_, err := fmt.Fprintf(out, "%-12s%s\n", "management", g.ManagementURL())
	return err
}
