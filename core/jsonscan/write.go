package jsonscan

import "unicode/utf8"

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. What is not UTF-8 in s becomes
// U+FFFD, so that the result is always valid. The characters <, > and & stay as
// they are, U+2028 and U+2029 are escaped, and with them the text is also a
// valid JavaScript string.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	text := string(s)
	from := 0
	for i := 0; i < len(text); {
		if i+8 <= len(text) && specials(word(text[i:i+8])) == 0 {
			i += 8
			continue
		}
		if plain[text[i]] {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r >= utf8.RuneSelf && r != '\u2028' && r != '\u2029' && !(r == utf8.RuneError && size == 1) {
			i += size
			continue
		}
		dst = append(dst, text[from:i]...)
		dst = appendEscape(dst, r)
		i += size
		from = i
	}
	dst = append(dst, text[from:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case utf8.RuneError:
		return utf8.AppendRune(dst, r)
	}
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// Locate returns the line and column of a byte offset in text, both from 1.
// Lines end with a line feed; columns count UTF-16 units, as editors and
// JavaScript do. An offset beyond the text is taken as its end.
func Locate(text []byte, offset int) (line, column int) {
	offset = min(max(offset, 0), len(text))
	line, column = 1, 1
	for i := 0; i < offset; {
		if i+8 <= offset {
			// Of eight bytes of ASCII without a line feed each is a column.
			if w := word(text[i : i+8]); (w|(w^ones*'\n'-ones))&highs == 0 {
				i, column = i+8, column+8
				continue
			}
		}
		if text[i] == '\n' {
			i, line, column = i+1, line+1, 1
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if column++; r > 0xFFFF {
			column++
		}
		i += size
	}
	return line, column
}
