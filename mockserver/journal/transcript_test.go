package journal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/mockserver/clock"
	"github.com/wsbind/wsbind/mockserver/journal"
)

// record keeps entries that are dated noon.
func record(entries ...journal.Entry) []journal.Entry {
	j := journal.New(journal.Config{Clock: clock.NewVirtual(noon)})
	for _, e := range entries {
		j.Add(e)
	}
	return j.Entries(journal.Query{})
}

var (
	ask   = journal.Entry{Kind: journal.Request, FHIR: "R4", Caller: "alice", Interaction: "$get-ws-binding-token", WebsocketURL: "ws://127.0.0.1:45678/ws/x"}
	look  = journal.Entry{Kind: journal.Request, FHIR: "R4", Caller: "bob", Interaction: "$status"}
	open  = journal.Entry{Kind: journal.Open, FHIR: "R4", Socket: 1, Caller: "alice"}
	bind  = journal.Entry{Kind: journal.Received, FHIR: "R4", Socket: 1, Type: "bind"}
	other = journal.Entry{Kind: journal.Open, FHIR: "R5", Socket: 1}
)

func TestTranscriptIsByConversation(t *testing.T) {
	var heads []string
	text := journal.Transcript(record(ask, open, look, other, bind))
	for line := range strings.Lines(text) {
		if head, ok := strings.CutPrefix(line, "== "); ok {
			heads = append(heads, strings.TrimSpace(head))
		}
	}
	if want := []string{"R4 requests of alice", "R4 requests of bob", "R4 socket 1 of alice, the client", "R5 socket 1 of , the client"}; !slices.Equal(heads, want) {
		t.Errorf("the conversations are %q, want %q", heads, want)
	}
	if strings.Index(text, `"open"`) > strings.Index(text, `"received"`) {
		t.Error("the order within a conversation is lost")
	}
	if journal.Transcript(nil) != "" {
		t.Error("nothing has a transcript")
	}
}

// How conversations fall between one another, what the wall's clock said and which
// port was free makes no difference.
func TestTranscriptIsTheSameAgain(t *testing.T) {
	again := ask
	again.WebsocketURL = "ws://127.0.0.1:1/ws/x"
	again.Arrived = time.Now()
	one, two := journal.Transcript(record(ask, open, bind, look)), journal.Transcript(record(look, open, again, bind))
	if one != two {
		t.Errorf("the transcripts differ:\n%s\n%s", one, two)
	}
	if strings.Contains(one, "45678") || !strings.Contains(one, "ws://127.0.0.1/ws/x") {
		t.Errorf("a port is left in:\n%s", one)
	}
	if one == journal.Transcript(record(bind, ask, open, look)) {
		t.Error("another order within a conversation has the same transcript")
	}
}
