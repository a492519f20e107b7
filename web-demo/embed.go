// Package webdemo holds the built page, which wsbind serve shows to browsers:
//
//	files, err := webdemo.Files()
//	server, err := mockserver.Run(mockserver.Config{Page: files})
//
// # What it promises
//
// The files are those that make build left in web-demo/dist when the program was
// built. A program that was built without them, by go install or by go build in a
// fresh clone, compiles all the same: Files then fails with [ErrNotBuilt].
package webdemo

import (
	"embed"
	"errors"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// ErrNotBuilt is that of a program built where no page lay in web-demo/dist.
var ErrNotBuilt = errors.New("this program was built without the page; run make build")

// Files returns the built page, index.html and what it loads, or [ErrNotBuilt].
func Files() (fs.FS, error) { return files(dist) }

func files(from fs.FS) (fs.FS, error) {
	page, err := fs.Sub(from, "dist")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(page, "index.html"); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	} else if err != nil {
		return nil, err
	}
	return page, nil
}
