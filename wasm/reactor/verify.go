package main

import (
	"bytes"
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// verification are the options of verify_begin.
type verification struct {
	policy token.Policy
	raw    bool
}

func (m *instance) readVerification(text []byte) (verification, error) {
	var o verification
	err := m.readOptions(text, o.set)
	return o, err
}

func (o *verification) set(r *optionReader, name string, v jsonscan.Value) bool {
	p := &o.policy
	switch name {
	case "algorithms":
		p.Algorithms = nil
		for _, a := range r.texts(v) {
			p.Algorithms = append(p.Algorithms, token.Algorithm(a))
		}
	case "issuer":
		p.Issuer = r.text(v)
	case "anyIssuer":
		p.AnyIssuer = r.boolean(v)
	case "audience":
		p.Audience = r.text(v)
	case "anyAudience":
		p.AnyAudience = r.boolean(v)
	case "typ":
		p.Type = r.text(v)
	case "anyType":
		p.AnyType = r.boolean(v)
	case "clockTolerance":
		p.Leeway = r.duration(v)
	case "maxLifetime":
		p.MaxLifetime = r.duration(v)
	case "maxSize":
		p.MaxSize = r.integer(v, 0, maxBuffer, 0)
	case "raw":
		o.raw = r.boolean(v)
	default:
		return false
	}
	return true
}

// duration returns a number of seconds.
func (r *optionReader) duration(v jsonscan.Value) time.Duration {
	seconds, nanoseconds := r.seconds(v, 0, 4e9) // more than a century
	return time.Duration(seconds)*time.Second + time.Duration(nanoseconds)
}

// now returns the time, and whether it is there.
func (r *optionReader) now(v jsonscan.Value) (time.Time, bool) {
	seconds, nanoseconds := r.seconds(v, -mostSeconds, mostSeconds+1)
	return time.Unix(seconds, nanoseconds).UTC(), v.Exists()
}

// seconds returns a number of seconds from a least to below a most, and the
// nanoseconds beyond.
func (r *optionReader) seconds(v jsonscan.Value, least, most int64) (seconds, nanoseconds int64) {
	if !r.of(v, "a number of seconds", jsonscan.Number) {
		return 0, 0
	}
	seconds, nanoseconds, ok := parseSeconds(string(v.Raw()))
	if !ok || seconds < least || seconds >= most || least == 0 && nanoseconds < 0 {
		r.refuse("is " + fault.Quote(string(v.Raw())) + ", seconds from " + strconv.FormatInt(least, 10) + " to below " + strconv.FormatInt(most, 10) + " are due, without an exponent")
	}
	return seconds, nanoseconds
}

var errNoTime = invalidCall("option now is missing, the time in seconds since 1970 is due")

// parseSeconds reads a JSON number that has no exponent, to the nanosecond.
func parseSeconds(text string) (seconds, nanoseconds int64, ok bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	nanoseconds, err = strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if whole[0] == '-' {
		nanoseconds = -nanoseconds
	}
	return seconds, nanoseconds, err == nil
}

// mostSeconds is the last second of the year 9999, and in the other direction
// as far back.
const mostSeconds = 253402300799

// pointInTime makes a time of seconds since 1970. A double is no finer than a
// microsecond in this century, and what it shows beyond that is noise.
func pointInTime(seconds float64) (time.Time, error) {
	if !(-mostSeconds <= seconds && seconds <= mostSeconds) {
		return time.Time{}, invalidCall("now is no number of seconds up to the year 9999")
	}
	return time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC(), nil
}

// verifyBegin checks what can be checked without the key.
func (m *instance) verifyBegin(options, compact []byte) ([]byte, error) {
	o, err := m.verifying.recall(options, m.readVerification)
	if err != nil {
		return nil, err
	}
	u := m.unverified()
	if err := o.policy.PrepareInto(u, compact); err != nil {
		m.keep(u, len(compact))
		return nil, err
	}
	handle := m.begin(pending{verify: u, raw: o.raw})
	w := m.writer()
	w.Int("handle", int64(handle))
	w.String("alg", string(u.Algorithm))
	writeOptional(&w, "kid", u.KeyID, u.HasKeyID)
	w.Int("signingInputLength", int64(bytes.LastIndexByte(compact, '.')))
	return answered(&w), nil
}

// verifyEnd takes the verdict on the signature. What was begun is spent, even
// if the numbers are no verdict.
func (m *instance) verifyEnd(handle, verified int32, now float64) ([]byte, error) {
	p, err := m.end(handle, (*pending).verifies)
	if err != nil {
		return nil, err
	}
	if verified != 0 && verified != 1 {
		return nil, invalidCall("verified is " + strconv.Itoa(int(verified)) + ", 0 or 1 is due")
	}
	at, err := pointInTime(now)
	if err != nil {
		return nil, err
	}
	defer m.keep(p.verify, len(p.verify.SigningInput()))
	if p.raw {
		payload, err := p.verify.FinishRaw(verified == 1)
		return m.payload(payload, err)
	}
	claims, err := p.verify.FinishText(verified == 1, at)
	return m.claims(claims, err)
}

// unverified returns memory for a verification, that of one that is over if
// there is any.
func (m *instance) unverified() *token.Unverified {
	last := len(m.spare) - 1
	if last < 0 {
		return new(token.Unverified)
	}
	u := m.spare[last]
	m.spare[last] = nil // keep may refuse it
	m.spare = m.spare[:last]
	return u
}

// keep takes back what unverified returned, unless a large token, of so many
// bytes, made it grow.
func (m *instance) keep(u *token.Unverified, size int) {
	const most = 16
	if len(m.spare) < most && size <= largeDocument {
		m.spare = append(m.spare, u)
	}
}

// claims answers with a claims set as it was signed: it is JSON as it is.
func (m *instance) claims(text []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	w := m.writer()
	w.Raw("claims", "")
	w.Text = append(w.Text, text...)
	return answered(&w), nil
}

func (m *instance) payload(payload []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	w := m.writer()
	if utf8.Valid(payload) {
		w.String("payload", string(payload))
	} else {
		w.String("payloadBase64", base64.StdEncoding.EncodeToString(payload))
	}
	return answered(&w), nil
}
