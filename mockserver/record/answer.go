package record

import (
	"net/url"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/faults"
)

// answer is what one of $get-ws-binding-token says.
type answer struct {
	body          []byte
	url           string
	at            jsonscan.Value // the text of the URL in the body
	token         string
	subscriptions []string // ids
	life          time.Duration
	// fault is what is wrong with it, in the words of package faults, and
	// parameter where.
	fault, parameter string
}

// due are the parameters of an answer, and what their values are called.
var due = []struct{ name, value string }{
	{"token", "valueString"}, {"expiration", "valueDateTime"}, {"websocket-url", "valueUrl"},
}

// readAnswer reads an answer, right or wrong.
func readAnswer(body []byte, now time.Time) answer {
	a := answer{body: body}
	var doc jsonscan.Document
	if doc.Parse(body, jsonscan.Limits{MaxBytes: maxBytes}) != nil {
		return a
	}
	found := map[string][]jsonscan.Value{}
	for p := range doc.Root().Get("parameter").Elements() {
		name := p.Get("name").Text()
		if name == "subscription" {
			a.subscriptions = append(a.subscriptions, idOf(valueOf(p).Text()))
			continue
		}
		if len(found[name]) < 2 {
			found[name] = append(found[name], p)
		}
	}
	for _, d := range due {
		a.judge(d.name, d.value, found[d.name])
	}
	if list := found["websocket-url"]; len(list) > 0 {
		a.at = valueOf(list[0])
		a.url = a.at.Text()
	}
	if strings.HasPrefix(a.url, "http") {
		a.fault, a.parameter = faults.InsecureURL, ""
	}
	if list := found["token"]; len(list) > 0 {
		a.token = valueOf(list[0]).Text()
	}
	if list := found["expiration"]; len(list) > 0 {
		a.expires(valueOf(list[0]).Text(), now)
	}
	return a
}

// judge says what is wrong with a parameter of the answer.
func (a *answer) judge(name, value string, list []jsonscan.Value) {
	switch {
	case len(list) == 0:
		a.fault, a.parameter = faults.MissingParameter, name
	case len(list) > 1:
		a.fault, a.parameter = faults.DoubledParameter, name
	case !list[0].Get(value).Exists():
		a.fault, a.parameter = faults.WrongValueType, name
	}
}

// expires reads how long the token lives.
func (a *answer) expires(text string, now time.Time) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return
	}
	if a.life = at.Sub(now).Round(time.Second); a.life <= 0 && a.fault == "" {
		a.fault, a.life = faults.ExpiredAnswer, 0
	}
}

// valueOf returns the value[x] of a parameter.
func valueOf(p jsonscan.Value) jsonscan.Value {
	for name, v := range p.Members() {
		if strings.HasPrefix(name.Text(), "value") {
			return v
		}
	}
	return jsonscan.Value{}
}

// withURL returns the body with another websocket-url.
func (a *answer) withURL(own string) []byte {
	start, end := a.at.Offset(), a.at.Offset()+a.at.Length()
	body := append([]byte(nil), a.body[:start]...)
	body = jsonscan.AppendString(body, own)
	return append(body, a.body[end:]...)
}

// tokenOf returns the token in the query of a websocket URL.
func tokenOf(rawQuery string) string {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return ""
	}
	return query.Get("token")
}
