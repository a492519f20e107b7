package mockserver

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/binding"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/faults"
	"github.com/wsbind/wsbind/mockserver/socket"
)

// What is here makes the answer of $get-ws-binding-token wrong, as the faults of
// the operation layer want it.

// spoil asks whether a fault strikes the answer of $get-ws-binding-token.
func (b *base) spoil(c *call) {
	strike, struck := b.tenant.Faults.Draw(faults.Occasion{
		Point: faults.Operation, FHIR: b.release.String(), Caller: callerOf(c.Request), Subscription: c.id, On: "$" + c.operation.name,
	}, func(name string) bool {
		return !around(name) && (name != faults.ChangedURL || b.dialect != socket.Medplum) // whose clients never look
	})
	if struck {
		note := noteOf(c.Request)
		note.Faults = append(note.Faults, strike.Fault)
	}
	c.strike = strike
}

// spoilRequest returns the operation and the time by which a token is issued:
// those that are right, unless a fault wants others.
func (b *base) spoilRequest(c *call, op *binding.Operation, now time.Time) (*binding.Operation, time.Time, error) {
	switch c.strike.Fault {
	case faults.ExpiredAnswer:
		return op, now.Add(-b.server.cfg.Lifetime - time.Minute), nil
	case faults.ChangedURL:
		op, err := b.issueFor(b.changedURL(), b.server.keys)
		return op, now, err
	}
	return op, now, nil
}

// spoilAnswer changes an answer, if a fault wants it, and puts the token into the
// URL where the dialect has it there.
func (b *base) spoilAnswer(c *call, answer *binding.Answer) error {
	if err := b.spoilToken(c, answer); err != nil {
		return err
	}
	if b.dialect == socket.Query {
		answer.Body = edited(answer.Body, "websocket-url", func(p parameter) []byte {
			return p.withValue(p.text() + "?token=" + url.QueryEscape(answer.Token))
		})
	}
	name := c.strike.Parameter
	if name == "" {
		name = []string{"token", "expiration", "websocket-url"}[c.strike.Draw.Below(3)]
	}
	switch c.strike.Fault {
	case faults.MissingParameter:
		answer.Body = edited(answer.Body, name, func(parameter) []byte { return nil })
	case faults.DoubledParameter:
		answer.Body = edited(answer.Body, name, func(p parameter) []byte { return bytes.Join([][]byte{p.Raw(), p.Raw()}, []byte{','}) })
	case faults.WrongValueType:
		answer.Body = edited(answer.Body, name, parameter.withWrongType)
	case faults.InsecureURL:
		answer.Body = edited(answer.Body, "websocket-url", func(p parameter) []byte {
			return p.withValue("http" + strings.TrimPrefix(p.text(), "ws"))
		})
	case faults.EarlyExpiry:
		life := answer.Claims.Expires.Sub(answer.Claims.IssuedAt)
		b.hub.Shorten(answer.Claims.ID, answer.Claims.IssuedAt.Add(life/2))
	}
	return nil
}

// spoilToken replaces the token of an answer, if a fault wants it.
func (b *base) spoilToken(c *call, answer *binding.Answer) (err error) {
	old, keys := answer.Token, b.server.keys
	kid, _ := keys.kid()
	switch claims := answer.Claims; c.strike.Fault {
	case faults.ForeignSignature:
		answer.Token, err = keys.signWith(claims, true, kid)
	case faults.UnknownKID:
		answer.Token, err = keys.signWith(claims, false, "nobody-has-"+c.strike.Draw.ID()[:8])
	case faults.WrongAudience:
		claims.Audience = []string{b.socketURL + "/of-somebody-else"}
		answer.Token, err = keys.Issue(claims)
	case faults.AlgorithmNone:
		answer.Token = unsecured(old)
	}
	if err == nil && answer.Token != old {
		answer.Body = bytes.Replace(answer.Body, []byte(old), []byte(answer.Token), 1)
	}
	return err
}

// unsecured makes of a token one without a signature (RFC 7515, appendix A.5).
func unsecured(compact string) string {
	parts := strings.Split(compact, ".")
	head, _ := base64.RawURLEncoding.DecodeString(parts[0])
	var header map[string]string
	json.Unmarshal(head, &header) // ours, and nothing but strings
	header["alg"] = "none"
	delete(header, "kid")
	head, _ = json.Marshal(header)
	return base64.RawURLEncoding.EncodeToString(head) + "." + parts[1] + "."
}

// parameter is one of a Parameters resource.
type parameter struct{ jsonscan.Value }

// value returns the name and the value of its value[x].
func (p parameter) value() (name, value jsonscan.Value) {
	for name, value := range p.Members() {
		if strings.HasPrefix(name.Text(), "value") {
			return name, value
		}
	}
	return
}

func (p parameter) text() string {
	_, value := p.value()
	return value.Text()
}

// with returns the parameter's text with a part of it replaced.
func (p parameter) with(part jsonscan.Value, by string) []byte {
	raw, at := p.Raw(), part.Offset()-p.Offset()
	out := jsonscan.AppendString(append([]byte(nil), raw[:at]...), by)
	return append(out, raw[at+part.Length():]...)
}

func (p parameter) withValue(text string) []byte {
	_, value := p.value()
	return p.with(value, text)
}

// withWrongType gives the value another type that its text would do for.
func (p parameter) withWrongType() []byte {
	name, _ := p.value()
	wrong := "valueCode"
	if name.Is("valueUrl") {
		wrong = "valueUri"
	}
	return p.with(name, wrong)
}

// textOf returns the text of the first parameter of a name, "" without one.
func textOf(body []byte, name string) (text string) {
	edited(body, name, func(p parameter) []byte {
		text = p.text()
		return p.Raw()
	})
	return text
}

// edited replaces the first parameter of a name in a Parameters resource; nil
// takes it away.
func edited(body []byte, name string, by func(parameter) []byte) []byte {
	var doc jsonscan.Document
	if doc.Parse(body, jsonscan.Limits{}) != nil {
		return body
	}
	list := doc.Root().Get("parameter")
	for i := range list.Len() {
		p := parameter{list.At(i)}
		if !p.Get("name").Is(name) {
			continue
		}
		start, end := p.Offset(), p.Offset()+p.Length()
		text := by(p)
		if text == nil && i+1 < list.Len() {
			end = list.At(i + 1).Offset() // with the comma
		} else if text == nil && i > 0 {
			start = list.At(i-1).Offset() + list.At(i-1).Length()
		}
		return append(append(append([]byte(nil), body[:start]...), text...), body[end:]...)
	}
	return body
}
