package main

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	webdemo "github.com/wsbind/wsbind/web-demo"
)

// buildWith makes commands believe that they were built with a page, or without.
func buildWith(t *testing.T, page fs.FS) {
	t.Helper()
	before := builtPage
	t.Cleanup(func() { builtPage = before })
	builtPage = func() (fs.FS, error) {
		if page == nil {
			return nil, webdemo.ErrNotBuilt
		}
		return page, nil
	}
}

var aPage = fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>page</title>")}}

// get returns the body of what a browser asks for.
func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestServeWithThePage(t *testing.T) {
	buildWith(t, aPage)
	p := start(t, "serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--json")
	var at struct{ Base, Page string }
	if err := json.Unmarshal([]byte(p.line()), &at); err != nil || at.Page != at.Base+"/" {
		t.Fatalf("the page is at %q: %v", at.Page, err)
	}
	if text := get(t, at.Page); !strings.Contains(text, "<title>page</title>") {
		t.Errorf("it is %s", text)
	}
	printed, _, _ := wsbind(t, "", "version")
	var about struct{ Version string }
	if err := json.Unmarshal([]byte(get(t, at.Page+"wsbind.json")), &about); err != nil || "wsbind "+about.Version+"\n" != printed {
		t.Errorf("the page is told of version %q, wsbind version prints %q", about.Version, printed)
	}
	p.stop(exitGood)
	if strings.Contains(p.stderr.String(), "without the page") {
		t.Errorf("said %s", p.stderr)
	}

	human := start(t, "serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0")
	if first := human.list(); !strings.HasPrefix(first, "page        http://127.0.0.1:") || !strings.HasSuffix(first, "/") {
		t.Errorf("the list begins with %q", first)
	}
	human.stop(exitGood)
}

func TestServeWithoutThePage(t *testing.T) {
	buildWith(t, nil)
	p := start(t, "serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--json")
	line := p.line()
	var at struct{ Base string }
	if err := json.Unmarshal([]byte(line), &at); err != nil || strings.Contains(line, `"page"`) {
		t.Fatalf("printed %s: %v", line, err)
	}
	if text := get(t, at.Base+"/"); !strings.HasPrefix(text, "wsbind mock server") || strings.Contains(text, "browser") {
		t.Errorf("the text is %s", text)
	}
	p.stop(exitGood)
	if !strings.Contains(p.stderr.String(), `"level":"WARN","msg":"this program was built without the page; run make build"`) {
		t.Errorf("said %s", p.stderr)
	}

	human := start(t, "serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0")
	if first := human.list(); !strings.HasPrefix(first, "R4 ") {
		t.Errorf("the list begins with %q", first)
	}
	human.stop(exitGood)
	if !strings.Contains(human.stderr.String(), "wsbind: warning: this program was built without the page; run make build\n") {
		t.Errorf("said %s", human.stderr)
	}
}

// list returns the first line of the list of where everything is.
func (p *process) list() string {
	p.t.Helper()
	for {
		line := p.line()
		if words := strings.Fields(line); len(words) == 2 && strings.HasPrefix(words[1], "http") {
			return line
		}
	}
}
