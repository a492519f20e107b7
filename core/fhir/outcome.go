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
	l := locator{source: source, line: 1, column: 1}
	dst = append(dst, '[')
	for i := range issues {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendIssue(dst, &l, &issues[i])
	}
	return append(dst, ']')
}

func appendIssue(dst []byte, l *locator, i *fault.Issue) []byte {
	dst = appendMember(append(dst, '{'), "severity", i.Severity.String())
	dst = appendMember(append(dst, ','), "code", string(i.Code))
	dst = appendMember(append(dst, ','), "type", i.Code.IssueType())
	dst = append(dst, `,"expression":[`...)
	if i.Expression != "" {
		dst = jsonscan.AppendString(dst, i.Expression)
	}
	dst = appendMember(append(dst, ']', ','), "diagnostics", i.Diagnostics)
	line, column := l.locate(i.Offset)
	dst = append(dst, `,"position":{`...)
	dst = appendNumber(dst, "byte", i.Offset)
	dst = appendNumber(append(dst, ','), "line", line)
	dst = appendNumber(append(dst, ','), "column", column)
	dst = appendNumber(append(dst, ','), "length", i.Length)
	return append(dst, '}', '}')
}

// AppendOutcome appends an OperationOutcome about source, good in all releases.
// Each issue has FHIR's issue type as its code, ours in details.coding (with
// [CodeSystem]), diagnostics, expression, and the line and column in two
// extensions that HL7 publishes; without a source these two are left out. A
// list without issues becomes one issue of severity information, since FHIR
// asks for at least one.
func AppendOutcome(dst, source []byte, issues []fault.Issue) []byte {
	dst = append(dst, `{"resourceType":"OperationOutcome","issue":[`...)
	if len(issues) == 0 {
		dst = append(dst, `{"severity":"information","code":"informational","diagnostics":"no issues found"}`...)
	}
	l := locator{source: source, line: 1, column: 1}
	for i := range issues {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendOutcomeIssue(dst, &l, &issues[i])
	}
	return append(dst, ']', '}')
}

func appendOutcomeIssue(dst []byte, l *locator, i *fault.Issue) []byte {
	dst = append(dst, '{')
	if len(l.source) > 0 {
		line, column := l.locate(i.Offset)
		dst = append(dst, `"extension":[`...)
		dst = appendExtension(dst, extensionLine, line)
		dst = appendExtension(append(dst, ','), extensionColumn, column)
		dst = append(dst, ']', ',')
	}
	dst = appendMember(dst, "severity", i.Severity.String())
	dst = appendMember(append(dst, ','), "code", i.Code.IssueType())
	dst = append(dst, `,"details":{"coding":[{`...)
	dst = appendMember(dst, "system", CodeSystem)
	dst = appendMember(append(dst, ','), "code", string(i.Code))
	dst = append(dst, '}', ']', '}')
	if i.Diagnostics != "" {
		dst = appendMember(append(dst, ','), "diagnostics", i.Diagnostics)
	}
	if i.Expression != "" {
		dst = append(dst, `,"expression":[`...)
		dst = jsonscan.AppendString(dst, i.Expression)
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendExtension(dst []byte, url string, value int) []byte {
	dst = appendMember(append(dst, '{'), "url", url)
	dst = appendNumber(append(dst, ','), "valueInteger", value)
	return append(dst, '}')
}

func appendMember(dst []byte, name, value string) []byte {
	dst = append(jsonscan.AppendString(dst, name), ':')
	return jsonscan.AppendString(dst, value)
}

func appendNumber(dst []byte, name string, value int) []byte {
	dst = append(jsonscan.AppendString(dst, name), ':')
	return strconv.AppendInt(dst, int64(value), 10)
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
