package fhirhttp

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// Anonymous is the caller who shows no bearer token.
const Anonymous = "anonymous"

// CallerPrefix begins the name of every other caller.
const CallerPrefix = "caller-"

// Caller names the caller of a request: Anonymous, or a name made from the bearer
// token. The name is a hash: it stands as sub in binding tokens, in logs and in
// management interfaces, and the bearer token in none of them.
func Caller(r *http.Request) string { return CallerNamed(Bearer(r)) }

// CallerNamed returns the name of the caller with a bearer token.
func CallerNamed(bearer string) string {
	if bearer == "" {
		return Anonymous
	}
	sum := sha256.Sum256([]byte(bearer))
	return CallerPrefix + base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Bearer returns the request's bearer token, "" where there is none. Other
// schemes than Bearer tell nothing about the caller here.
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
