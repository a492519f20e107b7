package jsonscan_test

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// seeds are texts at the edges of RFC 8259.
var seeds = []string{
	`{"resourceType":"Parameters","parameter":[{"name":"id","valueId":"a"}]}`,
	`[0,-0,0.0,1e5,1E-05,-1.5e+10,9007199254740993,true,false,null]`,
	`"\u0041\ud83d\ude00\n\/"`, `"\ud800"`, `"\udc00\ud800"`, `{"a":1,"\u0061":2}`,
	`{"":{"":[]}}`, "\ufeff{}", `[1,]`, `{"a":1,}`, `01`, `1.`, `-`, "\"\xed\xa0\x80\"", "\"\x7f\"",
	`[[[[[[]]]]]]`, ` 1 `, `1 2`, `nul`, "\"\x00\"", `{"a":1 "b":2}`, `{1:2}`, "\v1", "[1\u00a0]",
}

// FuzzSameVerdictAsJSONText holds the reader to an independent strict one:
// both refuse or both accept, and what is accepted reads back the same.
func FuzzSameVerdictAsJSONText(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if nesting(text) > jsonscan.DefaultMaxDepth {
			return // beyond our limit by design
		}
		var doc jsonscan.Document
		err := doc.Parse(text, jsonscan.Limits{})
		if want := jsontext.Value(text).IsValid(); (err == nil) != want {
			t.Fatalf("jsontext says %v of %q, jsonscan: %v", want, text, err)
		}
		if err != nil {
			return
		}
		want := jsontext.Value(bytes.Clone(text))
		if err := want.Compact(); err != nil {
			t.Fatal(err)
		}
		if got := rebuild(t, nil, doc.Root()); !bytes.Equal(got, want) {
			t.Fatalf("%q walks as %s, want %s", text, got, want)
		}
	})
}

// FuzzWrittenStringsReadBack holds AppendString to the reader.
func FuzzWrittenStringsReadBack(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var doc jsonscan.Document
		if err := doc.Parse(jsonscan.AppendString(nil, s), jsonscan.Limits{}); err != nil {
			t.Fatal(err)
		}
		if want := string([]rune(s)); doc.Root().Text() != want {
			t.Fatalf("%q reads back as %q", s, doc.Root().Text())
		}
	})
}

// nesting overestimates the depth: brackets in strings count too.
func nesting(text []byte) int {
	return bytes.Count(text, []byte("[")) + bytes.Count(text, []byte("{"))
}

// rebuild writes a value compactly from what the walk yields, and holds each
// string to the oracle's unescaping.
func rebuild(t *testing.T, dst []byte, v jsonscan.Value) []byte {
	switch v.Kind() {
	case jsonscan.String:
		want, err := jsontext.AppendUnquote(nil, v.Raw())
		if err != nil || v.Text() != string(want) {
			t.Fatalf("%s reads as %q, want %q, %v", v.Raw(), v.Text(), want, err)
		}
	case jsonscan.Array:
		dst = append(dst, '[')
		for e := range v.Elements() {
			dst = append(rebuild(t, dst, e), ',')
		}
		return append(bytes.TrimSuffix(dst, []byte(",")), ']')
	case jsonscan.Object:
		dst = append(dst, '{')
		for n, m := range v.Members() {
			dst = append(rebuild(t, dst, n), ':')
			dst = append(rebuild(t, dst, m), ',')
		}
		return append(bytes.TrimSuffix(dst, []byte(",")), '}')
	}
	return append(dst, v.Raw()...)
}
