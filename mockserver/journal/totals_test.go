package journal_test

import (
	"testing"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
)

func TestTotalsOutlastEntries(t *testing.T) {
	j := journal.New(journal.Config{MaxEntries: 2})
	for _, e := range []journal.Entry{
		{Kind: journal.Request, Status: 200, Interaction: "$get-ws-binding-token"},
		{Kind: journal.Request, Status: 403, Interaction: "$get-ws-binding-token"},
		{Kind: journal.Request, Status: 201, Interaction: "create"},
		{Kind: journal.Request, Status: 999}, {Kind: journal.Request, Status: -200}, // nobody's statuses
		{Kind: journal.Open, Status: 101}, {Kind: journal.Open, Status: 503},
		{Kind: journal.Received}, {Kind: journal.Sent}, {Kind: journal.Sent}, {Kind: journal.Withheld},
		{Kind: journal.Command}, {Kind: journal.Close}, {Kind: journal.Unbound},
	} {
		j.Add(e)
	}
	j.Reset(clock.Real())
	want := journal.Totals{Opened: 1, Received: 1, Sent: 2, Withheld: 1, Tokens: 1, Answers: [6]uint64{1, 0, 2, 0, 1, 1}}
	if got := j.Totals(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
