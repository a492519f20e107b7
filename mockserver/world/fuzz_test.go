package world_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// FuzzStoredOrExplained posts any text as any of the types that the world reads
// in full: it is stored, and can be read back and live through a change, or it
// is refused with an issue that says where and why.
func FuzzStoredOrExplained(f *testing.F) {
	for _, r := range releases {
		for _, o := range []order{{}, {filters: []string{"Patient.gender=male"}, heartbeat: 1, maxCount: 2, end: "2027-01-01T00:00:00Z"}, {topic: "encounter-complete", content: "full-resource"}} {
			f.Add(uint8(r), subscriptionOf(r, o))
		}
		f.Add(uint8(r), topicV1)
		f.Add(uint8(r), (&topicWish{url: "http://example.org/t", triggers: []triggerWish{{kind: "Patient", both: true}}, allowed: []allowance{{"Patient", "gender", []string{"eq", "not"}}}}).text(r))
	}
	f.Add(uint8(1), subscriptionOf(fhir.R4, order{criteria: "Patient?gender=male"}))
	worlds := map[fhir.Release]*scene{}
	for _, r := range releases {
		worlds[r] = newScene(f, r)
	}
	f.Fuzz(func(t *testing.T, release uint8, text string) {
		s := worlds[releases[int(release)%len(releases)]]
		s.t = t
		for _, kind := range []string{"Subscription", "SubscriptionTopic", "Basic"} {
			if !strings.Contains(text, kind) {
				continue
			}
			v, err := s.Create("alice", kind, []byte(text))
			if err != nil {
				if invalid, ok := errors.AsType[*fault.Invalid](err); ok {
					for _, i := range invalid.Issues {
						if i.Diagnostics == "" || !i.Code.Known() || i.Offset+i.Length > len(text) {
							t.Errorf("%+v explains nothing", i)
						}
					}
				} else if fault.CodeOf(err) != fault.NotFound {
					t.Errorf("%v", err)
				}
				continue
			}
			if back, err := s.Read("alice", kind, v.ID); err != nil || string(back.Body) != string(v.Body) {
				t.Errorf("%s came back as %s, %v", v.Body, back.Body, err)
			}
			e := s.ear()
			if _, err := s.Attach(e, "alice", []string{v.ID}); err == nil {
				s.patient("male")
			}
			if err := s.Delete("alice", kind, v.ID); err != nil {
				t.Error(err)
			}
		}
	})
}
