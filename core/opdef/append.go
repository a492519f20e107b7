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
	w := jsonscan.Writer{Text: dst}
	w.Object("")
	w.String("url", d.URL)
	w.String("version", d.Version)
	w.String("code", d.Code)
	w.String("name", d.Name)
	w.String("title", d.Title)
	w.String("kind", d.Kind)
	w.Bool("system", d.System)
	w.Bool("type", d.Type)
	w.Bool("instance", d.Instance)
	w.Raw("affectsState", [...]string{Absent: "null", False: "false", True: "true"}[d.AffectsState])
	w.Strings("resources", d.Resources)
	w.Object("methods")
	for r := fhir.R4; r <= fhir.R5; r++ {
		w.Object(r.String())
		for _, l := range levels {
			w.Strings(l.String(), d.Methods(r, l))
		}
		w.EndObject()
	}
	w.EndObject()
	writeParameters(&w, "parameters", d.Parameters)
	w.EndObject()
	return w.Text
}

// levels are in the order of the members of an OperationDefinition.
var levels = [...]Level{SystemLevel, TypeLevel, InstanceLevel}

func writeParameters(w *jsonscan.Writer, name string, parameters []Parameter) {
	w.Array(name)
	for i := range parameters {
		parameters[i].write(w)
	}
	w.EndArray()
}

func (p *Parameter) write(w *jsonscan.Writer) {
	most := "*"
	if p.Max != Unbounded {
		most = strconv.Itoa(p.Max)
	}
	w.Object("")
	w.String("name", p.Name)
	w.String("use", p.Use.String())
	w.Int("min", int64(p.Min))
	w.String("max", most)
	w.String("type", p.Type)
	w.Strings("allowedTypes", p.AllowedTypes)
	w.String("searchType", p.SearchType)
	w.Array("scope")
	for _, l := range levels {
		if p.Scope&l != 0 {
			w.String("", l.String())
		}
	}
	w.EndArray()
	w.String("doc", p.Doc)
	writeParameters(w, "part", p.Parts)
	w.EndObject()
}
