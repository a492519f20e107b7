package main

import (
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
)

// maxSeconds is the last second that FHIR can write, in seconds since 1970.
const maxSeconds = 253402300799

// writeResponse writes the answer of $get-ws-binding-token, held to the definition.
func (m *instance) writeResponse(options, document []byte) ([]byte, error) {
	o, err := m.responses.recall(options, func(text []byte) (validation, error) { return m.readValidation(text, opdef.Out) })
	if err != nil {
		return nil, err
	}
	if o.read || o.brief || o.maxIssues != 0 {
		return nil, invalidCall("options read, brief and maxIssues are not known here")
	}
	response, err := m.readAnswer(document)
	if err != nil {
		return nil, err
	}
	o.validator.MaxIssues, o.validator.Brief = 0, false
	text, err := binding.WriteResponse(o.validator, o.level, response)
	if fault.CodeOf(err) == fault.Internal {
		return nil, invalidCall(fault.DetailOf(err)) // the module is sound: the values are not
	}
	if err != nil {
		return nil, err
	}
	return m.written("response", text), nil
}

// readAnswer reads what is to be answered.
func (m *instance) readAnswer(document []byte) (response binding.Response, err error) {
	if err := m.options.Parse(document, jsonscan.Limits{}); err != nil {
		return response, invalidCall("the document is not JSON: " + fault.DetailOf(err))
	}
	expiration := -1
	err = readMembers("member", m.options.Root(), func(r *optionReader, name string, v jsonscan.Value) bool {
		switch name {
		case "token":
			response.Token = r.text(v)
		case "expiration":
			expiration = r.integer(v, 0, maxSeconds, -1)
		case "subscriptions":
			response.Subscriptions = r.texts(v)
		case "websocketUrl":
			response.WebsocketURL = r.text(v)
		default:
			return false
		}
		return true
	})
	if err == nil && expiration < 0 {
		err = invalidCall("member expiration is missing: seconds since 1970 are due")
	}
	response.Expiration = time.Unix(int64(expiration), 0)
	return response, err
}

// written answers with a text.
func (m *instance) written(name string, text []byte) []byte {
	w := m.writer()
	w.Raw(name, "")
	w.Text = jsonscan.AppendString(w.Text, text)
	return answered(&w)
}
