package main

import (
	"strconv"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
)

// maxIssues bounds the option of that name.
const maxIssues = 10_000

// validation are the options of validate_request and validate_response, with
// the validator that they ask for.
type validation struct {
	validator   *opdef.Validator
	level       opdef.Level
	release     fhir.Release
	query, read bool
	brief       bool
	maxIssues   int
}

// readValidation reads the options of a request (In) or a response (Out).
func (m *instance) readValidation(text []byte, use opdef.Use) (validation, error) {
	o := validation{level: opdef.TypeLevel, release: fhir.R4}
	handle, url := int32(0), ""
	err := m.readOptions(text, func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "handle":
			handle = int32(r.integer(v, 1, 1<<31-1, 0))
		case "definition":
			url = r.text(v)
		case "level":
			o.level = r.level(v)
		case "fhir":
			o.release = r.release(v, fhir.R4)
		case "maxIssues":
			o.maxIssues = r.integer(v, 1, maxIssues, 0)
		case "query":
			o.query = r.boolean(v)
			return use == opdef.In
		case "brief":
			o.brief = r.boolean(v)
		case "read":
			o.read = r.boolean(v)
		default:
			return false
		}
		return true
	})
	if err != nil {
		return o, err
	}
	if o.read && o.brief {
		return o, invalidCall("options read and brief stand together: who reads a document is told everything")
	}
	c, err := m.contract(handle, url)
	if err != nil {
		return o, err
	}
	o.validator = c.validator(o.release)
	return o, nil
}

func (m *instance) validateRequest(options, document []byte) ([]byte, error) {
	o, err := m.requests.recall(options, func(text []byte) (validation, error) { return m.readValidation(text, opdef.In) })
	if err != nil {
		return nil, err
	}
	v := o.validator
	v.MaxIssues, v.Brief = o.maxIssues, o.brief
	if o.read {
		return m.readRequest(o, document), nil
	}
	if o.query {
		return m.judged(o.brief, document, v.ValidateQuery(string(document), o.level)), nil
	}
	return m.judged(o.brief, document, v.Validate(document, opdef.In, o.level)), nil
}

func (m *instance) validateResponse(options, document []byte) ([]byte, error) {
	o, err := m.responses.recall(options, func(text []byte) (validation, error) { return m.readValidation(text, opdef.Out) })
	if err != nil {
		return nil, err
	}
	v := o.validator
	v.MaxIssues, v.Brief = o.maxIssues, o.brief
	if o.read {
		w := m.readResponse(v, o.level, document)
		return answered(&w), nil
	}
	return m.judged(o.brief, document, v.Validate(document, opdef.Out, o.level)), nil
}

// readRequest answers with the ids that a request names, where it is one of
// $get-ws-binding-token.
func (m *instance) readRequest(o *validation, document []byte) []byte {
	ids, issues := binding.ReadRequest(o.validator, document, o.query, o.level)
	w := m.verdict(document, issues)
	if fault.Valid(issues) && binding.IsOperation(o.validator) {
		w.Object("request")
		w.Strings("subscriptions", token.Distinct(ids))
		w.EndObject()
	}
	return answered(&w)
}

// readResponse answers with what a response says, where it is one of
// $get-ws-binding-token.
func (m *instance) readResponse(v *opdef.Validator, level opdef.Level, document []byte) jsonscan.Writer {
	reader, err := binding.ReaderOf(v)
	if err != nil { // of another operation, which has no reading
		return m.verdict(document, v.Validate(document, opdef.Out, level))
	}
	response, issues := reader.ResponseAt(document, level)
	w := m.verdict(document, issues)
	if fault.Valid(issues) {
		w.Object("response")
		w.String("token", response.Token)
		w.Raw("expiration", "")
		w.Text = appendSeconds(w.Text, response.Expiration.Unix(), response.Expiration.Nanosecond())
		w.Strings("subscriptions", response.Subscriptions)
		w.String("websocketUrl", response.WebsocketURL)
		w.EndObject()
	}
	return w
}

// judged answers a validation: nil where there is no issue at all, and invalid
// where there is an error and nobody asks which.
func (m *instance) judged(brief bool, document []byte, issues []fault.Issue) []byte {
	switch {
	case len(issues) == 0:
		return nil
	case brief && !fault.Valid(issues):
		return invalid
	}
	w := m.verdict(document, issues)
	return answered(&w)
}

// verdict begins the answer of a validation, with the verdict in front, so that
// a host can tell it from the first bytes.
func (m *instance) verdict(document []byte, issues []fault.Issue) jsonscan.Writer {
	begin := `"valid":true,"issues":`
	if !fault.Valid(issues) {
		begin = `"valid":false,"issues":`
	}
	w := m.writer()
	w.Raw("", begin)
	w.Text = fhir.AppendIssues(w.Text, document, issues)
	return w
}

// appendSeconds appends seconds and nanoseconds as one JSON number, without
// the zeros at its end.
func appendSeconds(dst []byte, seconds int64, nanoseconds int) []byte {
	if seconds < 0 && nanoseconds > 0 { // -1 s and 0.25 s is -0.75
		seconds, nanoseconds = seconds+1, 1e9-nanoseconds
		if seconds == 0 {
			dst = append(dst, '-')
		}
	}
	dst = strconv.AppendInt(dst, seconds, 10)
	if nanoseconds == 0 {
		return dst
	}
	digits := strconv.AppendInt(dst, int64(1e9+nanoseconds), 10)
	digits[len(dst)] = '.' // in place of the 1 in front
	for digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return digits
}
