package main

import (
	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
)

// describe says what the module knows.
func (m *instance) describe() ([]byte, error) {
	text := appendInt(append(m.scratch[:0], `{"abi":{`...), "major", abiMajor)
	text = appendInt(append(text, ','), "minor", abiMinor)
	text = appendText(append(text, '}', ','), "module", moduleName)
	text = appendTexts(append(text, ','), "releases", releaseNames())
	text = append(text, `,"algorithms":[`...)
	for i, a := range token.Algorithms() {
		text = jsonscan.AppendString(comma(text, i), string(a))
	}
	text = append(text, `],"definitions":[`...)
	for i, d := range schemas.Definitions() {
		text = appendBuiltIn(comma(text, i), &d)
	}
	text = append(text, `],"codes":[`...)
	for i, c := range fault.Codes() {
		text = appendCode(comma(text, i), c)
	}
	return append(appendLimits(append(text, `],"limits":{`...)), '}', '}'), nil
}

func appendBuiltIn(dst []byte, d *schemas.Definition) []byte {
	dst = appendText(append(dst, '{'), "url", d.URL)
	dst = appendText(append(dst, ','), "version", d.Version)
	dst = appendText(append(dst, ','), "code", d.Code)
	dst = appendTexts(append(dst, ','), "releases", d.Releases)
	return append(dst, '}')
}

func appendCode(dst []byte, c fault.Code) []byte {
	dst = appendText(append(dst, '{'), "code", string(c))
	dst = appendText(append(dst, ','), "type", c.IssueType())
	dst = appendInt(append(dst, ','), "httpStatus", int64(c.HTTPStatus()))
	dst = appendInt(append(dst, ','), "closeStatus", int64(c.CloseStatus()))
	dst = appendText(append(dst, ','), "closeReason", c.CloseReason())
	dst = appendText(append(dst, ','), "meaning", c.Meaning())
	return append(dst, '}')
}

func appendLimits(dst []byte) []byte {
	for i, limit := range []struct {
		name  string
		value int64
	}{
		{"buffers", maxBuffers},
		{"bufferBytes", maxBuffer},
		{"liveBytes", maxLive},
		{"documentBytes", jsonscan.DefaultMaxBytes},
		{"documentDepth", jsonscan.DefaultMaxDepth},
		{"definitions", maxDefinitions},
		{"definitionParameters", opdef.MaxParameters},
		{"pending", maxPending},
		{"issues", maxIssues},
		{"tokenBytes", token.DefaultMaxSize},
		{"tokenSubscriptions", token.MaxSubscriptions},
		{"frameBytes", binding.MaxFrame},
	} {
		dst = appendInt(comma(dst, i), limit.name, limit.value)
	}
	return dst
}
