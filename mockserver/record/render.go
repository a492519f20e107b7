package record

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/scenario"
)

// render writes a scenario as YAML: blocks, and short objects on one line.
func render(s *scenario.Scenario, remarks []string) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var doc jsonscan.Document
	if err := doc.Parse(text, jsonscan.Limits{MaxBytes: maxBytes}); err != nil {
		return nil, err
	}
	var y yaml
	for _, remark := range remarks {
		y.comment(remark)
	}
	y.object(doc.Root(), 0, false)
	return y.Bytes(), nil
}

// yaml is a text that grows.
type yaml struct{ bytes.Buffer }

// comment writes a sentence in lines of a readable length.
func (y *yaml) comment(text string) {
	const width = 88
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width {
			y.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	y.WriteString(line + "\n")
}

func (y *yaml) indent(depth int) { y.WriteString(strings.Repeat("  ", depth)) }

// object writes the members of an object, a line each or more. The first stands
// behind the dash of a list where inline is set.
func (y *yaml) object(v jsonscan.Value, depth int, inline bool) {
	for name, value := range v.Members() {
		if !inline {
			y.indent(depth)
		}
		inline = false
		y.WriteString(key(name.Text()) + ":")
		y.value(value, depth+1)
	}
}

// value writes what stands behind a name.
func (y *yaml) value(v jsonscan.Value, depth int) {
	switch text := v.Text(); {
	case v.Kind() == jsonscan.String && strings.HasSuffix(text, "\n"):
		y.WriteString(" |\n")
		for line := range strings.Lines(text) {
			y.indent(depth)
			y.WriteString(line)
		}
	case v.Kind() == jsonscan.Array && !v.Empty():
		y.WriteByte('\n')
		y.list(v, depth)
	case v.Kind() == jsonscan.Object && depth > 2 && fits(v):
		y.WriteString(" " + flow(v) + "\n")
	case v.Kind() == jsonscan.Object && !v.Empty():
		y.WriteByte('\n')
		y.object(v, depth, false)
	default:
		y.WriteString(" " + flow(v) + "\n")
	}
}

// list writes the elements of an array.
func (y *yaml) list(v jsonscan.Value, depth int) {
	for e := range v.Elements() {
		y.indent(depth)
		if e.Kind() == jsonscan.Object && !e.Empty() {
			y.WriteString("- ")
			y.object(e, depth+1, true)
			continue
		}
		y.WriteString("- " + flow(e) + "\n")
	}
}

// fits reports whether an object is short enough for one line.
func fits(v jsonscan.Value) bool { return v.Length() <= 100 }

// flow writes a value on one line.
func flow(v jsonscan.Value) string {
	var parts []string
	switch v.Kind() {
	case jsonscan.String:
		return scalar(v.Text())
	case jsonscan.Array:
		for e := range v.Elements() {
			parts = append(parts, flow(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case jsonscan.Object:
		for name, value := range v.Members() {
			parts = append(parts, key(name.Text())+": "+flow(value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return string(v.Raw())
}

// plain is text that needs no quotes, wherever it stands.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9./_-]*( [A-Za-z0-9./_-]+)*$|^[0-9]+(\.[0-9]+)?(ms|s|m|h)([0-9.hms]*)$|^https?://[A-Za-z0-9./_-]+$`)

// scalar writes text.
func scalar(text string) string {
	if plain.MatchString(text) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off"}, strings.ToLower(text)) {
		return text
	}
	return string(jsonscan.AppendString(nil, text))
}

func key(name string) string { return scalar(name) }
