package scenario

import (
	"encoding/json"

	"github.com/wsbind/wsbind/schemas/check"
)

// Read reads a scenario file. The name is that of the file, for messages. An
// error is an *[Error] with every problem of the file.
func Read(name string, text []byte) (*Scenario, error) {
	var p parser
	root := p.parse(text)
	if root == nil {
		return nil, p.err(name)
	}
	doc := root.appendJSON(nil)
	refused, err := check.Scenario(doc)
	if err != nil {
		p.add(0, "", "the file cannot be checked: %v", err)
	}
	for _, r := range refused {
		p.explain(root, r)
	}
	m := meaning{problems: &p.problems, root: root}
	m.check()
	if err := p.err(name); err != nil {
		return nil, err
	}
	s := new(Scenario)
	if err := json.Unmarshal(doc, s); err != nil {
		p.add(0, "", "the file cannot be read: %v", err)
		return nil, p.err(name)
	}
	return s, nil
}
