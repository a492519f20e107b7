package contract

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/wsbind/wsbind/schemas"
)

// A File is one generated file.
type File struct {
	Name    string // path below schemas/
	Content []byte
}

// Files generates everything that is checked in, in a fixed order: for each
// embedded definition the schema of its request and of its response and a
// file of types. Where the levels of an operation differ there is one schema
// for each, named …request.instance and so on.
func Files() ([]File, error) {
	var all []File
	for _, d := range schemas.Definitions() {
		definition, err := Read(d.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.File, err)
		}
		stem := Stem(d)
		for _, use := range []string{"in", "out"} {
			all = append(all, schemaFiles(definition, stem, use, d.Releases[0])...)
		}
		all = append(all, File{"types/" + stem + ".d.ts", definition.Types(d.Releases[0])})
	}
	return all, nil
}

// Stem names the files of a definition: its family and its code, such as
// "backport-events" or "r5-status".
func Stem(d schemas.Definition) string {
	family, _, _ := strings.Cut(path.Base(path.Dir(d.File)), "-")
	return family + "-" + d.Code
}

func schemaFiles(d *Definition, stem, use, release string) []File {
	name := stem + map[string]string{"in": ".request", "out": ".response"}[use]
	file := func(name, level string) File {
		return File{name + ".schema.json", d.Schema(use, level, release, "urn:wsbind:schema:"+name)}
	}
	levels := d.Levels()
	same := true
	for _, l := range levels[1:] {
		same = same && bytes.Equal(d.Schema(use, l, release, ""), d.Schema(use, levels[0], release, ""))
	}
	if same {
		return []File{file(name, levels[0])}
	}
	var files []File
	for _, l := range levels {
		files = append(files, file(name+"."+l, l))
	}
	return files
}
