package gate

import (
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// TestJudge: what becomes of a notification that is valid, and of one that is not.
func TestJudge(t *testing.T) {
	const bad = `{"resourceType":"Bundle","type":"history"}`
	for check, want := range map[Check]int{"": 1, Report: 1, Drop: 0, Annotate: 2} {
		var told []Event
		j := newJudge(&Config{Check: check, Upstream: Upstream{Release: fhir.R4}, Observe: func(e Event) { told = append(told, e) }})
		frames := j.frames([]byte(bad), 7)
		if len(frames) != want || want > 0 && string(frames[want-1]) != bad {
			t.Errorf("%q: %q", check, frames)
		}
		if check == Annotate && !strings.Contains(string(frames[0]), "OperationOutcome") {
			t.Errorf("%q: %q", check, frames)
		}
		if (len(told) == 1) != (check != "") || len(told) == 1 && (told[0].Code != fault.MissingStatus || told[0].Socket != 7) {
			t.Errorf("%q: %+v", check, told)
		}
	}
}

// TestQueue is what waits for a client, and what does not any more.
func TestQueue(t *testing.T) {
	var q queue
	q.init(10)
	if !q.add(make([]byte, 100)) || q.add([]byte("x")) {
		t.Error("a frame beyond the bound is taken only where nothing waits")
	}
	batch, code := q.take(nil)
	if len(batch) != 1 || code != "" || q.add([]byte("y")) {
		t.Error("what is being written waits still")
	}
	q.done(len(batch[0]))
	if !q.add([]byte("z")) || !q.end(fault.ExpiredToken, []byte("last")) || q.end(fault.GoingAway, nil) || !q.add([]byte("late")) {
		t.Error("only the first end counts, and nothing is taken after it")
	}
	if batch, code = q.take(batch); len(batch) != 2 || string(batch[1]) != "last" {
		t.Errorf("%q %s", batch, code)
	}
	if batch, code = q.take(batch); len(batch) != 0 || code != fault.ExpiredToken || !q.wanted() {
		t.Errorf("%q %s", batch, code)
	}
	q.lose()
	if batch, code = q.take(batch); len(batch) != 0 || code != "" || q.wanted() {
		t.Errorf("%q %s", batch, code)
	}
	q = queue{}
	q.init(10)
	q.add([]byte("waits"))
	q.end(fault.SlowReader, nil)
	if batch, code = q.take(nil); len(batch) != 0 || code != fault.SlowReader || q.wanted() {
		t.Error("a slow reader gets nothing more")
	}
}
