package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// release is what is packed: a version, and when it was made.
type release struct {
	version  string // good in file names and as the tag of an image
	revision string // the commit
	made     time.Time
}

// releaseOf asks git about the work tree in dir.
func releaseOf(dir string) (r release, err error) {
	described, err := git(dir, "describe", "--tags", "--always", "--dirty")
	if err != nil {
		return r, err
	}
	if r.revision, err = git(dir, "rev-parse", "HEAD"); err != nil {
		return r, err
	}
	seconds, from := os.Getenv("SOURCE_DATE_EPOCH"), "SOURCE_DATE_EPOCH"
	if seconds == "" {
		from = "git log"
		if seconds, err = git(dir, "log", "-1", "--format=%ct"); err != nil {
			return r, err
		}
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 || n >= 1<<33 { // what the header of a tar can say
		return r, fmt.Errorf("%s says %q, seconds since 1970 are due", from, seconds)
	}
	r.version, r.made = safe(described), time.Unix(n, 0).UTC()
	return r, nil
}

func git(dir string, args ...string) (string, error) {
	c := exec.Command("git", args...)
	c.Dir, c.Stderr = dir, os.Stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// safe makes a version fit for file names, where an underscore ends it, and for
// the tag of an image.
func safe(version string) string {
	version = strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '.' || c == '-' {
			return c
		}
		return '-'
	}, version)
	return strings.TrimLeft(version, ".-")
}

// prefix begins the name of every file of the release, and of no other's.
func (r release) prefix() string { return "wsbind_" + r.version + "_" }

// folder is the one in the archive of a platform.
func (r release) folder(p platform) string { return r.prefix() + p.OS + "_" + p.Architecture }

func (r release) archiveName(p platform) string {
	if p.OS == "windows" {
		return r.folder(p) + ".zip"
	}
	return r.folder(p) + ".tar.gz"
}

func (r release) imageName() string { return r.prefix() + "oci.tar" }
