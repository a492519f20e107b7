package jsonscan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

func TestRefusals(t *testing.T) {
	tests := []struct {
		name, text string
		code       fault.Code
		offset     int
	}{
		{"empty", "", fault.InvalidJSON, 0},
		{"white space alone", " \n", fault.InvalidJSON, 2},
		{"byte order mark", "\ufeff{}", fault.InvalidJSON, 0},
		{"trailing value", "{} {}", fault.TrailingData, 3},
		{"trailing comma in object", `{"a":1,}`, fault.InvalidJSON, 7},
		{"trailing comma in array", `[1,]`, fault.InvalidJSON, 3},
		{"comment", `{/**/}`, fault.InvalidJSON, 1},
		{"single quotes", `{'a':1}`, fault.InvalidJSON, 1},
		{"no colon", `{"a" 1}`, fault.InvalidJSON, 5},
		{"open object", `{"a":1`, fault.InvalidJSON, 6},
		{"open string", `"abc`, fault.InvalidJSON, 0},
		{"form feed as space", "\f1", fault.InvalidJSON, 0},
		{"word", `{"a":True}`, fault.InvalidJSON, 5},
		{"cut word", `tru`, fault.InvalidJSON, 0},
		{"leading zero", `01`, fault.InvalidJSON, 0},
		{"minus alone", `-`, fault.InvalidJSON, 1},
		{"plus", `+1`, fault.InvalidJSON, 0},
		{"no fraction", `1.`, fault.InvalidJSON, 2},
		{"no integer", `.5`, fault.InvalidJSON, 0},
		{"no exponent", `1e+`, fault.InvalidJSON, 3},
		{"NaN", `NaN`, fault.InvalidJSON, 0},
		{"control in string", "\"a\x01\"", fault.InvalidJSON, 2},
		{"line feed in string", "\"a\n\"", fault.InvalidJSON, 2},
		{"unknown escape", `"\x41"`, fault.InvalidJSON, 1},
		{"short unicode escape", `"\u00g1"`, fault.InvalidJSON, 1},
		{"high surrogate alone", `"\ud800"`, fault.LoneSurrogate, 1},
		{"low surrogate alone", `"\udc00"`, fault.LoneSurrogate, 1},
		{"two high surrogates", `"\ud800\ud800"`, fault.LoneSurrogate, 1},
		{"surrogate in UTF-8", "\"\xed\xa0\x80\"", fault.InvalidUTF8, 1},
		{"overlong UTF-8", "\"\xc0\xaf\"", fault.InvalidUTF8, 1},
		{"stray continuation", "\"\x80\"", fault.InvalidUTF8, 1},
		{"beyond Unicode", "\"\xf4\x90\x80\x80\"", fault.InvalidUTF8, 1},
		{"duplicate name", `{"a":1,"b":2,"a":3}`, fault.DuplicateName, 13},
		{"duplicate by escape", `{"a":1,"\u0061":2}`, fault.DuplicateName, 7},
		{"duplicate by two escapes", `{"\/":1,"\u002f":2}`, fault.DuplicateName, 8},
		{"duplicate by surrogate pair", `{"😀":1,"\ud83d\ude00":2}`, fault.DuplicateName, 10},
		{"duplicate deep within", `{"a":[{"b":{"":1,"":2}}]}`, fault.DuplicateName, 17},
		{"too deep", strings.Repeat("[", 129), fault.TooDeep, 128},
	}
	var doc jsonscan.Document
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := doc.Parse([]byte(test.text), jsonscan.Limits{})
			var issue *fault.Issue
			if !errors.As(err, &issue) {
				t.Fatalf("accepted %q", test.text)
			}
			if issue.Code != test.code || issue.Offset != test.offset {
				t.Errorf("got %s at %d (%s), want %s at %d", issue.Code, issue.Offset, issue.Diagnostics, test.code, test.offset)
			}
			if doc.Root().Exists() {
				t.Error("a refused document has a root")
			}
		})
	}
}

func TestLimits(t *testing.T) {
	var doc jsonscan.Document
	limits := jsonscan.Limits{MaxBytes: 10, MaxDepth: 2}
	for _, good := range []string{`[[1]]`, `{"a":"bc"}`, `[[],[],[]]`} {
		if err := doc.Parse([]byte(good), limits); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	if err := doc.Parse([]byte(`[[[1]]]`), limits); !errors.Is(err, fault.TooDeep) {
		t.Errorf("three deep: %v", err)
	}
	if err := doc.Parse([]byte(`[1,2,3,4,5]`), limits); !errors.Is(err, fault.TooLarge) {
		t.Errorf("eleven bytes: %v", err)
	}
}

func TestWalk(t *testing.T) {
	const text = ` {"s":"a\u00e9\n\ud83d\ude00","n":-0.10e5,"a":[true,false,null,[],{}],"o":{"k":"v"}} `
	var doc jsonscan.Document
	if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
		t.Fatal(err)
	}
	root := doc.Root()
	if got := root.Get("s").Text(); got != "aé\n😀" {
		t.Errorf("s = %q", got)
	}
	if !root.Get("s").Is("aé\n😀") || root.Get("s").Is("a") {
		t.Error("Is does not compare unescaped text")
	}
	if got := string(root.Get("n").Raw()); got != "-0.10e5" {
		t.Errorf("n = %s", got)
	}
	var kinds []jsonscan.Kind
	for e := range root.Get("a").Elements() {
		kinds = append(kinds, e.Kind())
	}
	want := []jsonscan.Kind{jsonscan.True, jsonscan.False, jsonscan.Null, jsonscan.Array, jsonscan.Object}
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		t.Errorf("kinds = %v", kinds)
	}
	if root.Len() != 4 || root.Get("a").Len() != 5 || root.Get("n").Len() != 0 {
		t.Error("Len is off")
	}
	if !root.Get("a").At(3).Empty() || !root.Get("a").At(4).Empty() || root.Get("a").Empty() {
		t.Error("Empty is off")
	}
	if got := string(root.Get("o").Raw()); got != `{"k":"v"}` {
		t.Errorf("o = %s", got)
	}
	if o := root.Get("o"); text[o.Offset():o.Offset()+o.Length()] != `{"k":"v"}` {
		t.Error("the span is off")
	}
	absent := root.Get("x").Get("y").At(3)
	if absent.Exists() || absent.Text() != "" || absent.Is("") || absent.Raw() != nil || absent.Len() != 0 {
		t.Error("an absent value answers as if it were there")
	}
}

// TestManyNames is a one-megabyte object of distinct names, then with the first
// one repeated: the search for duplicates must not be quadratic.
func TestManyNames(t *testing.T) {
	var b strings.Builder
	b.WriteByte('{')
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, `"\u0061name%07d":0,`, i)
	}
	distinct := []byte(strings.TrimSuffix(b.String(), ",") + "}")
	var doc jsonscan.Document
	if err := doc.Parse(distinct, jsonscan.Limits{}); err != nil {
		t.Fatal(err)
	}
	twice := []byte(b.String() + `"aname0000000":0}`)
	err := doc.Parse(twice, jsonscan.Limits{})
	var issue *fault.Issue
	if !errors.As(err, &issue) || issue.Code != fault.DuplicateName || issue.Offset != b.Len() {
		t.Fatalf("duplicate among many: %v", err)
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	text := []byte(`{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"a\u0062c"},{"name":"expiration","valueDateTime":"2026-01-01T00:00:00Z"}]}`)
	var doc jsonscan.Document
	allocs := testing.AllocsPerRun(100, func() {
		if err := doc.Parse(text, jsonscan.Limits{}); err != nil {
			t.Fatal(err)
		}
		for p := range doc.Root().Get("parameter").Elements() {
			for name, value := range p.Members() {
				if name.Is("") || value.Is("abcd") {
					t.Fatal("unexpected")
				}
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a document", allocs)
	}
}

func TestLocate(t *testing.T) {
	text := "{\r\n \"é😀\": x"
	line, column := jsonscan.Locate([]byte(text), strings.Index(text, "x"))
	if line != 2 || column != 9 { // space " é two-unit-emoji " : space, then x
		t.Errorf("line %d, column %d", line, column)
	}
	if line, column = jsonscan.Locate([]byte("a"), 99); line != 1 || column != 2 {
		t.Errorf("beyond the end: line %d, column %d", line, column)
	}
}

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                "\"\"",
		"a\"b\\c\n\t\r":   `"a\"b\\c\n\t\r"`,
		"\x00\x7f\u2028é": "\"\\u0000\x7f\\u2028é\"",
		"a\xffb":          "\"a\ufffdb\"",
		"😀<>&":            "\"😀<>&\"",
	} {
		if got := string(jsonscan.AppendString(nil, in)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
