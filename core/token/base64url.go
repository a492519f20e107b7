package token

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// notInAlphabet stands in sextets for a byte that is no character of base64url.
const notInAlphabet = 0xFF

// sextets has the six bits of each character.
var sextets = func() (table [256]byte) {
	for i := range table {
		table[i] = notInAlphabet
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

// DecodeBase64URL decodes base64url as RFC 7515 section 2 writes it, in its one
// canonical spelling: no padding, no line breaks, no stray bits at the end. The
// error has the code [fault.TokenEncoding].
func DecodeBase64URL(text string) ([]byte, error) { return decodeBase64URL(nil, []byte(text)) }

// decodeBase64URL decodes into the memory of dst, or into larger memory.
//
// The standard decoder is slower in WebAssembly, and skips line breaks even
// when it is strict.
func decodeBase64URL(dst, text []byte) ([]byte, error) {
	size := len(text) * 3 / 4
	if cap(dst) < size {
		dst = make([]byte, size)
	}
	dst = dst[:size]
	whole := len(text) &^ 3
	out := dst
	for i := 0; i < whole; i += 4 {
		in := text[i : i+4]
		a, b, c, d := sextets[in[0]], sextets[in[1]], sextets[in[2]], sextets[in[3]]
		if a|b|c|d == notInAlphabet {
			return nil, notCanonical(text)
		}
		_ = out[2]
		out[0], out[1], out[2] = a<<2|b>>4, b<<4|c>>2, c<<6|d
		out = out[3:]
	}
	if !decodeRest(out, text[whole:]) {
		return nil, notCanonical(text)
	}
	return dst, nil
}

// decodeRest decodes the last two or three characters, whose last bits are zero.
func decodeRest(out, rest []byte) bool {
	switch len(rest) {
	case 0:
		return true
	case 2:
		a, b := sextets[rest[0]], sextets[rest[1]]
		out[0] = a<<2 | b>>4
		return a|b != notInAlphabet && b&0x0F == 0
	case 3:
		a, b, c := sextets[rest[0]], sextets[rest[1]], sextets[rest[2]]
		out[0], out[1] = a<<2|b>>4, b<<4|c>>2
		return a|b|c != notInAlphabet && c&0x03 == 0
	}
	return false
}

func notCanonical(text []byte) error {
	return fault.New(fault.TokenEncoding, "not canonical base64url: "+strconv.Itoa(len(text))+
		" characters of A-Z, a-z, 0-9, - and _ without padding are due, and no stray bits in the last")
}

// encodedLen returns how many characters n bytes make.
func encodedLen(n int) int { return (n*8 + 5) / 6 }

// appendBase64URL encodes.
func appendBase64URL(dst, src []byte) []byte {
	for len(src) >= 3 {
		dst = append(dst, alphabet[src[0]>>2], alphabet[src[0]<<4&63|src[1]>>4], alphabet[src[1]<<2&63|src[2]>>6], alphabet[src[2]&63])
		src = src[3:]
	}
	switch len(src) {
	case 1:
		dst = append(dst, alphabet[src[0]>>2], alphabet[src[0]<<4&63])
	case 2:
		dst = append(dst, alphabet[src[0]>>2], alphabet[src[0]<<4&63|src[1]>>4], alphabet[src[1]<<2&63])
	}
	return dst
}
