package notification

import (
	"strings"

	"github.com/wsbind/wsbind/core/fhir"
)

// isURI is the lexical rule of uri, url and canonical, as far as ASCII goes.
func isURI[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] == 0x7F {
			return false
		}
	}
	return len(s) > 0
}

// isAbsolute reports whether s has a scheme and something after it (RFC 3986
// section 3.1).
func isAbsolute[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return c == ':' && i > 0 && i+1 < len(s)
		}
	}
	return false
}

// isHTTP reports whether s is a URI of a web server.
func isHTTP(s string) bool {
	return isURI(s) && (strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://"))
}

// restful splits a URL that ends in [type]/[id] and has neither query nor
// fragment. Whether the type is one of FHIR's, and the id a valid one, is for
// the caller to see.
func restful(url string) (kind, id string, ok bool) {
	last := strings.LastIndexByte(url, '/')
	if last < 0 || last+1 == len(url) || strings.IndexByte(url, '?') >= 0 || strings.IndexByte(url, '#') >= 0 {
		return "", "", false
	}
	kind = url[strings.LastIndexByte(url[:last], '/')+1 : last]
	return kind, url[last+1:], kind != ""
}

// isID is the lexical rule of id.
func isID[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

// isUUID tells a UUID in lower case.
func isUUID[T string | []byte](s T) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
				return false
			}
		}
	}
	return true
}

// isState tells the codes of a Subscription's status (subscription-status).
func isState(r fhir.Release, code string) bool {
	switch code {
	case "requested", "active", "error", "off":
		return true
	}
	return code == "entered-in-error" && r == fhir.R5
}

// states lists the codes for a diagnostic.
func states(r fhir.Release) string {
	if r == fhir.R5 {
		return "requested, active, error, off and entered-in-error"
	}
	return "requested, active, error and off"
}
