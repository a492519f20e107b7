package journal_test

import (
	"testing"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// unread is a frame that fails the test where it is written.
type unread struct{ t testing.TB }

func (u unread) Append([]byte) []byte { u.t.Error("a frame was written that nobody reads"); return nil }
func (u unread) Size() int            { return 1000 }

// frameEntry is what an entry of a notification has.
func frameEntry() *journal.Entry {
	total := int64(7)
	return &journal.Entry{
		Kind: journal.Sent, FHIR: "R4", Caller: "anonymous", Socket: 7, Dialect: "spec", Type: "event-notification",
		Subscriptions: []string{"one"}, Events: []int64{7}, Focus: []string{"Patient/1"}, Total: &total, Bytes: 1000,
	}
}

// There are a hundred thousand a second.
func TestAFrameTakesNoMemory(t *testing.T) {
	j, e := journal.New(journal.Config{MaxEntries: 100}), frameEntry()
	var f journal.Frame = unread{t}
	for range 100 {
		j.AddFrame(e, f)
	}
	if n := testing.AllocsPerRun(1000, func() { j.AddFrame(e, f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAddFrame(b *testing.B) {
	j, e := journal.New(journal.Config{}), frameEntry()
	var f journal.Frame = unread{b}
	b.ReportAllocs()
	for b.Loop() {
		j.AddFrame(e, f)
	}
}
