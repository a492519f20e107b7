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
	w := m.writer()
	w.Object("abi")
	w.Int("major", abiMajor)
	w.Int("minor", abiMinor)
	w.EndObject()
	w.String("module", moduleName)
	w.Strings("releases", releaseNames())
	w.Array("algorithms")
	for _, a := range token.Algorithms() {
		w.String("", string(a))
	}
	w.EndArray()
	w.Array("definitions")
	for _, d := range schemas.Definitions() {
		w.Object("")
		w.String("url", d.URL)
		w.String("version", d.Version)
		w.String("code", d.Code)
		w.Strings("releases", d.Releases)
		w.EndObject()
	}
	w.EndArray()
	w.Array("codes")
	for _, c := range fault.Codes() {
		writeCode(&w, c)
	}
	w.EndArray()
	w.Object("limits")
	for _, l := range limits {
		w.Int(l.name, l.value)
	}
	w.EndObject()
	return answered(&w), nil
}

func writeCode(w *jsonscan.Writer, c fault.Code) {
	w.Object("")
	w.String("code", string(c))
	w.String("type", c.IssueType())
	w.Int("httpStatus", int64(c.HTTPStatus()))
	w.Int("closeStatus", int64(c.CloseStatus()))
	w.String("closeReason", c.CloseReason())
	w.String("meaning", c.Meaning())
	w.EndObject()
}

var limits = [...]struct {
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
}
