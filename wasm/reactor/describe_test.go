package main

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
)

func TestDescribe(t *testing.T) {
	fresh(t)
	var d struct {
		ABI         struct{ Major, Minor int32 }
		Module      string
		Releases    []string
		Algorithms  []token.Algorithm
		Definitions []struct {
			URL, Version, Code string
			Releases           []string
		}
		Codes []struct {
			Code, Type, CloseReason, Meaning string
			HTTPStatus                       int
			CloseStatus                      uint16
		}
		Limits map[string]int
	}
	parse(t, output(t, exportDescribe()), &d)
	if exportABIVersion() != d.ABI.Major<<16|d.ABI.Minor || d.ABI.Major != 1 {
		t.Errorf("abi_version is %#x, describe says %+v", exportABIVersion(), d.ABI)
	}
	if d.Module != moduleName || !slices.Equal(d.Releases, []string{"R4", "R4B", "R5"}) || !slices.Equal(d.Algorithms, token.Algorithms()) {
		t.Errorf("%s, %s, %s", d.Module, d.Releases, d.Algorithms)
	}
	for i, built := range schemas.Definitions() {
		if got := d.Definitions[i]; got.URL != built.URL || got.Version != built.Version || got.Code != built.Code || !slices.Equal(got.Releases, built.Releases) {
			t.Errorf("%+v", got)
		}
	}
	for i, c := range fault.Codes() {
		got := d.Codes[i]
		if got.Code != string(c) || got.Type != c.IssueType() || got.HTTPStatus != c.HTTPStatus() ||
			got.CloseStatus != c.CloseStatus() || got.CloseReason != c.CloseReason() || got.Meaning != c.Meaning() {
			t.Errorf("%+v", got)
		}
	}
	if d.Limits["bufferBytes"] != 33_554_432 || d.Limits["buffers"] != 1024 || d.Limits["documentBytes"] != 16<<20 {
		t.Errorf("%v", d.Limits)
	}
}

// TestDefinitionIsWritten whole, for what is built in.
func TestDefinitionIsWritten(t *testing.T) {
	fresh(t)
	var d struct {
		Handle     int
		Definition struct {
			URL, Version, Code, Name, Title, Kind string
			System, Type, Instance                bool
			AffectsState                          *bool
			Resources                             []string
			Methods                               map[string]map[string][]string
			Parameters                            []struct {
				Name, Use, Max, Type, SearchType, Doc string
				Min                                   int
				AllowedTypes, Scope                   []string
				Part                                  []json.RawMessage
			}
		}
		Repairs, Issues []json.RawMessage
	}
	parse(t, ask(t, exportDefine, `{"url":"http://hl7.org/fhir/OperationDefinition/Subscription-get-ws-binding-token|5.0.0"}`, ""), &d)
	got := &d.Definition
	if got.URL == "" || got.Version != "5.0.0" || got.Code != "get-ws-binding-token" || got.Kind != "operation" || got.System || !got.Type || !got.Instance ||
		got.AffectsState == nil || !slices.Equal(got.Resources, []string{"Subscription"}) {
		t.Errorf("%+v", got)
	}
	if m := got.Methods["R5"]; m["system"] == nil || len(m["system"]) != 0 || !slices.Contains(m["type"], "POST") {
		t.Errorf("%+v", got.Methods)
	}
	p := got.Parameters[0]
	if p.Name != "id" || p.Use != "in" || p.Min != 0 || p.Max != "*" || p.Type != "id" || p.Doc == "" ||
		p.AllowedTypes == nil || !slices.Equal(p.Scope, []string{"type"}) || p.Part == nil {
		t.Errorf("%+v", p)
	}
}
