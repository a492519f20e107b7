package token

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// DecodeBase64URL decodes base64url as RFC 7515 section 2 writes it, in its one
// canonical spelling: no padding, no line breaks, no stray bits at the end. The
// error has the code [fault.TokenEncoding].
func DecodeBase64URL(text string) ([]byte, error) {
	// The standard decoder skips CR and LF even when strict.
	if strings.ContainsAny(text, "\r\n") {
		return nil, fault.New(fault.TokenEncoding, "a line break stands in base64url")
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fault.New(fault.TokenEncoding, "not canonical base64url: "+strconv.Itoa(len(text))+
			" characters of A-Z, a-z, 0-9, - and _ without padding are due, and no stray bits in the last")
	}
	return decoded, nil
}

// parts are the three of a compact serialization, still encoded.
type parts struct{ header, payload, signature string }

// split takes a compact serialization apart. Parts may be empty yet: an
// unsecured JWS has no signature, and is to be refused for its algorithm.
func split(compact string, maxSize int) (parts, error) {
	if err := checkSize(len(compact), maxSize); err != nil {
		return parts{}, err
	}
	if strings.HasPrefix(strings.TrimLeft(compact, " \t\r\n"), "{") {
		return parts{}, fault.New(fault.TokenSerialization, "the token is written as JSON, the compact serialization is due")
	}
	if i := strings.IndexAny(compact, " \t\r\n\v\f"); i >= 0 {
		return parts{}, fault.New(fault.TokenWhiteSpace, "white space stands at byte "+strconv.Itoa(i)+" of the token: remove it")
	}
	header, rest, _ := strings.Cut(compact, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if n := strings.Count(compact, "."); n != 2 {
		return parts{}, fault.New(fault.TokenMalformed, "the token has "+strconv.Itoa(n+1)+" parts between dots, 3 are due")
	}
	return parts{header, payload, signature}, nil
}

func checkSize(size, most int) error {
	if size <= most {
		return nil
	}
	return fault.New(fault.TokenTooLarge, "the token has "+strconv.Itoa(size)+" bytes, at most "+strconv.Itoa(most)+" are read")
}

// decodePart decodes one part, which may not be empty.
func decodePart(name, text string) ([]byte, error) {
	if text == "" {
		return nil, fault.New(fault.TokenMalformed, "the token's "+name+" is empty")
	}
	decoded, err := DecodeBase64URL(text)
	if err != nil {
		return nil, fault.New(fault.TokenEncoding, "the token's "+name+" is "+fault.DetailOf(err))
	}
	return decoded, nil
}
