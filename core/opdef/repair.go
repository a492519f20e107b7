package opdef

import (
	"bytes"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// isRepair reports whether lenient loading mends what the code names.
func isRepair(c fault.Code) bool {
	switch c {
	case fault.SurroundingText, fault.NullMember, fault.StringForBoolean, fault.StringForNumber, fault.NumberForString,
		fault.StraySibling, fault.ForeignMember, fault.RepeatedEntry, fault.MailtoTelecom, fault.DuplicateParameter:
		return true
	}
	return false
}

// mend says how a primitive of the wrong JSON type is to be read.
func mend(due fhir.Type, v jsonscan.Value) fault.Code {
	switch due.String() {
	case "boolean":
		if v.Is("true") || v.Is("false") {
			return fault.StringForBoolean
		}
	case "integer", "unsignedInt", "positiveInt", "decimal":
		if v.Kind() == jsonscan.String && due.CheckText(0, v.Bytes(nil)).Code == "" {
			return fault.StringForNumber
		}
	case "string", "markdown", "code", "id":
		if v.Kind() == jsonscan.Number {
			return fault.NumberForString
		}
	}
	return ""
}

// candidates is how many braces are tried as the beginning of the definition.
const candidates = 32

// parse reads the text or, where that is no JSON, the object within it.
func (l *loader) parse(text []byte) (jsonscan.Value, bool) {
	err := l.doc.Parse(text, l.options.Limits)
	if err == nil {
		return l.doc.Root(), true
	}
	why, ok := err.(*fault.Issue)
	if !ok || why.Code == fault.TooLarge {
		l.fail(why)
		return jsonscan.Value{}, false
	}
	start, end, inner := l.within(text)
	if end > 0 {
		l.start = start
		l.reportText(text, start, end)
		return l.doc.Root(), true
	}
	if inner != nil {
		why = inner
	}
	l.fail(why)
	return jsonscan.Value{}, false
}

func (l *loader) fail(why *fault.Issue) {
	if why != nil {
		l.checker.Issues.Add(*why)
	}
}

// within finds the definition in a text and leaves it in l.doc: the first object
// that says it is one, or else the first that is a resource; end is 0 if there
// is none. An object that is no JSON is passed over with all within it, and
// what the first such broke is returned.
func (l *loader) within(text []byte) (start, end int, inner *fault.Issue) {
	for next, n := 0, 0; n < candidates; n++ {
		brace := bytes.IndexByte(text[next:], '{')
		if brace < 0 {
			break
		}
		next += brace
		length := objectLength(text[next:])
		if length == 0 && len(bytes.TrimSpace(text[:next])) == 0 {
			break // the text is JSON that is cut off
		}
		if length == 0 {
			next++
			continue
		}
		err := l.doc.Parse(text[next:next+length], l.options.Limits)
		typ := l.doc.Root().Get("resourceType")
		if typ.Is("OperationDefinition") {
			return next, next + length, nil
		}
		if typ.Exists() && end == 0 {
			start, end = next, next+length
		}
		if why, ok := err.(*fault.Issue); ok && inner == nil {
			why.Offset += next
			inner = why
		}
		next += length
	}
	if end > 0 {
		_ = l.doc.Parse(text[start:end], l.options.Limits) // it did before
	}
	return start, end, inner
}

// objectLength returns the number of bytes up to the brace that closes the
// first one, or 0 if none does.
func objectLength(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

func (l *loader) reportText(text []byte, start, end int) {
	before, after := bytes.TrimSpace(text[:start]), bytes.TrimSpace(text[end:])
	at, length, where := 0, start, "before"
	if len(before) == 0 {
		at, length, where = end, len(text)-end, "after"
	} else if len(after) > 0 {
		where = "around"
	}
	l.checker.Issues.Add(fault.Issue{
		Severity:    fault.Warning,
		Code:        fault.SurroundingText,
		Diagnostics: "text that is not JSON stands " + where + " the definition",
		Offset:      at - start, // finish adds start to every offset
		Length:      length,
	})
}

// rename gives the codes of repairs to what the datatypes call errors.
func rename(i *fault.Issue, text []byte) {
	switch i.Code {
	case fault.NullValue:
		i.Code = fault.NullMember
	case fault.UnknownElement:
		if i.Code = fault.ForeignMember; i.Length < 2 || text[i.Offset] != '"' || text[i.Offset+1] == '_' {
			i.Code = fault.StraySibling
		}
	}
}

// repeatedEntries reports the entries that stand twice in a list of the
// definition, apart from parameters. Entries are the same when their text is.
func (l *loader) repeatedEntries(root jsonscan.Value) {
	var entries []jsonscan.Value
	for m := root.FirstMember(); m.Exists(); m = m.Next() {
		name, list := m.Name(), m.Value()
		if list.Kind() != jsonscan.Array || name.Is("parameter") {
			continue
		}
		entries = entries[:0]
		for e := list.First(); e.Exists(); e = e.Next() {
			entries = append(entries, e.Value)
		}
		order := indices(len(entries))
		jsonscan.Order(order, func(a, b uint32) int { return bytes.Compare(entries[a].Raw(), entries[b].Raw()) })
		for i := 1; i < len(order); i++ {
			index := int(order[i])
			if e := entries[index]; bytes.Equal(e.Raw(), entries[order[i-1]].Raw()) {
				l.checker.EnterIndex(name.Text(), index)
				l.report(fault.RepeatedEntry, e, "entry "+strconv.Itoa(index)+" of "+name.Text()+" stands there before")
				l.checker.Leave()
			}
		}
	}
}

// telecoms reports e-mail addresses that carry a scheme.
func (l *loader) telecoms(root jsonscan.Value) {
	i := 0
	for contact := root.Get("contact").First(); contact.Exists(); contact = contact.Next() {
		l.checker.EnterIndex("contact", i)
		k := 0
		for telecom := contact.Get("telecom").First(); telecom.Exists(); telecom = telecom.Next() {
			l.checker.EnterIndex("telecom", k)
			l.telecom(telecom.Value)
			l.checker.Leave()
			k++
		}
		l.checker.Leave()
		i++
	}
}

func (l *loader) telecom(v jsonscan.Value) {
	value := v.Get("value")
	if v.Get("system").Is("email") && hasScheme(value.Text(), "mailto:") {
		l.checker.Enter("value")
		l.report(fault.MailtoTelecom, value, "an e-mail address is written without mailto:")
		l.checker.Leave()
	}
}

// hasScheme reports whether a URL begins with a scheme, in letters of any case.
func hasScheme(url, scheme string) bool {
	if len(url) < len(scheme) {
		return false
	}
	for i := range len(scheme) {
		if c := url[i]; c != scheme[i] && (c|0x20 != scheme[i] || c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
