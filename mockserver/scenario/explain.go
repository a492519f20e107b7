package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/internal/alike"
	"github.com/wsbind/wsbind/schemas/check"
)

// explain adds what the schema refuses, in a sentence.
func (p *problems) explain(root *node, r check.Refusal) {
	n, path := root.find(r.Pointer)
	switch r.Keyword {
	case "additionalProperties":
		p.unknownMembers(n, path, slices.Sorted(maps.Keys(object(r.Rule["properties"]))))
		return
	case "required":
		for _, name := range words(r.Rule["required"]) {
			if !n.has(name) {
				p.add(n.at, within(path, name), "%s has no member %s, which must be there", subject(path), name)
			}
		}
		return
	}
	p.add(n.at, path, "%s %s", subject(path), complaint(n, r))
}

// unknownMembers names for each member that there is not the one that was
// probably meant.
func (p *problems) unknownMembers(n *node, path string, known []string) {
	for _, m := range n.members {
		if !slices.Contains(known, m.name) {
			p.add(m.at, within(path, m.name), "%s has no member %s: %s", subject(path), fault.Quote(m.name), possible(m.name, known))
		}
	}
}

// subject is what a sentence is about.
func subject(path string) string {
	if path == "" {
		return "the scenario"
	}
	return path
}

// complaint ends the sentence that begins with a path.
func complaint(n *node, r check.Refusal) string {
	rule := r.Rule
	switch r.Keyword {
	case "type":
		return "is " + shown(n) + ", " + due(rule) + " is due" + inQuotes(n, rule)
	case "enum":
		if n.kind != jsonscan.String {
			return "is " + shown(n) + ", one of " + listed(words(rule["enum"])) + " is due"
		}
		return "is " + shown(n) + ": " + possible(n.text, words(rule["enum"]))
	case "const":
		return fmt.Sprintf("is %s, only %v is possible", shown(n), rule["const"])
	case "pattern":
		return "is " + shown(n) + ", " + due(rule) + " is due"
	case "minimum", "maximum", "exclusiveMinimum":
		return "is " + shown(n) + ", " + bounds(rule) + " is possible"
	case "minLength", "minItems", "minProperties":
		return "is empty"
	case "maxLength":
		return fmt.Sprintf("is longer than %v characters", rule["maxLength"])
	case "maxItems":
		return fmt.Sprintf("has %d elements, at most %v are read", len(n.elements), rule["maxItems"])
	case "oneOf":
		return "has " + oneOf(n, rule)
	case "not":
		return "has " + strings.Join(words(object(rule["not"])["required"]), " and ") + ", which exclude each other"
	}
	return "is not as the schema has it: " + r.Message
}

// shown quotes a value, or says what it is where it is a large one.
func shown(n *node) string {
	switch n.kind {
	case jsonscan.String:
		return fault.Quote(n.text)
	case jsonscan.Object, jsonscan.Array:
		return n.kind.String()
	}
	return string(n.appendJSON(nil))
}

// due says what a rule asks for.
func due(rule map[string]any) string {
	what := map[string]string{"string": "a string", "object": "an object", "array": "a list", "boolean": "true or false", "integer": "a whole number", "number": "a number"}
	name, _ := rule["type"].(string)
	if title, _ := rule["title"].(string); title != "" && name == "string" {
		what[name] = article(title)
	}
	text := what[name]
	if name == "" {
		var all []string
		for _, w := range words(rule["type"]) {
			all = append(all, what[w])
		}
		text = strings.Join(all, " or ")
	}
	for _, example := range words(rule["examples"]) {
		text += " such as " + example
	}
	return text
}

// inQuotes ends a sentence where quotes make of a value what is due.
func inQuotes(n *node, rule map[string]any) string {
	pattern, _ := rule["pattern"].(string)
	fits, err := regexp.MatchString(pattern, shown(n))
	if rule["type"] != "string" || n.kind >= jsonscan.String || n.kind == jsonscan.Null || err != nil || !fits {
		return ""
	}
	return ": put it in quotes"
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func bounds(rule map[string]any) string {
	if above, ok := rule["exclusiveMinimum"]; ok {
		return fmt.Sprintf("above %v and up to %v", literal(above), literal(rule["maximum"]))
	}
	return fmt.Sprintf("%v to %v", literal(rule["minimum"]), literal(rule["maximum"]))
}

// literal writes a number of the schema without an exponent.
func literal(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// oneOf says which of the members that exclude each other are there.
func oneOf(n *node, rule map[string]any) string {
	alternatives, _ := rule["oneOf"].([]any)
	var names, there []string
	for _, a := range alternatives {
		for _, name := range words(object(a)["required"]) {
			names = append(names, name)
			if n.has(name) {
				there = append(there, name)
			}
		}
	}
	if len(there) == 0 {
		return "none of " + listed(names) + ": one must be there"
	}
	return strings.Join(there, " and ") + ": only one of them can be there"
}

// possible says what a word should have been: the nearest that there is, or all.
func possible(word string, known []string) string {
	if near := alike.Nearest(word, known); near != "" {
		return "the nearest is " + near
	}
	return "there is " + listed(known)
}

func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// words returns the strings of a list.
func words(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, e := range list {
		if w, ok := e.(string); ok {
			all = append(all, w)
		}
	}
	return all
}
