package mockserver_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/mockserver"
	"github.com/wsbind/wsbind/mockserver/journal"
	"github.com/wsbind/wsbind/mockserver/review"
)

// Each finding is drawn by a careless client, over HTTP and a websocket, and not by
// its corrected twin. What rests on durations is not drawn where the client does
// not share the clock, everything else is.
func TestEachFindingHasACarelessClient(t *testing.T) {
	for i, l := range lessons {
		t.Run(fmt.Sprintf("%d %s", i, l.code), func(t *testing.T) {
			t.Parallel()
			c := l.run(t, true, true)
			l.drawn(c)
			l.run(t, false, true).drawsNothing()
			c = l.run(t, true, false)
			if code := codeOf(t, l.code); code.Timed {
				c.drawsNothing()
			} else {
				l.drawn(c)
			}
			l.run(t, false, false).drawsNothing()
		})
	}
}

// run plays a lesson to its end.
func (l *lesson) run(t *testing.T, careless, shared bool) *clientUnderTest {
	t.Helper()
	c := startForClient(t, func(cfg *mockserver.Config) {
		if cfg.SharedClock = shared; l.change != nil {
			l.change(cfg)
		}
	})
	l.play(c, careless)
	c.settle()
	c.leave()
	return c
}

// drawsNothing checks that the client has drawn no finding at all.
func (c *clientUnderTest) drawsNothing() {
	c.t.Helper()
	for _, f := range c.Findings() {
		c.t.Errorf("drew %s", mockserver.DescribeFinding(f))
	}
}

// drawn checks that the finding of the lesson was drawn, and no other.
func (l *lesson) drawn(c *clientUnderTest) {
	c.t.Helper()
	code := codeOf(c.t, l.code)
	list := c.Findings()
	if len(list) != 1 || list[0].Code != l.code {
		for _, f := range list {
			c.t.Errorf("drew %s", mockserver.DescribeFinding(f))
		}
		c.t.Fatalf("drew %d findings, want %s alone", len(list), l.code)
	}
	f := list[0]
	if f.Severity != code.Severity || f.Advice != code.Advice {
		c.t.Errorf("drew %s with the advice %q, want %s with %q", f.Severity, f.Advice, code.Severity, code.Advice)
	}
	for _, words := range l.says {
		if !strings.Contains(f.Message, words) {
			c.t.Errorf("the message %q does not say %q", f.Message, words)
		}
	}
	c.isAboutMe(f)
}

// isAboutMe checks what a finding says about whose it is, and that its evidence is
// what this client has done, or what was done to it. Nothing says who opens a
// websocket before it binds.
func (c *clientUnderTest) isAboutMe(f review.Finding) {
	c.t.Helper()
	me := c.nameInJournal()
	if f.FHIR != "R4" && f.FHIR != "" || f.Caller != me && f.Caller != "" || f.Subscription != "" && f.Subscription != c.id {
		c.t.Errorf("it is about caller %q and Subscription %q in %s, want %q and %q in R4", f.Caller, f.Subscription, f.FHIR, me, c.id)
	}
	if len(f.Evidence) == 0 {
		c.t.Error("it has no evidence")
	}
	entries := c.Journal.Entries(journal.Query{})
	for _, n := range f.Evidence {
		i := slices.IndexFunc(entries, func(e journal.Entry) bool { return e.N == n })
		if i < 0 {
			c.t.Errorf("entry %d, its evidence, is not in the journal", n)
		} else if e := entries[i]; e.FHIR != f.FHIR || e.Caller != f.Caller && e.Caller != "" {
			c.t.Errorf("its evidence is entry %d, of %q in %q", n, e.Caller, e.FHIR)
		}
	}
}

// nameInJournal is how the journal names the client.
func (c *clientUnderTest) nameInJournal() string {
	for _, e := range c.Journal.Entries(journal.Query{Interaction: "create"}) {
		if slices.Contains(e.Subscriptions, c.id) || e.Resource == "Subscription/"+c.id {
			return e.Caller
		}
	}
	c.t.Fatal("the journal has no creation of the client's Subscription")
	return ""
}

func codeOf(t *testing.T, name string) review.Code {
	for _, c := range review.Codes() {
		if c.Code == name {
			return c
		}
	}
	t.Fatalf("there is no finding %s", name)
	return review.Code{}
}

// No finding is without a careless client.
func TestEachCodeHasALesson(t *testing.T) {
	for _, c := range review.Codes() {
		if !slices.ContainsFunc(lessons, func(l lesson) bool { return l.code == c.Code }) {
			t.Errorf("no lesson draws %s: write one, with a careless client and its twin", c.Code)
		}
	}
}

// A careless client and its twin differ in one statement.
func TestTwinsDifferInOneStatement(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "careless_test.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	plays := 0
	ast.Inspect(file, func(n ast.Node) bool {
		f, isFunc := n.(*ast.FuncLit)
		if !isFunc || len(f.Type.Params.List) != 2 {
			return true
		}
		plays++
		uses := 0
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == "careless" {
				uses++
			}
			return true
		})
		if uses != 1 {
			t.Errorf("lesson %d uses careless %d times, want once", plays, uses)
		}
		return false
	})
	if plays != len(lessons) {
		t.Errorf("found %d plays, want %d", plays, len(lessons))
	}
}
