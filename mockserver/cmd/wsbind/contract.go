package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
)

// contractTable prints a definition for people.
func contractTable(d *opdef.Definition) []byte {
	var text bytes.Buffer
	name := d.URL
	if d.Version != "" {
		name += "|" + d.Version
	}
	fmt.Fprintf(&text, "$%s  %s\n\n", printable(d.Code), printable(name))
	w := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "kind\t%s\n", d.Kind)
	fmt.Fprintf(w, "resources\t%s\n", orDash(strings.Join(d.Resources, ", ")))
	fmt.Fprintf(w, "affects state\t%s\n", []string{"not said", "false", "true"}[d.AffectsState])
	for _, l := range levels {
		fmt.Fprintf(w, "%s level\t%s\n", l, methodsText(d, l))
	}
	fmt.Fprint(w, "\nuse\tparameter\tcardinality\ttype\tscope\n")
	for i := range d.Parameters {
		printParameter(w, &d.Parameters[i], "")
	}
	w.Flush()
	return trailing.ReplaceAll(text.Bytes(), nil)
}

// trailing is what the table leaves behind an empty last cell.
var trailing = regexp.MustCompile(`(?m) +$`)

var (
	levels   = []opdef.Level{opdef.SystemLevel, opdef.TypeLevel, opdef.InstanceLevel}
	releases = []fhir.Release{fhir.R4, fhir.R4B, fhir.R5}
)

// methodsText names the methods once where the releases agree.
func methodsText(d *opdef.Definition, l opdef.Level) string {
	r4, r5 := strings.Join(d.Methods(fhir.R4, l), ", "), strings.Join(d.Methods(fhir.R5, l), ", ")
	if r4 == r5 {
		return orDash(r4)
	}
	return r4 + " (R4, R4B); " + r5 + " (R5)"
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return printable(text)
}

func printParameter(w *tabwriter.Writer, p *opdef.Parameter, indent string) {
	typ := p.Type
	if len(p.AllowedTypes) > 0 {
		typ += " (" + strings.Join(p.AllowedTypes, ", ") + ")"
	}
	if p.SearchType != "" {
		typ += ", search type " + p.SearchType
	}
	fmt.Fprintf(w, "%s\t%s%s\t%s\t%s\t%s\n", p.Use, indent, printable(p.Name), cardinality(p), orDash(typ), scopeText(p))
	for i := range p.Parts {
		printParameter(w, &p.Parts[i], indent+"  ")
	}
}

func cardinality(p *opdef.Parameter) string {
	most := "*"
	if p.Max != opdef.Unbounded {
		most = strconv.Itoa(p.Max)
	}
	return strconv.Itoa(p.Min) + ".." + most
}

// scopeText is empty where a parameter is meant for every level.
func scopeText(p *opdef.Parameter) string {
	var in []string
	for _, l := range levels {
		if p.Scope&l != 0 {
			in = append(in, l.String())
		}
	}
	if len(in) == len(levels) {
		return ""
	}
	return strings.Join(in, ", ")
}

// appendContract appends a definition for programs.
func appendContract(dst []byte, d *opdef.Definition) []byte {
	dst = appendText(append(dst, '{'), "url", d.URL)
	dst = appendText(append(dst, ','), "version", d.Version)
	dst = appendText(append(dst, ','), "code", d.Code)
	dst = appendText(append(dst, ','), "kind", d.Kind)
	dst = append(dst, `,"methods":{`...)
	for i, r := range releases {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsonscan.AppendString(dst, r.String()), ':', '{')
		for j, l := range levels {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendTexts(dst, l.String(), d.Methods(r, l))
		}
		dst = append(dst, '}')
	}
	return append(appendParameters(append(dst, '}', ','), "parameters", d.Parameters), '}')
}

func appendParameters(dst []byte, name string, parameters []opdef.Parameter) []byte {
	dst = append(jsonscan.AppendString(dst, name), ':', '[')
	for i := range parameters {
		p := &parameters[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, '{'), "name", p.Name)
		dst = appendText(append(dst, ','), "use", p.Use.String())
		dst = fmt.Appendf(dst, `,"min":%d`, p.Min)
		_, most, _ := strings.Cut(cardinality(p), "..")
		dst = appendText(append(dst, ','), "max", most)
		dst = appendText(append(dst, ','), "type", p.Type)
		if len(p.Parts) > 0 {
			dst = appendParameters(append(dst, ','), "part", p.Parts)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func appendText(dst []byte, name, value string) []byte {
	return jsonscan.AppendString(append(jsonscan.AppendString(dst, name), ':'), value)
}

func appendTexts(dst []byte, name string, values []string) []byte {
	dst = append(jsonscan.AppendString(dst, name), ':', '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonscan.AppendString(dst, v)
	}
	return append(dst, ']')
}
