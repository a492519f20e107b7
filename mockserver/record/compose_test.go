package record

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/scenario"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// anything makes up what might be seen, in no sensible order.
func anything(chance *rand.Rand, at time.Time) moment {
	pick := func(words ...string) string { return words[chance.IntN(len(words))] }
	m := moment{
		kind: kind(1 + chance.IntN(int(unlisted))), at: at, socket: 1 + chance.IntN(3), counter: int64(chance.IntN(20) - 1),
		code: []int{200, 401, 403, 404, 422, 429, 500, 503}[chance.IntN(8)], by: pick("client", "server", "nobody"),
		took: time.Duration(chance.IntN(4000)) * time.Millisecond, life: time.Duration(chance.IntN(100_000)) * time.Second,
	}
	switch m.kind {
	case bind:
		m.subs = [][]string{nil, {"s1"}, {"s1", "s2"}, {"s2", "s3"}}[chance.IntN(4)]
	case handshake, heartbeat, event, status, created, updated:
		m.subs = []string{pick("s1", "s2", "s3")}
	}
	switch m.kind {
	case asked:
		m.fault, m.word = pick("", faults.MissingParameter, faults.DoubledParameter), pick("token", "expiration")
	case askedOther:
		m.word = pick("$events", "$status")
	case status:
		m.word = pick("error", "off", "")
	case mangled:
		m.fault = pick(faults.MalformedJSON, faults.EmptyBundle, faults.BinaryFrame, faults.MissingStatus)
	case closed:
		m.code, m.word = []int{1000, 1001, 1008, 4000}[chance.IntN(4)], pick("", "expired-token", "revoked-token")
	case refused:
		m.code = 503
	case event:
		for n := range chance.IntN(3) {
			m.numbers = append(m.numbers, int64(1+n+chance.IntN(12)))
		}
		m.focus = focus{pick("", "Patient/p1", "Encounter/e2"), pick("", "create", "delete")}
		m.fault = pick("", "", faults.WrongBundleType)
	}
	return m
}

// TestWhateverIsSeenMakesAScenario proves that the file can be read, whatever a server
// and a client have done.
func TestWhateverIsSeenMakesAScenario(t *testing.T) {
	seeds := uint64(2000)
	if testing.Short() { // under the race detector: nothing here is concurrent
		seeds = 50
	}
	for seed := range seeds {
		chance := rand.New(rand.NewPCG(seed, 0))
		dialects := []socket.Dialect{socket.Spec, socket.Query, socket.Medplum, socket.Legacy}
		release := []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}[chance.IntN(3)]
		r := &Recorder{cfg: Config{Clock: clock.Real()}, release: release, known: newKnowledge(release), tape: &tape{dialect: dialects[chance.IntN(4)]}}
		for i := range 3 {
			name := r.known.subscription(fmt.Sprint("real-", i))
			r.known.update(name, func(s *subscribed) {
				s.created, s.beat, s.content = chance.IntN(3) == 0, chance.IntN(40), []string{"", "empty", "full-resource"}[chance.IntN(3)]
				s.topic = []string{"", "http://secret.example/t", "http://wsbind.example/SubscriptionTopic/Patient"}[chance.IntN(3)]
			})
		}
		at := time.Now()
		for range chance.IntN(60) {
			at = at.Add(time.Duration(chance.IntN(3)) * time.Second)
			r.tape.moments = append(r.tape.moments, anything(chance, at))
		}
		if text, err := r.YAML("anything"); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
	}
}

// TestALongRecordingIsCut proves that what a scenario cannot hold is left out, and that
// the file says so.
func TestALongRecordingIsCut(t *testing.T) {
	r := &Recorder{cfg: Config{Clock: clock.Real()}, release: fhir.R4, known: newKnowledge(fhir.R4), tape: &tape{clock: clock.Real()}}
	name := r.known.subscription("real")
	r.tape.add(moment{kind: bind, socket: 1, subs: []string{name}})
	r.tape.add(moment{kind: handshake, socket: 1, subs: []string{name}})
	for n := range int64(maxMoments + 10) {
		r.tape.add(moment{kind: event, socket: 1, subs: []string{name}, numbers: []int64{n + 1}})
	}
	s, remarks, err := r.Scenario("long")
	if err != nil || len(s.Timeline) != longest || r.tape.cut().lost == 0 {
		t.Errorf("%d steps, %v", len(s.Timeline), err)
	}
	text, err := render(s, remarks)
	if _, bad := scenario.Read("long.yaml", text); err != nil || bad != nil {
		t.Errorf("%v %v", err, bad)
	}
	if last := remarks[len(remarks)-1]; last != "Note: what s1 is about was not seen: it is guessed." {
		t.Errorf("the last remark is %q", last)
	}
}
