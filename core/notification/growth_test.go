//go:build unix

package notification_test

import (
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
)

// TestTimeGrowsWithSize compares Bundles of 1,000 and 8,000 events in every
// arrangement that could make someone compare each with each. Eight times the
// size may take thirty times the time before the test fails; a quadratic check
// takes sixty-four.
func TestTimeGrowsWithSize(t *testing.T) {
	shapes := map[string]func(r fhir.Release, n int) notification.Notification{
		"distinct": func(r fhir.Release, n int) notification.Notification { return many(r, notification.IDOnly, n) },
		"one focus": func(r fhir.Release, n int) notification.Notification {
			note := many(r, notification.IDOnly, n)
			for i := range note.Status.Events {
				note.Status.Events[i].Focus = encounter("e1")
			}
			return note
		},
		"same tail": func(r fhir.Release, n int) notification.Notification {
			note := many(r, notification.IDOnly, n)
			for i := range note.Status.Events {
				note.Status.Events[i].Focus.URL = "https://example.org/" + strconv.Itoa(i) + "/Encounter/e1"
			}
			return note
		},
		"one context": func(r fhir.Release, n int) notification.Notification {
			note := many(r, notification.IDOnly, n)
			for i := range note.Status.Events {
				note.Status.Events[i].Context = []notification.Resource{patient()}
			}
			return note
		},
	}
	for name, shape := range shapes {
		for _, r := range releases {
			few, lots := duration(t, r, shape(r, 1000)), duration(t, r, shape(r, 8000))
			if lots > 30*few && lots > 100*time.Millisecond {
				t.Errorf("%s, %v: 1,000 events take %v, 8,000 take %v", name, r, few, lots)
			}
		}
	}
}

// duration is the processor time to build, check and read: the time on a clock
// would tell how busy the machine is.
func duration(t *testing.T, r fhir.Release, n notification.Notification) time.Duration {
	var c notification.Checker
	best := time.Hour
	for range 2 {
		start := processorTime(t)
		bundle := built(t, n)
		if got, issues := c.Read(bundle, r); len(issues) > 0 || len(got.Statuses) != 1 {
			t.Fatalf("read %v", issues)
		}
		best = min(best, processorTime(t)-start)
	}
	return best
}

func processorTime(t *testing.T) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
