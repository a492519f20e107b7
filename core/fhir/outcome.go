package fhir

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// CodeSystem is the system of the codes of core/fault in an OperationOutcome.
const CodeSystem = "urn:wsbind:code"

// Published extensions for where in the source an issue is.
const (
	extensionLine   = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line"
	extensionColumn = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col"
)

// AppendIssues appends the issues found in source as a JSON array. Each is
//
//	{"severity":"error","code":"invalid-primitive","type":"value",
//	 "expression":["Parameters.parameter[0].value"],"diagnostics":"…",
//	 "position":{"byte":55,"line":3,"column":20,"length":7}}
//
// where code is ours and type FHIR's. The array of an issue without an
// expression is empty. Bytes count from 0, lines and columns from 1, columns
// in UTF-16 units, and length in bytes.
func AppendIssues(dst, source []byte, issues []fault.Issue) []byte {
	dst = append(dst, '[')
	l := locator{source: source, line: 1, column: 1}
	for i := range issues {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendIssue(dst, &l, &issues[i])
	}
	return append(dst, ']')
}

// appendIssue is what an invalid document costs, so it takes no
// [jsonscan.Writer], which takes three times as long.
func appendIssue(dst []byte, l *locator, i *fault.Issue) []byte {
	line, column := l.locate(i.Offset)
	if i.Severity == fault.Err {
		dst = append(dst, `{"severity":"error","code":"`...)
	} else {
		dst = append(dst, `{"severity":"`...)
		dst = append(dst, i.Severity.String()...)
		dst = append(dst, `","code":"`...)
	}
	dst = append(dst, i.Code...)
	dst = append(dst, `","type":"`...)
	dst = append(dst, i.Code.IssueType()...)
	dst = append(dst, `","expression":[`...)
	if i.Expression != "" {
		dst = jsonscan.AppendString(dst, i.Expression)
	}
	dst = append(dst, `],"diagnostics":`...)
	dst = jsonscan.AppendString(dst, i.Diagnostics)
	dst = append(dst, `,"position":{"byte":`...)
	dst = strconv.AppendInt(dst, int64(i.Offset), 10)
	dst = append(dst, `,"line":`...)
	dst = strconv.AppendInt(dst, int64(line), 10)
	dst = append(dst, `,"column":`...)
	dst = strconv.AppendInt(dst, int64(column), 10)
	dst = append(dst, `,"length":`...)
	dst = strconv.AppendInt(dst, int64(i.Length), 10)
	return append(dst, "}}"...)
}

func writeExpression(w *jsonscan.Writer, i *fault.Issue) {
	w.Array("expression")
	if i.Expression != "" {
		w.String("", i.Expression)
	}
	w.EndArray()
}

// AppendOutcome appends an OperationOutcome about source, good in all releases.
// Each issue has FHIR's issue type as its code, ours in details.coding (with
// [CodeSystem]), diagnostics, expression, and the line and column in two
// extensions that HL7 publishes; without a source these two are left out. A
// list without issues becomes one issue of severity information, since FHIR
// asks for at least one.
func AppendOutcome(dst, source []byte, issues []fault.Issue) []byte {
	w := jsonscan.Writer{Text: dst}
	w.Object("")
	w.String("resourceType", "OperationOutcome")
	w.Array("issue")
	if len(issues) == 0 {
		w.Raw("", `{"severity":"information","code":"informational","diagnostics":"no issues found"}`)
	}
	l := locator{source: source, line: 1, column: 1}
	for i := range issues {
		writeOutcomeIssue(&w, &l, &issues[i])
	}
	w.EndArray()
	w.EndObject()
	return w.Text
}

func writeOutcomeIssue(w *jsonscan.Writer, l *locator, i *fault.Issue) {
	w.Object("")
	if len(l.source) > 0 {
		line, column := l.locate(i.Offset)
		w.Array("extension")
		writeExtension(w, extensionLine, line)
		writeExtension(w, extensionColumn, column)
		w.EndArray()
	}
	w.String("severity", i.Severity.String())
	w.String("code", i.Code.IssueType())
	w.Object("details")
	w.Array("coding")
	w.Object("")
	w.String("system", CodeSystem)
	w.String("code", string(i.Code))
	w.EndObject()
	w.EndArray()
	w.EndObject()
	if i.Diagnostics != "" {
		w.String("diagnostics", i.Diagnostics)
	}
	if i.Expression != "" {
		writeExpression(w, i)
	}
	w.EndObject()
}

func writeExtension(w *jsonscan.Writer, url string, value int) {
	w.Object("")
	w.String("url", url)
	w.Int("valueInteger", int64(value))
	w.EndObject()
}

// A locator finds lines and columns. Issues mostly come in the order of the
// text, so it goes on from the last one.
type locator struct {
	source               []byte
	offset, line, column int // what was found last
}

func (l *locator) locate(offset int) (line, column int) {
	offset = min(max(offset, 0), len(l.source))
	if offset < l.offset {
		l.offset, l.line, l.column = 0, 1, 1
	}
	lines, columns := jsonscan.Locate(l.source[l.offset:], offset-l.offset)
	if lines == 1 {
		columns += l.column - 1
	}
	l.offset, l.line, l.column = offset, l.line+lines-1, columns
	return l.line, l.column
}
