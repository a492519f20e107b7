package journal_test

import (
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/wsbind/wsbind/mockserver/journal"
)

// numbered is a frame with a number in it, as a notification is.
type numbered struct {
	text   string
	number [1]int64
	read   func() // called when the text is written, unless nil
}

func (n *numbered) Size() int { return len(n.text) }

func (n *numbered) Append(dst []byte) []byte {
	if n.read != nil {
		n.read()
	}
	return append(dst, n.text...)
}

func (n *numbered) entry() *journal.Entry {
	return &journal.Entry{Kind: journal.Sent, Total: &n.number[0], Events: n.number[:]}
}

// A notification may be of megabytes, while the bound counts what an entry shows:
// the rest must not stay in memory.
func TestLongFramesAreNotKept(t *testing.T) {
	j := journal.New(journal.Config{})
	frame := func() weak.Pointer[numbered] {
		f := &numbered{text: strings.Repeat("x", journal.MaxText+1), number: [1]int64{7}}
		j.AddFrame(f.entry(), f)
		return weak.Make(f)
	}()
	runtime.GC()
	if frame.Value() != nil {
		t.Error("the frame is still there")
	}
	e := j.Entries(journal.Query{})[0]
	if e.Text != strings.Repeat("x", journal.MaxText)+"…" || *e.Total != 7 || e.Events[0] != 7 {
		t.Errorf("got %d bytes, %d of %v", len(e.Text), *e.Total, e.Events)
	}
	if n := j.Bytes(); n < journal.MaxText || n > journal.MaxText+100 {
		t.Errorf("%d bytes are counted", n)
	}
}

// Who reads the journal keeps nobody waiting who adds to it.
func TestFramesAreReadWithoutTheLock(t *testing.T) {
	j := journal.New(journal.Config{})
	f := &numbered{text: "a"}
	f.read = func() { j.Add(journal.Entry{}) }
	j.AddFrame(f.entry(), f)
	if list := j.Entries(journal.Query{}); len(list) != 1 || list[0].Text != "a" || j.Len() != 2 {
		t.Errorf("got %+v, %d entries in all", list, j.Len())
	}
}
