package main

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/token"
)

type inspected struct {
	Header, Claims, Alg, Kid *string
	SigningInputLength       *int
	Rules                    []struct {
		Rule, State, Diagnostics string
		Code                     *string
	}
}

// states returns what came of the rules, each by its first letter.
func (i *inspected) states() string {
	text := ""
	for _, r := range i.Rules {
		text += r.State[:1]
	}
	return text
}

func inspect(t *testing.T, options, compact string) (i inspected) {
	t.Helper()
	parse(t, ask(t, exportInspectToken, strings.TrimSuffix(policyOf, "}")+`,"now":1999999950`+options+"}", compact), &i)
	return i
}

func TestInspect(t *testing.T) {
	fresh(t)
	compact := issue(t)
	part := strings.Split(compact, ".")
	for _, c := range []struct{ options, compact, states string }{
		{``, compact, "mmmmmmmmmmummmmmmm"},
		{`,"verified":null`, compact, "mmmmmmmmmmummmmmmm"},
		{`,"verified":true`, compact, "mmmmmmmmmmmmmmmmmm"},
		{`,"verified":false`, compact, "mmmmmmmmmmbmmmmmmm"},
		{`,"verified":true`, part[0] + ".e30." + part[2], "mmmmmmmmmmmbuummuu"},
		{`,"verified":true`, "", "mbuuuuuuuuuuuuuuuu"},
		{`,"verified":true,"maxSize":9`, compact, "buuuuuuuuuuuuuuuuu"},
	} {
		if i := inspect(t, c.options, c.compact); i.states() != c.states || len(i.Rules) != len(c.states) {
			t.Errorf("%s: %s, want %s: %+v", c.options, i.states(), c.states, i.Rules)
		}
	}
	i := inspect(t, ``, compact)
	if *i.Alg != "ES256" || *i.Kid != "k" || *i.SigningInputLength != strings.LastIndexByte(compact, '.') || !strings.HasPrefix(*i.Claims, `{"iss":"https://`) || !strings.HasPrefix(*i.Header, `{"alg"`) {
		t.Errorf("%+v", i)
	}
}

// TestInspectShowsTextOnly: what is no text, or cannot be decoded, is null.
func TestInspectShowsTextOnly(t *testing.T) {
	fresh(t)
	part := base64.RawURLEncoding.EncodeToString
	i := inspect(t, `,"verified":true`, part([]byte("\xff"))+"."+part([]byte(`"<script>`))+".x")
	if i.Header != nil || *i.Claims != `"<script>` || i.Alg != nil || i.Kid != nil || i.SigningInputLength != nil {
		t.Errorf("%+v", i)
	}
}

func TestInspectRefuses(t *testing.T) {
	fresh(t)
	for _, options := range []string{``, `{}`, `{"now":"1"}`, `{"now":1e3}`, `{"now":1e99}`, `{"now":1,"raw":true}`, `{"now":1,"verified":1}`, `{"now":1,"keys":{}}`, `{"now":999999999999999}`} {
		if got := ask(t, exportInspectToken, options, "a.b.c"); code(t, got) != "invalid-call" {
			t.Errorf("%s: %s", options, got)
		}
	}
	if i := inspect(t, ``, strings.Repeat("a", token.DefaultMaxSize+1)); i.states()[0] != 'b' {
		t.Errorf("%+v", i)
	}
}
