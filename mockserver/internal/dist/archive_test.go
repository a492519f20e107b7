package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// standIn is packed in place of a binary: cross-compiling takes minutes.
var standIn = bytes.Repeat([]byte("\x7fELF stand-in\n"), 5000)

var testDocuments = []entry{{"LICENSE", 0o644, []byte("do as you like\n")}, {"README.md", 0o644, []byte("# wsbind\n")}}

// packed is a file as it lies in an archive.
type packed struct {
	name string
	mode fs.FileMode
	body []byte
}

func TestArchivesHoldTheBinaryAndItsDocuments(t *testing.T) {
	for _, p := range platforms {
		t.Run(p.String(), func(t *testing.T) {
			body, err := archive(testRelease, p, standIn, testDocuments)
			if err != nil {
				t.Fatal(err)
			}
			binary, files := "wsbind", []packed(nil)
			if p.OS == "windows" {
				binary, files = "wsbind.exe", unzip(t, body)
			} else {
				files = untar(t, gunzip(t, body), made)
			}
			folder := "wsbind_v1.2.3-4-gabcdef0_" + p.OS + "_" + p.Architecture + "/"
			want := []packed{
				{folder, fs.ModeDir | 0o755, nil},
				{folder + binary, 0o755, standIn},
				{folder + "LICENSE", 0o644, testDocuments[0].body},
				{folder + "README.md", 0o644, testDocuments[1].body},
			}
			same := func(a, b packed) bool { return a.name == b.name && a.mode == b.mode && bytes.Equal(a.body, b.body) }
			if !slices.EqualFunc(files, want, same) {
				t.Errorf("the archive holds %v", names(files))
			}
			if again, err := archive(testRelease, p, standIn, testDocuments); err != nil || !bytes.Equal(again, body) {
				t.Errorf("a second archive differs (%v)", err)
			}
		})
	}
}

// SOURCE_DATE_EPOCH=0 is common, and before a ZIP file's time begins.
func TestZipBearsEveryTime(t *testing.T) {
	body, err := zipped([]entry{{"a", 0o644, []byte("a")}}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.File[0].Modified; !got.Equal(firstZipTime) {
		t.Errorf("the time is %v", got)
	}
}

func TestSumsAreOfThisVersion(t *testing.T) {
	folder := t.TempDir()
	mine := []string{testRelease.archiveName(platforms[0]), testRelease.imageName()}
	for _, name := range append(mine, "wsbind_v0.9_oci.tar", testRelease.imageName()+".part", sumsName) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeSums(folder, testRelease); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, sumsName))
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, name := range mine {
		want += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(name)), name)
	}
	if string(got) != want {
		t.Errorf("the checksums are\n%swant\n%s", got, want)
	}
}

func names(files []packed) (list []string) {
	for _, f := range files {
		list = append(list, fmt.Sprintf("%s %v", f.name, f.mode))
	}
	return list
}

// checkPath refuses what could land outside of the folder it is unpacked in.
func checkPath(t *testing.T, name string) {
	t.Helper()
	if !fs.ValidPath(strings.TrimSuffix(name, "/")) {
		t.Errorf("%q is no safe path", name)
	}
}

func gunzip(t *testing.T, body []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if !r.ModTime.IsZero() || r.Name != "" {
		t.Errorf("the gzip header tells %q and %v", r.Name, r.ModTime)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// untar reads a tar file, of which every entry was made at a time.
func untar(t *testing.T, text []byte, made time.Time) (files []packed) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(text))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		checkPath(t, h.Name)
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir {
			t.Errorf("%s is neither a file nor a folder: %q", h.Name, h.Typeflag)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" || !h.ModTime.Equal(made) {
			t.Errorf("%s is owned by %d %q, %d %q, and of %v", h.Name, h.Uid, h.Uname, h.Gid, h.Gname, h.ModTime)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, packed{h.Name, h.FileInfo().Mode(), body})
	}
}

func unzip(t *testing.T, body []byte) (files []packed) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		checkPath(t, f.Name)
		if !f.Modified.Equal(made) {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, packed{f.Name, f.Mode(), text})
	}
	return files
}
