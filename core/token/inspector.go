package token

import (
	"cmp"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// inspector applies the rules, none of which is its own: it adds what was found
// where one is met.
type inspector struct {
	Inspection
	policy *Policy
	now    time.Time
}

// judged notes what came of a rule.
func (i *inspector) judged(r rule, err error, found string) bool {
	if err != nil {
		i.set(r, Broken, fault.CodeOf(err), fault.DetailOf(err))
		return false
	}
	i.set(r, Met, "", found)
	return true
}

func (i *inspector) set(r rule, s State, code fault.Code, detail string) {
	judged := &i.Rules[r]
	judged.State, judged.Code, judged.Detail = s, code, detail
}

// unknown takes a refusal back: nothing was given to judge by.
func (i *inspector) unknown(r rule) { i.Rules[r].State, i.Rules[r].Code = Unknown, "" }

func (i *inspector) met(r rule) bool { return i.Rules[r].State == Met }

func (i *inspector) judge(compact string, signature SignatureVerdict) {
	most := i.policy.maxSize()
	if !i.judged(ruleSize, checkSize(len(compact), most), aboutSize(len(compact), most)) {
		return
	}
	form := checkForm(compact)
	part, err := split([]byte(compact))
	if form == nil {
		form = err
	}
	i.judged(ruleForm, form, "the token has 3 parts between dots")
	if err != nil || fault.CodeOf(form) == fault.TokenSerialization {
		return
	}
	i.judgeHeader(part.header)
	payload, err := decodePart(nil, "payload", part.payload)
	i.judged(rulePayload, err, "the payload has "+strconv.Itoa(len(payload))+" bytes")
	i.judgeSignatureForm(part)
	i.judgeSignature(signature)
	i.judgeClaims(payload)
}

func (i *inspector) judgeHeader(part []byte) {
	text, err := decodePart(nil, "header", part)
	i.HeaderText = shown(text)
	var object jsonscan.Value
	if err == nil {
		object, err = parseObject(new(jsonscan.Document), "header", text)
	}
	if !i.judged(ruleHeader, err, "the header is a JSON object with "+strconv.Itoa(object.Len())+" members") {
		return
	}
	p, m := i.policy, readMembers(object)
	i.Algorithm, i.HasAlgorithm = m.alg.Text(), m.alg.Kind() == jsonscan.String
	_, err = p.readAlgorithm(m.alg)
	i.judged(ruleAlgorithm, err, p.aboutAlgorithm(m.alg))
	i.judged(ruleEmbeddedKey, m.checkKey(), "the header neither brings nor names a key of its own")
	i.judged(ruleExtensions, m.checkExtensions(object), "the header asks for no extension")
	i.KeyID, i.HasKeyID = m.kid.Text(), m.kid.Kind() == jsonscan.String
	i.judged(ruleKeyID, m.checkKeyID(), aboutMember("kid", m.kid))
	i.judged(ruleType, p.checkType(m.typ), p.aboutType(m.typ))
}

// shown returns text that people can be shown.
func shown(text []byte) string {
	if !utf8.Valid(text) {
		return ""
	}
	return string(text)
}

func (i *inspector) judgeSignatureForm(part parts) {
	signature, err := decodePart(nil, "signature", part.signature)
	algorithm := Algorithm(i.Algorithm)
	switch {
	case err == nil && !algorithm.Known():
		return
	case err == nil:
		err = algorithm.checkSignature(signature)
	}
	i.judged(ruleSignatureForm, err, "the signature has "+strconv.Itoa(len(signature))+" bytes, as "+i.Algorithm+" gives")
	i.Checkable = i.met(ruleAlgorithm) && i.met(ruleKeyID) && i.met(rulePayload) && i.met(ruleSignatureForm)
	if i.Checkable {
		i.SigningInput, i.Signature = len(part.header)+1+len(part.payload), signature
	}
}

func (i *inspector) judgeSignature(s SignatureVerdict) {
	switch {
	case !i.Checkable:
	case s.Err != nil:
		i.judged(ruleSignature, s.Err, "")
		if fault.CodeOf(s.Err) == fault.KeysUnavailable {
			i.Rules[ruleSignature].State = Unknown
		}
	case !s.Asked:
		i.set(ruleSignature, Unknown, "", "the signature was not checked: no keys were given")
	default:
		i.judged(ruleSignature, checkVerified(s.Verified), "the signature fits the header, the payload and the key")
	}
}

func (i *inspector) judgeClaims(payload []byte) {
	if !i.met(rulePayload) {
		return
	}
	i.ClaimsText = shown(payload)
	object, err := parseObject(new(jsonscan.Document), "claims set", payload)
	if err != nil {
		i.judged(ruleClaims, err, "")
		return
	}
	r := readerOf(object)
	var shapes [numClaims]error
	for c := range numClaims {
		r.checkShape(c)
		if shapes[c] = r.err; err == nil {
			err = r.err
		}
		r.err = nil
	}
	i.judged(ruleClaims, err, "the claims set has "+strconv.Itoa(object.Len())+" claims, with all that a binding token must have")
	p := i.policy
	i.judgedClaim(ruleIssuer, shapes[iss], p.checkIssuer(&r), p.aboutIssuer(&r))
	if p.Issuer == "" && !p.AnyIssuer {
		i.unknown(ruleIssuer)
	}
	i.judgedClaim(ruleAudience, shapes[aud], p.checkAudience(&r), p.aboutAudience(&r))
	if p.Audience == "" && !p.AnyAudience {
		i.unknown(ruleAudience)
	}
	i.judgeDates(&r, &shapes)
}

// judgedClaim notes what came of a rule on a claim. An error of its shape says why
// it cannot be judged.
func (i *inspector) judgedClaim(r rule, shape, err error, found string) {
	if shape != nil {
		i.set(r, Unknown, "", fault.DetailOf(shape))
		return
	}
	i.judged(r, err, found)
}

func (i *inspector) judgeDates(r *claimReader, shapes *[numClaims]error) {
	p, now := i.policy, i.now
	i.judgedClaim(ruleNotBefore, shapes[nbf], p.checkStart(nbf, r.notBefore, now), aboutDate(nbf, r.notBefore, now))
	i.judgedClaim(ruleIssuedAt, shapes[iat], p.checkStart(iat, r.issuedAt, now), aboutDate(iat, r.issuedAt, now))
	i.judgedClaim(ruleExpiration, shapes[exp], p.checkExpiration(r, now), aboutDate(exp, r.expires, now))
	shape := cmp.Or(shapes[exp], shapes[iat], shapes[nbf])
	lives, _ := p.lives(r, now) // below zero where clocks may differ
	i.judgedClaim(ruleLifetime, shape, p.checkLifetime(r, now), p.aboutLifetime(max(lives, 0)))
}
