package fault

import (
	"strconv"
	"unicode/utf8"
)

// maxQuoted bounds, in bytes, what a diagnostic repeats of a value.
const maxQuoted = 100

// Quote shows a value in a diagnostic: in double quotes, with what is not
// printable escaped, and cut behind 100 bytes. It hides nothing: a token, or
// what may be one, is not to be quoted.
func Quote(value string) string {
	if len(value) <= maxQuoted {
		return strconv.Quote(value)
	}
	end := maxQuoted
	for end > maxQuoted-utf8.UTFMax && !utf8.RuneStart(value[end]) {
		end--
	}
	return strconv.Quote(value[:end]) + "…"
}
