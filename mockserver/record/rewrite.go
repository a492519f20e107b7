package record

import (
	"bytes"
	"net/http"
	"strings"
)

// rewriter replaces one base by another wherever it stands in a text.
type rewriter struct{ pairs, back [][2][]byte }

// newRewriter replaces from by to. JSON may write a slash as \/, so a base is
// looked for in that spelling as well.
func newRewriter(from, to string) rewriter {
	var r rewriter
	for _, slash := range []string{"/", `\/`} {
		a, b := []byte(strings.ReplaceAll(from, "/", slash)), []byte(strings.ReplaceAll(to, "/", slash))
		r.pairs = append(r.pairs, [2][]byte{a, b})
		r.back = append(r.back, [2][]byte{b, a})
	}
	return r
}

// there rewrites what comes from the server, back what goes to it.
func (r *rewriter) there(text []byte) []byte { return replaceAll(text, r.pairs) }
func (r *rewriter) backward(text []byte) []byte {
	return replaceAll(text, r.back)
}

func replaceAll(text []byte, pairs [][2][]byte) []byte {
	for _, p := range pairs {
		text = replaceBase(text, p[0], p[1])
	}
	return text
}

// replaceBase replaces a base where it ends: https://host/fhir is not the
// beginning of https://host/fhir2 or of https://host/fhir-test.
func replaceBase(text, from, to []byte) []byte {
	var out []byte
	rest := text
	for {
		i := bytes.Index(rest, from)
		if i < 0 {
			break
		}
		end := i + len(from)
		out = append(out, rest[:i]...)
		if end < len(rest) && continues(rest[end:]) {
			out = append(out, from...)
		} else {
			out = append(out, to...)
		}
		rest = rest[end:]
	}
	if out == nil {
		return text
	}
	return append(out, rest...)
}

// continues reports whether a text goes on with the name that stands before it.
func continues(rest []byte) bool {
	c := rest[0]
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '~' || c == ':' ||
		c == '.' && len(rest) > 1 && continues(rest[1:])
}

// rewriteHeader rewrites the values of headers, such as Location and Link.
func (r *rewriter) rewriteHeader(h http.Header) {
	for _, values := range h {
		for i, v := range values {
			values[i] = string(r.there([]byte(v)))
		}
	}
}

// hopByHop are the headers of one connection (RFC 9110, section 7.6.1).
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// withoutHops returns the headers that are passed on.
func withoutHops(h http.Header) http.Header {
	out := h.Clone()
	for _, list := range h.Values("Connection") {
		for name := range strings.SplitSeq(list, ",") {
			out.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		out.Del(name)
	}
	return out
}
