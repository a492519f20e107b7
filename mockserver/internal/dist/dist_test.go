package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// made is when everything in these tests was made.
var made = time.Date(2026, 3, 1, 12, 0, 1, 0, time.UTC)

var testRelease = release{version: "v1.2.3-4-gabcdef0", revision: "abcdef0123", made: made}

func TestSafeVersions(t *testing.T) {
	for described, want := range map[string]string{
		"v1.2.3":               "v1.2.3",
		"v1.2.3-4-gabcdef0":    "v1.2.3-4-gabcdef0",
		"abcdef0-dirty":        "abcdef0-dirty",
		"mock/v1.0.0+build_5":  "mock-v1.0.0-build-5",
		"../../etc/passwd":     "etc-passwd",
		"-rf":                  "rf",
		"über v1 \"x\"\n":      "ber-v1--x--",
		"v1.0.0:latest@sha256": "v1.0.0-latest-sha256",
	} {
		if got := safe(described); got != want {
			t.Errorf("safe(%q) is %q, want %q", described, got, want)
		}
	}
}

// The checksums of one version must not take in the files of another.
func TestPrefixesOfVersionsDiffer(t *testing.T) {
	short, long := release{version: safe("v1")}, release{version: safe("v1_linux")}
	if strings.HasPrefix(long.imageName(), short.prefix()) {
		t.Errorf("%s begins with %s", long.imageName(), short.prefix())
	}
}

// repository returns a work tree with one commit, made at a known time.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	date := made.Format(time.RFC3339)
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--allow-empty", "--message", "begin"},
	} {
		c := exec.Command("git", args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "GIT_COMMITTER_DATE="+date, "GIT_AUTHOR_DATE="+date, "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	return dir
}

func TestReleaseIsOfTheCommit(t *testing.T) {
	dir := repository(t)
	t.Setenv("SOURCE_DATE_EPOCH", "")
	r, err := releaseOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !r.made.Equal(made) || len(r.revision) != 40 || !strings.HasPrefix(r.revision, r.version) {
		t.Errorf("the release is %+v", r)
	}

	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	if r, err = releaseOf(dir); err != nil || r.made.Unix() != 1700000000 {
		t.Errorf("with SOURCE_DATE_EPOCH: %+v, %v", r, err)
	}
	for _, wrong := range []string{"yesterday", "-1", "1e9", "99999999999"} {
		t.Setenv("SOURCE_DATE_EPOCH", wrong)
		if _, err := releaseOf(dir); err == nil || !strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
			t.Errorf("SOURCE_DATE_EPOCH=%s: %v", wrong, err)
		}
	}
}

// What the caller's shell says about Go must not get into the binary.
func TestBuildTakesNoSettings(t *testing.T) {
	t.Setenv("GOFLAGS", "-race")
	t.Setenv("CGO_ENABLED", "1")
	c := buildCommand(testRelease, platform{"arm64", "darwin"}, "out")
	for _, want := range []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid= -X main.stamped=v1.2.3-4-gabcdef0"} {
		if !slices.Contains(c.Args, want) {
			t.Errorf("no %s in %q", want, c.Args)
		}
	}
	env := c.Environ() // of a name that is given twice, only the last
	for _, want := range []string{"CGO_ENABLED=0", "GOFLAGS=", "GOOS=darwin", "GOARCH=arm64"} {
		if !slices.Contains(env, want) {
			t.Errorf("the environment has no %s", want)
		}
	}
}

func TestRunSaysWhatCanBePacked(t *testing.T) {
	folder := t.TempDir()
	if err := run("everything", folder); err == nil || !strings.Contains(err.Error(), "archives or image") {
		t.Errorf("run says %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, sumsName)); err == nil {
		t.Error("there are checksums of nothing")
	}
}
