package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"strings"
	"time"
)

// entry is a file to pack, or a folder where its name ends in a slash.
type entry struct {
	name string
	mode int64
	body []byte
}

func (e *entry) isFolder() bool { return strings.HasSuffix(e.name, "/") }

// archive packs the binary of a platform, and documents with it, in a folder of
// the archive's name.
func archive(r release, p platform, binary []byte, documents []entry) ([]byte, error) {
	folder, name := r.folder(p)+"/", "wsbind"
	if p.OS == "windows" {
		name += ".exe"
	}
	entries := []entry{{folder, 0o755, nil}}
	for _, e := range append([]entry{{name, 0o755, binary}}, documents...) {
		e.name = folder + e.name
		entries = append(entries, e)
	}
	if p.OS == "windows" {
		return zipped(entries, r.made)
	}
	text, err := tarred(entries, r.made)
	if err != nil {
		return nil, err
	}
	return gzipped(text)
}

// tarred packs entries as they are listed, for user and group 0.
func tarred(entries []entry, made time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.body)), ModTime: made, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if e.isFolder() {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.body); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// gzipped compresses with a header that tells neither a name nor a time.
func gzipped(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := closeAfter(w, text); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func closeAfter(w io.WriteCloser, text []byte) error {
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.Close()
}

// firstZipTime is where the times of a ZIP file begin.
var firstZipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// zipped packs entries as they are listed.
func zipped(entries []entry, made time.Time) ([]byte, error) {
	if made.Before(firstZipTime) {
		made = firstZipTime
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: made}
		h.SetMode(fs.FileMode(e.mode))
		if e.isFolder() {
			h.Method = zip.Store
			h.SetMode(fs.FileMode(e.mode) | fs.ModeDir)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(e.body); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
