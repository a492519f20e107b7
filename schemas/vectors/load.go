package vectors

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed */*
var files embed.FS

// A document is how the cases give their input: exactly one of the three.
type document struct {
	Document       *string `json:"document"`
	File           *string `json:"file"`
	DocumentBase64 []byte  `json:"documentBase64"`
}

func (d document) bytes(fsys fs.FS) ([]byte, error) {
	given := 0
	for _, g := range []bool{d.Document != nil, d.File != nil, d.DocumentBase64 != nil} {
		if g {
			given++
		}
	}
	if given != 1 {
		return nil, fmt.Errorf("%d of document, file and documentBase64, exactly one is due", given)
	}
	switch {
	case d.Document != nil:
		return []byte(*d.Document), nil
	case d.File != nil:
		return fs.ReadFile(fsys, *d.File)
	}
	return d.DocumentBase64, nil
}

// Definitions loads the cases of kind definition.
func Definitions() ([]Definition, error) { return load(files, "definition", readDefinition) }

// Requests loads the cases of kind request.
func Requests() ([]Validation, error) { return load(files, "request", readValidation("in")) }

// Responses loads the cases of kind response.
func Responses() ([]Validation, error) { return load(files, "response", readValidation("out")) }

// Notifications loads the cases of kind notification.
func Notifications() ([]Notification, error) { return load(files, "notification", readNotification) }

// Tokens loads the cases of kind token.
func Tokens() ([]Token, error) { return load(files, "token", readToken) }

// Binds loads the cases of kind bind.
func Binds() ([]Bind, error) { return load(files, "bind", readBind) }

// Subscriptions loads the cases of kind subscription.
func Subscriptions() ([]Subscription, error) { return load(files, "subscription", readSubscription) }

// Bridges loads the cases of kind bridge.
func Bridges() ([]Bridge, error) { return load(files, "bridge", readBridge) }

// A reader makes one case out of its JSON object.
type reader[T any] func(fsys fs.FS, raw []byte) (T, *Case, error)

// load reads every file of a kind, in the order of the files' names.
func load[T any](fsys fs.FS, kind string, read reader[T]) ([]T, error) {
	paths, err := fs.Glob(fsys, kind+"/*.json")
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("vectors: no file %s/*.json", kind)
	}
	var all []T
	seen := map[string]string{}
	for _, p := range paths {
		cases, err := loadFile(fsys, p, read, seen)
		if err != nil {
			return nil, fmt.Errorf("vectors: %s: %w", p, err)
		}
		all = append(all, cases...)
	}
	return all, nil
}

func loadFile[T any](fsys fs.FS, p string, read reader[T], seen map[string]string) ([]T, error) {
	b, err := fs.ReadFile(fsys, p)
	if err != nil {
		return nil, err
	}
	var file struct {
		About string            `json:"about"`
		Cases []json.RawMessage `json:"cases"`
	}
	if err := strict(b, &file); err != nil {
		return nil, err
	}
	if file.About == "" || len(file.Cases) == 0 {
		return nil, errors.New(`"about" and at least one of "cases" are due`)
	}
	var all []T
	for i, raw := range file.Cases {
		v, c, err := read(fsys, raw)
		if err == nil {
			err = c.check(raw, seen)
		}
		if err != nil {
			return nil, fmt.Errorf("case %d (%s): %w", i, nameOf(raw), err)
		}
		seen[c.Name] = p
		all = append(all, place(v, p))
	}
	return all, nil
}

// place notes the file in a case that has been read.
func place[T any](v T, p string) T {
	switch c := any(&v).(type) {
	case *Definition:
		c.File = p
	case *Validation:
		c.File = p
	case *Notification:
		c.File = p
	case *Token:
		c.File = p
	case *Bind:
		c.File = p
	case *Subscription:
		c.File = p
	case *Bridge:
		c.File = p
	}
	return v
}

// check refuses what no case may have or lack.
func (c *Case) check(raw []byte, seen map[string]string) error {
	if strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || c.Name == "" {
		return fmt.Errorf("name %q is not kebab-case", c.Name)
	}
	if other, ok := seen[c.Name]; ok {
		return fmt.Errorf("the name is taken, in %s", path.Base(other))
	}
	if c.Why == "" {
		return errors.New(`"why" is missing`)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	if s, ok := members["source"]; ok && len(s) <= 2 {
		return errors.New(`"source" is empty: leave it out or name it`)
	}
	return nil
}

// strict decodes one JSON value and nothing after it, without unknown members.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

func nameOf(raw []byte) string {
	var c Case
	if json.Unmarshal(raw, &c) != nil || c.Name == "" {
		return "unnamed"
	}
	return c.Name
}

// oneOf refuses a word outside a list.
func oneOf(member, word string, words ...string) error {
	if slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%s %q is none of %q", member, word, words)
}

// frame decodes the frame of a bind, which is text or base64.
func frame(text *string, encoded *string) ([]byte, error) {
	switch {
	case (text == nil) == (encoded == nil):
		return nil, errors.New("exactly one of frame and frameBase64 is due")
	case text != nil:
		return []byte(*text), nil
	}
	return base64.StdEncoding.DecodeString(*encoded)
}
