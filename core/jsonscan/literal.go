package jsonscan

import (
	"math/bits"
	"unicode/utf8"

	"github.com/wsbind/wsbind/core/fault"
)

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// number reads a number by RFC 8259 section 6.
func (d *Document) number(start int) int {
	i := start
	if d.src[i] == '-' {
		i++
	}
	switch {
	case i < len(d.src) && d.src[i] == '0':
		i++
		if i < len(d.src) && isDigit(d.src[i]) {
			return d.refuse(fault.InvalidJSON, start, i+1-start, "a number has no leading zeros")
		}
	default:
		if i = d.digits(i); i < 0 {
			return -1
		}
	}
	if i < len(d.src) && d.src[i] == '.' {
		if i = d.digits(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(d.src) && d.src[i]|0x20 == 'e' {
		i++
		if i < len(d.src) && (d.src[i] == '+' || d.src[i] == '-') {
			i++
		}
		if i = d.digits(i); i < 0 {
			return -1
		}
	}
	d.leaf(start, i, Number, false)
	return i
}

// digits reads one digit or more.
func (d *Document) digits(i int) int {
	start := i
	for i < len(d.src) && isDigit(d.src[i]) {
		i++
	}
	if i == start {
		return d.expected(i, "a digit of the number is due")
	}
	return i
}

// plain tells the bytes that stand for themselves in a string: ASCII without
// controls, quote and backslash.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// string reads a string with its quotes, eight bytes at a time as long as they
// stand for themselves.
func (d *Document) string(start int) int {
	src := d.src
	for i := uint(start) + 1; i+8 <= uint(len(src)); i += 8 {
		if special := specials(word(src[i : i+8])); special != 0 {
			i += uint(bits.TrailingZeros64(special)) / 8
			if src[i] != '"' {
				return d.oddString(start, int(i))
			}
			d.leaf(start, int(i)+1, String, false)
			return int(i) + 1
		}
	}
	return d.oddString(start, start+1)
}

// oddString reads the string at start, of which the bytes before i are plain.
func (d *Document) oddString(start, i int) int {
	for escaped := false; i < len(d.src); {
		switch c := d.src[i]; {
		case c == '"':
			d.leaf(start, i+1, String, escaped)
			return i + 1
		case plain[c]:
			i++
		default:
			escaped = escaped || c == '\\'
			if i = d.special(i); i < 0 {
				return -1
			}
		}
	}
	return d.refuse(fault.InvalidJSON, start, len(d.src)-start, "the text ends within a string")
}

// Every byte of a word is 1, and the highest bit of every byte.
const ones, highs = 0x0101010101010101, 0x8080808080808080

// word returns eight bytes as a number, the first as its lowest byte.
func word[T string | []byte](b T) uint64 {
	return uint64(b[7])<<56 | uint64(b[6])<<48 | uint64(b[5])<<40 | uint64(b[4])<<32 |
		uint64(b[3])<<24 | uint64(b[2])<<16 | uint64(b[1])<<8 | uint64(b[0])
}

// specials marks the bytes of a word that are not plain: in the first that is
// not, counted from the lowest, and maybe in those above it, the highest bit is
// set. A subtraction borrows from the highest bit of a byte that is below what
// is subtracted; bytes beyond ASCII have that bit already.
func specials(w uint64) uint64 {
	return (w | (w - ones*' ') | (w ^ ones*'"' - ones) | (w ^ ones*'\\' - ones)) & highs
}

// special reads what does not stand for itself in a string.
func (d *Document) special(i int) int {
	switch c := d.src[i]; {
	case c == '\\':
		return d.escape(i)
	case c < ' ':
		return d.refuse(fault.InvalidJSON, i, 1, d.describe(i)+" stands in a string: control characters are written as escapes")
	}
	r, size := utf8.DecodeRune(d.src[i:])
	if r == utf8.RuneError && size == 1 {
		return d.refuse(fault.InvalidUTF8, i, 1, d.describe(i)+" is not valid UTF-8")
	}
	return i + size
}

// escape reads the escape at i and returns the offset behind it.
func (d *Document) escape(i int) int {
	if i+1 >= len(d.src) {
		return d.refuse(fault.InvalidJSON, i, 1, "the text ends within an escape")
	}
	switch d.src[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		return d.unicodeEscape(i)
	}
	return d.refuse(fault.InvalidJSON, i, 2, "JSON has no such escape")
}

// unicodeEscape reads \uXXXX, or two of them where they form a surrogate pair.
func (d *Document) unicodeEscape(i int) int {
	unit := hexUnit(d.src, i)
	switch {
	case unit < 0:
		return d.refuse(fault.InvalidJSON, i, 2, "four hexadecimal digits are due after \\u")
	case unit < 0xD800 || unit > 0xDFFF:
		return i + 6
	case unit < 0xDC00:
		if low := hexUnit(d.src, i+6); 0xDC00 <= low && low <= 0xDFFF {
			return i + 12
		}
	}
	return d.refuse(fault.LoneSurrogate, i, 6, "the escape names half a surrogate pair: write the character itself, or both halves")
}

// hexUnit returns the UTF-16 unit of the \uXXXX at i, or -1 if none stands there.
func hexUnit(src []byte, i int) rune {
	if i+6 > len(src) || src[i] != '\\' || src[i+1] != 'u' {
		return -1
	}
	var unit rune
	for _, c := range src[i+2 : i+6] {
		switch {
		case isDigit(c):
			unit = unit<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit = unit<<4 | rune(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return unit
}

// appendUnescaped appends the text within the quotes of a scanned string.
func appendUnescaped(dst, quoted []byte) []byte {
	for i := 1; i < len(quoted)-1; {
		c := quoted[i]
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if quoted[i+1] != 'u' {
			dst = append(dst, shortEscape(quoted[i+1]))
			i += 2
			continue
		}
		r := hexUnit(quoted, i)
		i += 6
		if 0xD800 <= r && r < 0xDC00 {
			r = 0x10000 + (r-0xD800)<<10 + (hexUnit(quoted, i) - 0xDC00)
			i += 6
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func shortEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // quote, backslash, solidus
}
