package binding

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// verb starts a bind frame.
const verb = "bind-with-token"

// MaxFrame bounds a bind frame in bytes: the largest token and its verb.
const MaxFrame = token.DefaultMaxSize + 64

// AppendBind appends the bind frame for a token, as the guide's first diagram
// writes it.
func AppendBind(dst []byte, token string) []byte {
	return append(append(append(dst, verb...), ' '), token...)
}

// ParseBind reads a text frame that binds, and returns the token in it:
//
//	bind-with-token TOKEN
//	bind-with-token: TOKEN
//
// Both spellings are the guide's. Tolerated besides is what senders do without
// meaning to: more than one space, none after the colon, and one line break at
// the end, which tools that send lines leave there. The token may be any run of
// visible ASCII characters: what it is worth is for a verifier to say.
//
// The error is a *[fault.Error] with the code [fault.FrameTooLarge],
// [fault.InvalidUTF8] or [fault.ExpectedBind]. Its detail names the dialect
// that the frame belongs to, if it is one of another kind of server, and never
// holds a part of the frame.
func ParseBind(frame []byte) (string, error) {
	switch {
	case len(frame) > MaxFrame:
		return "", fault.New(fault.FrameTooLarge, "the frame has "+strconv.Itoa(len(frame))+" bytes, at most "+strconv.Itoa(MaxFrame)+" are read")
	case !utf8.Valid(frame):
		return "", fault.New(fault.InvalidUTF8, "the frame is not valid UTF-8")
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(frame), "\n"), "\r")
	rest, ok := strings.CutPrefix(text, verb)
	if !ok {
		return "", expected(foreign(text))
	}
	rest, colon := strings.CutPrefix(rest, ":")
	compact := strings.TrimLeft(rest, " ")
	switch {
	case compact == "":
		return "", expected("the frame holds no token")
	case compact == rest && !colon:
		return "", expected("no space stands between bind-with-token and the token")
	case strings.Contains(compact, " "):
		return "", expected("something follows the token: send one frame for each token")
	case !visible(compact):
		return "", expected("the token holds a character that no token has")
	}
	return compact, nil
}

func expected(what string) error {
	return fault.New(fault.ExpectedBind, what+"; a frame that reads bind-with-token TOKEN is due")
}

// lower returns ASCII in lower case.
func lower(s string) string {
	text := []byte(s)
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			text[i] = c | 0x20
		}
	}
	return string(text)
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// foreign says what a frame is that does not start with the verb.
func foreign(text string) string {
	trimmed := strings.TrimLeft(text, " \t\r\n")
	word, rest, _ := strings.Cut(trimmed, " ")
	switch {
	case trimmed == "":
		return "the frame is empty"
	case trimmed[0] == '{':
		return foreignJSON(trimmed)
	case strings.HasPrefix(trimmed, verb):
		return "white space stands before bind-with-token"
	case len(trimmed) >= len(verb) && lower(trimmed[:len(verb)]) == verb:
		return "bind-with-token is not written in lower case"
	case word == "bind" && rest != "":
		return `"bind ID" belongs to the legacy websocket of R4 (dialect legacy), which has no token`
	case word == "ping" || word == "pong":
		return "there is no " + word + " in this dialect: the websocket protocol has its own"
	case strings.Count(trimmed, ".") == 2 && visible(trimmed):
		return "the frame is a bare token"
	}
	return "the frame is no bind frame"
}

// foreignJSON recognises the frames of Medplum's clients.
func foreignJSON(text string) string {
	var doc jsonscan.Document
	if doc.Parse([]byte(text), jsonscan.Limits{}) != nil {
		return "the frame starts like JSON"
	}
	kind := doc.Root().Get("type")
	for _, known := range []string{verb, "unbind-from-token", "ping"} {
		if kind.Is(known) {
			return "a JSON frame of type " + known + " belongs to Medplum's websocket (dialect medplum)"
		}
	}
	return "the frame is JSON"
}
