package webdemo

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestWithoutThePage(t *testing.T) {
	fresh := fstest.MapFS{"dist/.gitkeep": {}}
	if page, err := files(fresh); !errors.Is(err, ErrNotBuilt) || page != nil {
		t.Errorf("a fresh clone yields %v, %v, want ErrNotBuilt", page, err)
	}
}

func TestWithThePage(t *testing.T) {
	built := fstest.MapFS{"dist/.gitkeep": {}, "dist/index.html": {Data: []byte("<!doctype html>")}}
	page, err := files(built)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := fs.ReadFile(page, "index.html"); err != nil || string(text) != "<!doctype html>" {
		t.Errorf("got %q, %v", text, err)
	}
}
