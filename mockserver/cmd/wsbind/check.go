package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// policy is what the flags and the members of a request mean alike.
func policy(issuer, audience, typ string) token.Policy {
	return token.Policy{
		Issuer: issuer, AnyIssuer: issuer == "",
		Audience: audience, AnyAudience: audience == "",
		Type: typ, AnyType: typ == "",
	}
}

// check is one token's verification.
type check struct {
	policy token.Policy
	now    time.Time
	raw    bool
}

// outcome is what came of it: an error, claims, or a payload.
type outcome struct {
	claims  []byte
	payload []byte
	err     error
}

// run carries it out at its time, cut to what every engine can tell apart.
func (c check) run(verify verifier, compact string) outcome {
	c.now = c.now.Truncate(time.Microsecond)
	signed, err := verify(c, compact)
	if c.raw {
		return outcome{payload: signed, err: err}
	}
	return outcome{claims: signed, err: err}
}

// human is what is printed: indented claims, or the payload as it is.
func (o outcome) human() []byte {
	if o.claims == nil {
		return o.payload
	}
	var text bytes.Buffer
	json.Indent(&text, o.claims, "", "  ") // the claims were read as JSON
	text.WriteByte('\n')
	return text.Bytes()
}

// append appends the members of an answer.
func (o outcome) append(dst []byte) []byte {
	switch {
	case o.err != nil:
		dst = jsonscan.AppendString(append(dst, `,"ok":false,"code":`...), string(fault.CodeOf(o.err)))
		return jsonscan.AppendString(append(dst, `,"diagnostics":`...), fault.DetailOf(o.err))
	case o.claims != nil:
		line := bytes.NewBuffer(append(dst, `,"ok":true,"claims":`...))
		json.Compact(line, o.claims) // a claims set may be written over several lines
		return line.Bytes()
	case utf8.Valid(o.payload):
		return jsonscan.AppendString(append(dst, `,"ok":true,"payload":`...), o.payload)
	}
	return jsonscan.AppendString(append(dst, `,"ok":true,"payloadBase64":`...), base64.StdEncoding.EncodeToString(o.payload))
}

func verifyAnswerer(e engine) answerer {
	verifiers := verifierCache{engine: e}
	return func(dst []byte, r *request) ([]byte, error) {
		c := check{policy: policy(r.text("issuer", ""), r.text("audience", ""), r.text("typ", token.Type))}
		c.policy.Algorithms = r.algorithms()
		c.policy.Leeway = r.tolerance("clockTolerance")
		c.now = r.now("now")
		c.raw = r.boolean("raw", false)
		compact := string(r.document("token"))
		keys := r.get("keys", "a JWK Set", jsonscan.Object)
		if !keys.Exists() {
			r.refuse("member keys is missing, a JWK Set is due")
		}
		err := r.done("token", "keys", "algorithms", "issuer", "audience", "typ", "now", "clockTolerance", "raw")
		if err != nil {
			return dst, err
		}
		verify, err := verifiers.get(r.raw("keys", keys))
		if err != nil {
			return outcome{err: err}.append(dst), nil
		}
		o := c.run(verify, compact)
		if noVerdict(o.err) {
			return dst, o.err
		}
		return o.append(dst), nil
	}
}

// algorithms reads the allow-list. A name that is not known allows nothing.
func (r *request) algorithms() []token.Algorithm {
	list := r.get("algorithms", "an array of names", jsonscan.Array)
	if !list.Exists() {
		return token.Algorithms()
	}
	var algorithms []token.Algorithm
	for name := range list.Elements() {
		if name.Kind() != jsonscan.String {
			r.refuse("member algorithms holds " + name.Kind().String() + ", names are due")
		}
		algorithms = append(algorithms, token.Algorithm(name.Text()))
	}
	return algorithms
}

func (r *request) now(name string) time.Time {
	v := r.get(name, "a number of seconds", jsonscan.Number)
	if !v.Exists() {
		return time.Now()
	}
	seconds, nanoseconds, err := parseSeconds(string(v.Raw()))
	if err != nil {
		r.refuse("member " + name + " is " + string(v.Raw()) + ", " + err.Error())
	}
	return time.Unix(seconds, nanoseconds).UTC()
}

func (r *request) tolerance(name string) time.Duration {
	v := r.get(name, "a number of seconds", jsonscan.Number)
	if !v.Exists() {
		return 0
	}
	d, err := parseTolerance(string(v.Raw()))
	if err != nil {
		r.refuse("member " + name + ": " + err.Error())
	}
	return d
}

// verifierCache keeps the verifiers that were made last: the lines of a stream
// tend to have the same keys.
type verifierCache struct {
	engine    engine
	verifiers map[string]verifier // by the text of the keys
}

func (c *verifierCache) get(keys []byte) (verifier, error) {
	const most = 64
	if v, ok := c.verifiers[string(keys)]; ok {
		return v, nil
	}
	v, err := c.engine.verifier(bytes.Clone(keys))
	if err != nil {
		return nil, err
	}
	if len(c.verifiers) >= most || c.verifiers == nil {
		c.verifiers = map[string]verifier{}
	}
	c.verifiers[string(keys)] = v
	return v, nil
}
