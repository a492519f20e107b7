package subscription

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// element is a value with the FHIRPath by which an issue names it.
type element struct {
	jsonscan.Value
	path string
}

// get returns a member, which may be absent.
func (e element) get(name string) element {
	return element{e.Value.Get(name), e.path + "." + name}
}

// choice returns a value[x] of the given type under the path that FHIRPath has
// for it: value, without the type.
func (e element) choice(name, typ string) element {
	return element{e.Value.Get(name + typ), e.path + "." + name}
}

// sibling returns the _name of a primitive. FHIRPath has one path for both.
func (e element) sibling(name string) element {
	return element{e.Value.Get("_" + name), e.path + "." + name}
}

// items returns the elements of a repeating member.
func (e element) items(name string) []element {
	var list []element
	path := e.path + "." + name + "["
	for v := range e.Value.Get(name).Elements() {
		list = append(list, element{v, path + strconv.Itoa(len(list)) + "]"})
	}
	return list
}

// reader gathers the issues of one resource.
type reader struct {
	release fhir.Release
	issues  fault.List
}

func (r *reader) refuse(code fault.Code, at element, why string) {
	r.add(fault.Err, code, at, why)
}

func (r *reader) warn(code fault.Code, at element, why string) {
	r.add(fault.Warning, code, at, why)
}

// add notes an issue, once: an element may be looked at for its shape and for
// its meaning.
func (r *reader) add(severity fault.Severity, code fault.Code, at element, why string) {
	for _, i := range r.issues.Issues {
		if i.Code == code && i.Expression == at.path && i.Diagnostics == why {
			return
		}
	}
	r.issues.Add(fault.Issue{
		Severity: severity, Code: code, Expression: at.path, Diagnostics: why,
		Offset: at.Offset(), Length: at.Length(),
	})
}

// ok reports whether nothing was refused so far.
func (r *reader) ok() bool { return fault.Valid(r.issues.Issues) }

// primitive reports whether e is present and a value of the type; it refuses
// what is present and is none.
func (r *reader) primitive(e element, typ string) bool {
	if !e.Exists() {
		return false
	}
	if p := fhir.CheckPrimitive(r.release, typ, e.Value); p.Code != "" {
		r.refuse(p.Code, e, p.Text)
		return false
	}
	return true
}

// text returns a primitive that JSON writes as a string, "" where it is absent
// or was refused.
func (r *reader) text(e element, typ string) string {
	if !r.primitive(e, typ) {
		return ""
	}
	return e.Text()
}

// whole returns an unsignedInt or positiveInt, 0 where it is absent or was
// refused.
func (r *reader) whole(e element, typ string) int {
	if !r.primitive(e, typ) {
		return 0
	}
	n, _ := strconv.Atoi(string(e.Raw())) // at most 31 bits, as the type's rule has it
	return n
}

// code returns a code of a closed list, "" where it is absent or was refused.
func (r *reader) code(e element, allowed ...string) string {
	s := r.text(e, "code")
	if s == "" {
		return ""
	}
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	r.refuse(fault.InvalidCode, e, fault.Quote(s)+" is not allowed here: use "+oneOf(allowed))
	return ""
}

// extensions returns the extensions of e with the given URL.
func (r *reader) extensions(e element, url string) []element {
	var list []element
	for _, x := range e.items("extension") {
		if x.Get("url").Is(url) {
			list = append(list, x)
		}
	}
	return list
}

// extension returns the one extension of e with the given URL, or an absent
// element; it refuses a second one.
func (r *reader) extension(e element, url string) element {
	list := r.extensions(e, url)
	if len(list) == 0 {
		return element{path: e.path}
	}
	if len(list) > 1 {
		r.refuse(fault.TooManyValues, list[1], "the extension "+url+" stands here "+strconv.Itoa(len(list))+" times, at most 1 is allowed")
	}
	return list[0]
}

// valueOf returns the value of an extension, which must have the given type;
// it is absent where the extension is.
func (r *reader) valueOf(extension element, typ string) element {
	v := extension.choice("value", typ)
	if extension.Exists() && !v.Exists() {
		r.refuse(fault.MissingElement, extension, "the extension has no value"+typ)
	}
	return v
}

// noModifiers refuses every modifierExtension of e: its meaning is unknown,
// and it may turn the meaning of the rest around.
func (r *reader) noModifiers(e element) {
	if list := e.items("modifierExtension"); len(list) > 0 {
		r.refuse(fault.BusinessRule, list[0], "the server understands no modifierExtension here: "+fault.Quote(list[0].Get("url").Text()))
	}
}

// oneOf lists words for a diagnostic.
func oneOf(words []string) string {
	s := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			s += " or "
		default:
			s += ", "
		}
		s += w
	}
	return s
}
