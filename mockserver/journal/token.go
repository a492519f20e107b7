package journal

import (
	"regexp"
	"strings"
)

// What a token looks like, wherever somebody has put it.
var (
	// jws begins with {" in base64url. Dots may be written as %2E, and the first
	// letters too, by who encodes all that can be.
	jws = regexp.MustCompile(`(?:e|%65|\\u0065)(?:y|%79|\\u0079)(?:J|%4[Aa]|\\u004[Aa])[A-Za-z0-9_-]*(?:(?:\.|%2[Ee]|\\u002[Ee])[A-Za-z0-9_-]*)*`)
	// What else is a secret is told by the word before it: a parameter of a query,
	// a member of a JSON frame, a header that was sent as a frame.
	parameter = regexp.MustCompile(`(?i)((?:^|[?&;])(?:access_token|id_token|refresh_token|token|authorization|bearer|client_secret|password)=)[^&;#\s]+`)
	member    = regexp.MustCompile(`(?i)("(?:access_token|id_token|refresh_token|token|authorization|client_secret|password)"\s*:\s*")(?:[^"\\]|\\.)+`)
	header    = regexp.MustCompile(`(?i)(\b(?:bearer|basic)(?:\s|%20|\+)+)[^\s"',&]+`)
)

// WithoutTokens replaces what may be a token of either kind in a text that a
// client has a say in: a path, a query, a frame.
func WithoutTokens(text string) string {
	text = withoutJWS(text)
	if strings.Contains(text, "=") {
		text = parameter.ReplaceAllString(text, "${1}[token]")
	}
	if strings.Contains(text, `"`) {
		text = member.ReplaceAllString(text, "${1}[token]")
	}
	if strings.ContainsAny(text, " \t%+") {
		text = header.ReplaceAllString(text, "${1}[token]")
	}
	return text
}

// withoutJWS looks at the letters first: nearly all texts have none, and there are
// many.
func withoutJWS(text string) string {
	if strings.Contains(text, "eyJ") || strings.Contains(text, "%") || strings.Contains(text, `\u00`) {
		return jws.ReplaceAllLiteralString(text, "[token]")
	}
	return text
}

// withoutTokens takes tokens out of what of an entry a client has a say in, but for
// the frames: whoever adds one of a client knows the token in it, and what the
// server sends has none.
func (e *Entry) withoutTokens() {
	for _, text := range []*string{&e.Path, &e.Query, &e.Resource, &e.Interaction, &e.WebsocketURL, &e.Reason} {
		if *text != "" {
			*text = WithoutTokens(*text)
		}
	}
	e.Detail = withoutJWS(e.Detail) // a sentence of ours may say Bearer
	e.Subscriptions = mapped(e.Subscriptions, WithoutTokens)
}
