package scenario_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadme holds that the example of the README is a scenario, and that the
// README names every member of a file, every action and every option.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(readme)
	if example == nil {
		t.Fatal("the README has no example")
	}
	read(t, example[1])
	s := scenarioSchema(t)
	for _, members := range []schema{s, s.Properties["clock"], s.Properties["options"], s.Properties["expect"], s.Defs["subscription"], s.Defs["step"]} {
		for name := range members.Properties {
			if !strings.Contains(readme, name) {
				t.Errorf("the README does not name %s", name)
			}
		}
	}
}
