package opdef

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// AppendDefinition appends a definition as JSON, for programs that are not
// written in Go. wasm/ABI.md lists the members: those of [Definition], its
// methods by release and level, and max as FHIR writes it. Texts that are absent
// are "", lists that are empty [].
func AppendDefinition(dst []byte, d *Definition) []byte {
	for i, m := range [...]struct{ name, value string }{
		{"url", d.URL}, {"version", d.Version}, {"code", d.Code},
		{"name", d.Name}, {"title", d.Title}, {"kind", d.Kind},
	} {
		dst = appendText(append(dst, "{,"[min(i, 1)]), m.name, m.value)
	}
	dst = appendBool(append(dst, ','), "system", d.System)
	dst = appendBool(append(dst, ','), "type", d.Type)
	dst = appendBool(append(dst, ','), "instance", d.Instance)
	dst = append(append(dst, `,"affectsState":`...), [...]string{Absent: "null", False: "false", True: "true"}[d.AffectsState]...)
	dst = appendTexts(append(dst, ','), "resources", d.Resources)
	dst = append(dst, `,"methods":{`...)
	for i, r := range [...]fhir.Release{fhir.R4, fhir.R4B, fhir.R5} {
		dst = d.appendMethods(comma(dst, i), r)
	}
	return append(appendParameters(append(dst, '}', ','), "parameters", d.Parameters), '}')
}

func (d *Definition) appendMethods(dst []byte, r fhir.Release) []byte {
	dst = append(jsonscan.AppendString(dst, r.String()), ':', '{')
	for i, l := range [...]Level{SystemLevel, TypeLevel, InstanceLevel} {
		dst = appendTexts(comma(dst, i), l.String(), d.Methods(r, l))
	}
	return append(dst, '}')
}

func appendParameters(dst []byte, name string, parameters []Parameter) []byte {
	dst = append(jsonscan.AppendString(dst, name), ':', '[')
	for i := range parameters {
		dst = parameters[i].append(comma(dst, i))
	}
	return append(dst, ']')
}

func (p *Parameter) append(dst []byte) []byte {
	dst = appendText(append(dst, '{'), "name", p.Name)
	dst = appendText(append(dst, ','), "use", p.Use.String())
	dst = strconv.AppendInt(append(dst, `,"min":`...), int64(p.Min), 10)
	most := "*"
	if p.Max != Unbounded {
		most = strconv.Itoa(p.Max)
	}
	dst = appendText(append(dst, ','), "max", most)
	dst = appendText(append(dst, ','), "type", p.Type)
	dst = appendTexts(append(dst, ','), "allowedTypes", p.AllowedTypes)
	dst = appendText(append(dst, ','), "searchType", p.SearchType)
	dst = appendTexts(append(dst, ','), "scope", p.Scope.names())
	dst = appendText(append(dst, ','), "doc", p.Doc)
	return append(appendParameters(append(dst, ','), "part", p.Parts), '}')
}

// names lists a set of levels.
func (l Level) names() (names []string) {
	for _, one := range [...]Level{SystemLevel, TypeLevel, InstanceLevel} {
		if l&one != 0 {
			names = append(names, one.String())
		}
	}
	return names
}

func appendText(dst []byte, name, value string) []byte {
	return jsonscan.AppendString(append(jsonscan.AppendString(dst, name), ':'), value)
}

func appendBool(dst []byte, name string, value bool) []byte {
	return strconv.AppendBool(append(jsonscan.AppendString(dst, name), ':'), value)
}

func appendTexts(dst []byte, name string, values []string) []byte {
	dst = append(jsonscan.AppendString(dst, name), ':', '[')
	for i, value := range values {
		dst = jsonscan.AppendString(comma(dst, i), value)
	}
	return append(dst, ']')
}

// comma separates element i from the one before it.
func comma(dst []byte, i int) []byte {
	if i == 0 {
		return dst
	}
	return append(dst, ',')
}
