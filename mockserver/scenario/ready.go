package scenario

import (
	"embed"
	"slices"
	"strings"
)

//go:embed ready/*.yaml
var readyFiles embed.FS

// ReadyMade is a scenario that comes with the package. It is named for the
// mistake that it catches.
type ReadyMade struct {
	Name  string
	About string
	Text  string // the file
}

// Read returns the scenario.
func (r ReadyMade) Read() (*Scenario, error) { return Read(r.Name+".yaml", []byte(r.Text)) }

// First returns the first sentence of About, on one line.
func (r ReadyMade) First() string {
	text := strings.Join(strings.Fields(r.About), " ")
	if end := strings.Index(text, ". "); end >= 0 {
		return text[:end+1]
	}
	return text
}

// Ready lists the scenarios that come with the package, by name.
func Ready() []ReadyMade {
	entries, err := readyFiles.ReadDir("ready")
	if err != nil {
		return nil // they are embedded
	}
	var list []ReadyMade
	for _, e := range entries {
		text, err := readyFiles.ReadFile("ready/" + e.Name())
		if err != nil {
			continue
		}
		r := ReadyMade{Name: strings.TrimSuffix(e.Name(), ".yaml"), Text: string(text)}
		if s, err := r.Read(); err == nil { // a test holds that it is
			r.About = s.About
		}
		list = append(list, r)
	}
	return list
}

// Lookup finds a ready scenario by its name.
func Lookup(name string) (ReadyMade, bool) {
	list := Ready()
	if i := slices.IndexFunc(list, func(r ReadyMade) bool { return r.Name == name }); i >= 0 {
		return list[i], true
	}
	return ReadyMade{}, false
}
