package contract

// What the schemas of all operations have in common: the elements of FHIR's
// JSON. Each is put under $defs at its first use.

func ref(name string) schema { return schema{"$ref": "#/$defs/" + escape(name)} }

// escape writes a name as a token of a JSON pointer in a URI fragment.
func escape(name string) string {
	var b []byte
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '~':
			b = append(b, "~0"...)
		case c == '/':
			b = append(b, "~1"...)
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
			b = append(b, c)
		default:
			const hex = "0123456789ABCDEF"
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

// define puts a schema under $defs unless it is there.
func (w *writer) define(name string, s func() schema) schema {
	if _, ok := w.defs[name]; !ok {
		w.defs[name] = s()
	}
	return ref(name)
}

func (w *writer) primitive(typ string) schema {
	return w.define(typ, func() schema { return w.types.primitives[typ] })
}

// sibling is _value[x]: the id and the extensions of a primitive.
func (w *writer) sibling() schema {
	return w.define("sibling", func() schema {
		return schema{
			"type": "object", "minProperties": 1, "additionalProperties": false,
			"properties": schema{"id": w.primitive("string"), "extension": w.extension()},
		}
	})
}

// extension is a list of extensions, each with a value or extensions of its
// own, not both (ext-1).
func (w *writer) extension() schema {
	w.element()
	valued := schema{"not": schema{"propertyNames": schema{"not": schema{"pattern": "^_?value[A-Z]"}}}}
	return w.define("extensions", func() schema {
		return schema{
			"type": "array", "minItems": 1,
			"items": schema{
				"type": "object", "required": []string{"url"},
				"additionalProperties": false,
				"properties":           schema{"id": w.primitive("string"), "url": w.primitive("uri"), "extension": ref("extensions")},
				"patternProperties":    schema{"^_?value[A-Z]": ref("element")},
				"oneOf":                []schema{{"required": []string{"extension"}}, valued},
			},
		}
	})
}

// anyParameter is any parameter: a value, a resource, or parts of which the
// same holds.
func (w *writer) anyParameter() schema {
	if _, ok := w.defs["anyParameter"]; !ok {
		w.defs["anyParameter"] = true // stops the recursion of its parts
		any := w.parameter(Parameter{Name: "any", Max: "*", Type: "Base"}, "")
		properties := any["properties"].(schema)
		properties["name"] = w.primitive("string")
		properties["part"] = schema{"type": "array", "minItems": 1, "items": ref("anyParameter")}
		any["oneOf"] = append(any["oneOf"].([]schema), schema{"required": []string{"part"}})
		any["required"] = []string{"name"}
		any["description"] = "Any parameter that is FHIR."
		w.defs["anyParameter"] = any
	}
	return ref("anyParameter")
}

// complex is any datatype that is no primitive. Its inside is not looked at
// but for the rules that hold everywhere.
func (w *writer) complex() schema {
	w.element()
	return w.define("complex", func() schema {
		return schema{"type": "object", "minProperties": 1, "additionalProperties": ref("element")}
	})
}

// resource is a resource of a type, or of any where the type is abstract.
func (w *writer) resource(typ string) schema {
	name := schema{"const": typ}
	if _, _, abstract := w.types.abstract(typ); abstract {
		name = schema{"type": "string", "pattern": "^[A-Z][A-Za-z]+$"}
	}
	return schema{
		"type": "object", "required": []string{"resourceType"},
		"properties":           schema{"resourceType": name, "id": w.primitive("id")},
		"additionalProperties": w.element(),
	}
}

// element is any JSON below a resource or datatype: no null but in an array
// (of primitives, beside their siblings), nothing empty.
func (w *writer) element() schema {
	rules := func(types ...string) schema {
		return schema{
			"type": types, "minLength": 1, "minItems": 1, "minProperties": 1,
			"items": ref("entry"), "additionalProperties": ref("element"),
		}
	}
	w.define("entry", func() schema { return rules("array", "boolean", "null", "number", "object", "string") })
	return w.define("element", func() schema { return rules("array", "boolean", "number", "object", "string") })
}
