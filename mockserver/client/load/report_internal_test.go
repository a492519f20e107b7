package load

import (
	"encoding/json"
	"os"
	"testing"
)

// TestReportAsJSON holds the names of the members, which programs rely on.
func TestReportAsJSON(t *testing.T) {
	r := Report{Closes: []Close{{1006, "gone", 1}}, Failures: []Failure{{"bind", 0, "timeout", 2}}}
	r.Frames.OtherSample = "x"
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("the report is\n%s\nand testdata/report.json has other members", got)
	}
}

func TestKindsOfFailuresAreBounded(t *testing.T) {
	f := failures{}
	for n := range 3 * maxKinds {
		f.add(Failure{Call: "connect", Status: n})
		f.add(Failure{Call: "connect", Status: 0})
	}
	if len(f) > maxKinds+1 || f[Failure{Call: "connect"}] != 3*maxKinds+1 || f[Failure{Call: "connect", Code: "others"}] != 2*maxKinds {
		t.Errorf("%d kinds: %v", len(f), f)
	}
}

func TestLimits(t *testing.T) {
	if err := checkLimits(10, 10); err != nil {
		t.Error(err)
	}
	if err := checkLimits(maxSockets, 10); err == nil {
		t.Error("a million sockets are said to be possible")
	}
}
