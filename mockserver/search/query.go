package search

import (
	"net/url"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// pair is one name and value of a query string, decoded.
type pair struct{ name, value string }

// parsePairs reads a query string. An empty piece, as in "a=1&&b=2", is passed
// over. A semicolon is an ordinary character.
func parsePairs(query string) ([]pair, error) {
	var pairs []pair
	for piece := range strings.SplitSeq(query, "&") {
		if piece == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(piece, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return nil, fault.New(fault.UnsupportedFilter, "the query has a broken percent-encoding in the name "+fault.Quote(rawName))
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return nil, fault.New(fault.UnsupportedFilter, "search parameter "+fault.Quote(name)+" has a broken percent-encoding in its value")
		}
		pairs = append(pairs, pair{name, value})
	}
	return pairs, nil
}

func (p pair) term() Term {
	name, modifier, _ := strings.Cut(p.name, ":")
	return Term{Name: name, Modifier: modifier, Value: p.value}
}

// splitEscaped splits at every separator that has no backslash before it. The
// pieces keep their escapes.
func splitEscaped(s string, separator byte) []string {
	var pieces []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case separator:
			pieces = append(pieces, s[from:i])
			from = i + 1
		}
	}
	return append(pieces, s[from:])
}

// unescape removes the backslash before a comma, bar, dollar sign or backslash.
// Before anything else a backslash stands for itself.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`,|$\`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
