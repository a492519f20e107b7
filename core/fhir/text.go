package fhir

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// maxString is the longest string: bytes in R4 and R4B ("1MB"), characters
// in R5.
const maxString = 1 << 20

// checkString allows what the prose allows: any text of limited length without
// control characters. A string of white space alone only SHOULD NOT be.
func checkString(r Release, s []byte) string {
	if len(s) > maxString {
		if r != R5 {
			return "it has " + strconv.Itoa(len(s)) + " bytes, at most 1048576 are allowed"
		}
		if n := utf8.RuneCount(s); n > maxString {
			return "it has " + strconv.Itoa(n) + " characters, at most 1048576 are allowed"
		}
	}
	for _, c := range s {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return "of the control characters only tab, line feed and carriage return are allowed"
		}
	}
	return ""
}

// checkXHTML looks at the first tag only: the rest is for a reader of XHTML.
func checkXHTML(s []byte) string {
	s = bytes.TrimLeft(s, " \t\r\n")
	if !bytes.HasPrefix(s, []byte("<div")) || len(s) < 6 || !bytes.ContainsRune([]byte(" \t\r\n/>"), rune(s[4])) {
		return "it must be one div element of XHTML"
	}
	return ""
}

// checkCode follows the prose, as R5's expression does: R4's lets any white
// space stand between the words.
func checkCode(s []byte) string {
	const rule = "white space may only stand between words, one space at a time"
	space := true
	for _, c := range s {
		switch {
		case c == ' ' && space, c < ' ':
			return rule
		}
		space = c == ' '
	}
	if space {
		return rule
	}
	return ""
}

func checkID(s []byte) string {
	if len(s) > 64 {
		return "it has " + strconv.Itoa(len(s)) + " characters, at most 64 are allowed"
	}
	for _, c := range s {
		if !isLetter(c) && !isDigit(c) && c != '-' && c != '.' {
			return "only letters, digits, - and . are allowed"
		}
	}
	return ""
}

// checkURI serves uri, url and canonical: the specification asks for RFC 3986
// and lets relative references and fragments pass, so white space and control
// characters are all that is certainly wrong.
func checkURI(s []byte) string {
	const rule = "white space and control characters are not allowed"
	for i := 0; i < len(s); i++ {
		if visible[s[i]] {
			continue
		}
		if s[i] < utf8.RuneSelf {
			return rule
		}
		if r, _ := utf8.DecodeRune(s[i:]); isSpace(r) {
			return rule
		}
	}
	return ""
}

// visible tells the characters of ASCII but for space and controls.
var visible = func() (t [256]bool) {
	for c := ' ' + 1; c < 0x7F; c++ {
		t[c] = true
	}
	return t
}()

// isSpace tells Unicode's white space beyond ASCII.
func isSpace(r rune) bool {
	switch r {
	case 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return 0x2000 <= r && r <= 0x200A
}

func checkOID(s []byte) string {
	const rule = "it looks like urn:oid:1.2.3, without leading zeros"
	rest, ok := bytes.CutPrefix(s, []byte("urn:oid:"))
	if !ok || len(rest) < 3 || rest[0] < '0' || rest[0] > '2' || rest[1] != '.' {
		return rule
	}
	start := 2
	for i := 2; i <= len(rest); i++ {
		switch {
		case i == len(rest) || rest[i] == '.':
			if i == start || rest[start] == '0' && i > start+1 {
				return rule
			}
			start = i + 1
		case !isDigit(rest[i]):
			return rule
		}
	}
	return ""
}

func checkUUID(s []byte) string {
	const rule = "it looks like urn:uuid:c757873d-ec9a-4326-a141-556f43239520, in lower case"
	rest, ok := bytes.CutPrefix(s, []byte("urn:uuid:"))
	if !ok || len(rest) != 36 {
		return rule
	}
	for i, c := range rest {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return rule
			}
		default:
			if !isDigit(c) && (c < 'a' || c > 'f') {
				return rule
			}
		}
	}
	return ""
}

// checkBase64 reads RFC 4648 section 4. White space may stand between groups
// of four in R4 and R4B, by their published expression; that of R5 has none. Unused bits must be zero (RFC 4648 section 3.5).
func checkBase64(r Release, s []byte) string {
	count, padding, last := 0, 0, uint8(0)
	for _, c := range s {
		switch {
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			if r == R5 {
				return "R5 allows no white space"
			}
			if count%4 != 0 {
				return "white space may only stand between groups of four characters"
			}
			continue
		case c == '=':
			if padding++; padding > 2 || count%4 < 2 {
				return "the padding does not fit"
			}
		case padding > 0:
			return "nothing may follow the padding"
		default:
			sextet, ok := base64Sextet(c)
			if !ok {
				return "only letters, digits, + and / are allowed"
			}
			last = sextet
		}
		count++
	}
	switch {
	case count == 0:
		return "it holds no data"
	case count%4 != 0:
		return "it has " + strconv.Itoa(count) + " characters, a multiple of four is due"
	case padding == 1 && last&3 != 0, padding == 2 && last&15 != 0:
		return "the unused bits of the last character are not zero"
	}
	return ""
}

func base64Sextet(c byte) (uint8, bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A', true
	case 'a' <= c && c <= 'z':
		return c - 'a' + 26, true
	case isDigit(c):
		return c - '0' + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// Excerpt shortens a token of a document for a diagnostic, and cuts what looks
// like a JSON Web Token: no message may repeat one.
func Excerpt(token []byte) string {
	end := min(len(token), 60)
	if jwt := bytes.Index(token, []byte("eyJ")); jwt >= 0 { // base64url of {"
		end = min(end, jwt+3)
	}
	if end == len(token) {
		return string(token)
	}
	for end > 0 && !utf8.RuneStart(token[end]) {
		end--
	}
	return string(token[:end]) + "…"
}
