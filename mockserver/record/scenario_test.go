package record_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/client"
	"github.com/wsbind/wsbind/mockserver/record"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// TestFiltersAreKept proves that the structure of filters is, and that the mock server
// takes the Subscription; values are not.
func TestFiltersAreKept(t *testing.T) {
	for _, release := range releases {
		t.Run(release.String(), func(t *testing.T) {
			c := start(t, release, mockserver.Config{})
			send(t, "PUT", c.BaseURL(release)+"/Subscription/real-1", c.subscriptionTo("real-1", "family=Smith"))
			l := listen(t, c.r.BaseURL(), c.clock, []string{"real-1"}, map[string]string{"real-1": "s1"})
			l.until(1)
			c.emit("real-1", 1)
			l.until(2)
			l.stop()
			s := c.scenario()
			if len(s.Subscriptions) != 1 || s.Subscriptions[0].Resource == nil {
				t.Fatalf("not written out: %+v", s.Subscriptions)
			}
			if body := string(s.Subscriptions[0].Resource.Body); !strings.Contains(body, "family") || strings.Contains(body, "Smith") {
				t.Errorf("the filter is not kept without its value: %s", body)
			}
			replay(t, s, release, []string{"s1"}, l.seen)
		})
	}
}

// TestOwnTopic records a Subscription to a topic that the mock server does not have by
// itself.
func TestOwnTopic(t *testing.T) {
	const canonical = "http://secret.example/topic"
	topics := map[string]string{
		"R4": `{"resourceType":"Basic","id":"t","code":{"coding":[{"system":"http://hl7.org/fhir/fhir-types","code":"SubscriptionTopic"}]},"extension":[
			{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.url","valueUri":"` + canonical + `"},
			{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.resourceTrigger","extension":[{"url":"resource","valueUri":"Encounter"}]}]}`,
		"R4B": `{"resourceType":"SubscriptionTopic","id":"t","url":"` + canonical + `","status":"active","title":"Secret","resourceTrigger":[{"resource":"Encounter"}]}`,
	}
	topics["R5"] = topics["R4B"]
	for _, release := range releases {
		for _, keep := range []bool{false, true} {
			c := start(t, release, mockserver.Config{}, func(cfg *record.Config) { cfg.KeepURLs = keep })
			kind := "SubscriptionTopic"
			if release.String() == "R4" {
				kind = "Basic"
			}
			send(t, "PUT", c.BaseURL(release)+"/"+kind+"/t", topics[release.String()])
			body := strings.Replace(c.subscriptionTo("real-1", ""), "http://wsbind.example/SubscriptionTopic/Patient", canonical, 1)
			send(t, "PUT", c.BaseURL(release)+"/Subscription/real-1", body)
			l := listen(t, c.r.BaseURL(), c.clock, []string{"real-1"}, map[string]string{"real-1": "s1"})
			l.until(1)
			c.emit("real-1", 1)
			l.until(2)
			l.stop()
			s := c.scenario()
			if len(s.Topics) != 1 || !strings.Contains(string(s.Topics[0].Body), "Encounter") || strings.Contains(string(s.Topics[0].Body), "secret.example") != keep {
				t.Errorf("%s, keep %v: the topics are %+v", release, keep, s.Topics)
			}
			replay(t, s, release, []string{"s1"}, l.seen)
		}
	}
}

// TestClientsOwnSubscription records a client that subscribes by itself, and with a
// bearer token: whoever plays the recording has to do so again.
func TestClientsOwnSubscription(t *testing.T) {
	for _, release := range releases {
		c := start(t, release, mockserver.Config{})
		send(t, "PUT", c.r.BaseURL()+"/Subscription/mine", c.subscriptionTo("mine", ""))
		l := listen(t, c.r.BaseURL(), c.clock, []string{"mine"}, nil)
		l.until(1)
		c.emit("mine", 2)
		l.until(3)
		l.stop()
		s := c.scenario()
		if len(s.Subscriptions) > 0 || s.Timeline[0].Emit.Topic != "Patient" {
			t.Errorf("it is there already: %+v", s)
		}
		srv, clk := play(t, s)
		send(t, "PUT", srv.BaseURL(release)+"/Subscription/mine", c.subscriptionTo("mine", ""))
		p := listen(t, srv.BaseURL(release), clk, []string{"mine"}, nil)
		p.until(3)
		p.stop()
		if !slices.Equal(p.seen, l.seen) {
			t.Errorf("recorded %q\nreplayed %q", l.seen, p.seen)
		}
	}
}

// TestYAMLSaysTheSame proves that nothing is lost in the file: it is read again as it
// was written, whatever the words look like.
func TestYAMLSaysTheSame(t *testing.T) {
	c := start(t, releases[0], mockserver.Config{})
	c.subscribe("real-1")
	l := listen(t, c.r.BaseURL(), c.clock, []string{"real-1"}, nil)
	l.until(1)
	c.emit("real-1", 1)
	l.until(2)
	l.stop()
	c.r.Close()
	for _, name := range []string{"on", "null", "1", "1e3", "true", "2026-03-01"} {
		text, err := c.r.YAML(name)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		want, _, _ := c.r.Scenario(name)
		got, err := scenario.Read("x.yaml", text)
		if err != nil || got.Name != want.Name || got.About != want.About || len(got.Timeline) != len(want.Timeline) {
			t.Errorf("%v: got %+v\nwant %+v", err, got, want)
		}
	}
}

// TestBearer records a client that has shown who it is. Its token is nowhere; the one
// that stands in for it is.
func TestBearer(t *testing.T) {
	c := start(t, fhir.R5, mockserver.Config{RequireAuth: true}, func(cfg *record.Config) { cfg.Release = fhir.R5 })
	send(t, "PUT", c.BaseURL(fhir.R5)+"/Subscription/real-1", c.subscriptionTo("real-1", ""), "Authorization: Bearer secret")
	as := func(bearer string) func(*client.Config) {
		return func(cfg *client.Config) { cfg.Bearer, cfg.Release = bearer, fhir.R5 }
	}
	l := listen(t, c.r.BaseURL(), c.clock, []string{"real-1"}, map[string]string{"real-1": "s1"}, as("secret"))
	l.until(1)
	c.emit("real-1", 1)
	l.until(2)
	l.stop()
	s := c.scenario()
	if s.Subscriptions[0].Bearer != record.Bearer {
		t.Errorf("the Subscription belongs to %q", s.Subscriptions[0].Bearer)
	}
	srv, clk := play(t, s)
	p := listen(t, srv.BaseURL(fhir.R5), clk, []string{"s1"}, nil, as(record.Bearer))
	p.until(2)
	p.stop()
	if !slices.Equal(p.seen, l.seen) {
		t.Errorf("recorded %q\nreplayed %q", l.seen, p.seen)
	}
}
