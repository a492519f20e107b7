package natsstore

import "strings"

// encode writes a text as a key: what NATS does not take is = and two hex digits
// for each byte, and dots stay, but for the parts between them that are empty.
func encode(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, ".") {
		if i > 0 {
			b.WriteByte('.')
		}
		if part == "" {
			b.WriteByte('=')
		}
		for _, c := range []byte(part) {
			if plain(c) {
				b.WriteByte(c)
				continue
			}
			const digits = "0123456789ABCDEF"
			b.WriteByte('=')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

func plain(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-'
}
