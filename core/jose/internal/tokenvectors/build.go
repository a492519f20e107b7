package main

import (
	"encoding/json"
	"strconv"
	"strings"
)

// What every case expects unless it says otherwise.
const (
	now      = 1767355200 // 2026-01-02T12:00:00Z
	issuer   = "https://fhir.example/R4"
	audience = "wss://fhir.example/ws"
	typ      = "fhir-ws-binding+jwt"
)

func at(seconds int) string { return strconv.Itoa(now + seconds) }

// members writes a JSON object of name=value pairs, the value as raw JSON. A
// later pair replaces an earlier one of its name; an empty value removes it.
func members(pairs ...string) string {
	var names []string
	values := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if _, known := values[name]; !known {
			names = append(names, name)
		}
		values[name] = value
	}
	var text []string
	for _, name := range names {
		if values[name] != "" {
			text = append(text, strconv.Quote(name)+":"+values[name])
		}
	}
	return "{" + strings.Join(text, ",") + "}"
}

// header is the header of a good token by the key, with changes.
func (k key) header(changes ...string) string {
	return members(append([]string{"alg=" + strconv.Quote(k.alg), "kid=" + strconv.Quote(k.kid), "typ=" + strconv.Quote(typ)}, changes...)...)
}

// claims is the claims set of a good token, with changes.
func claims(changes ...string) string {
	return members(append([]string{
		"iss=" + strconv.Quote(issuer), "aud=" + strconv.Quote(audience), `sub="anonymous"`,
		"iat=" + at(0), "nbf=" + at(0), "exp=" + at(300), `jti="0a1b"`,
		`subscription=["a1","b-2.c"]`, `fhir="R4"`}, changes...)...)
}

// token is a good token by the key, with changes to its claims.
func (k key) token(changes ...string) string { return k.compact(k.header(), claims(changes...)) }

// base is a case with the key's JWK, its algorithm allowed, and the usual
// expectations.
func base(name, why string, k key, token string) testCase {
	return testCase{Name: name, Why: why, Token: token, Keys: set(k), Algorithms: []string{k.alg},
		Issuer: issuer, Audience: audience, Now: json.Number(at(1))}
}

// good is a case whose token is accepted with the given claims.
func good(name, why string, k key, header, claims string) testCase {
	c := base(name, why, k, k.compact(header, claims))
	c.OK, c.Claims = true, json.RawMessage(claims)
	return c
}

// bad is a case whose token is refused with the code.
func bad(name, why, code string, k key, token string) testCase {
	c := base(name, why, k, token)
	c.Code = code
	return c
}

// alter returns the case after a change.
func (c testCase) alter(change func(*testCase)) testCase {
	change(&c)
	return c
}

func (c testCase) allow(algorithms ...string) testCase { c.Algorithms = algorithms; return c }

func (c testCase) from(source string) testCase { c.Source = source; return c }

func (c testCase) withTyp(typ string) testCase { c.Typ = &typ; return c }

// raw makes the case verify header and signature only, with any typ.
func (c testCase) raw(payload string) testCase {
	empty := ""
	c.Raw, c.Typ, c.Issuer, c.Audience, c.Claims = true, &empty, "", "", nil
	if c.OK = c.Code == ""; c.OK {
		c.Payload = payload
	}
	return c
}
