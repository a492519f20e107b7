package token

import (
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// parts are the three of a compact serialization, still encoded.
type parts struct{ header, payload, signature string }

// split takes a compact serialization apart. Parts may be empty yet: an
// unsecured JWS has no signature, and is to be refused for its algorithm.
func split(compact string) (parts, error) {
	header, rest, _ := strings.Cut(compact, ".")
	payload, signature, found := strings.Cut(rest, ".")
	if !found || strings.IndexByte(signature, '.') >= 0 {
		n := strings.Count(compact, ".") + 1
		return parts{}, fault.New(fault.TokenMalformed, "the token has "+strconv.Itoa(n)+" parts between dots, 3 are due")
	}
	return parts{header, payload, signature}, nil
}

// checkForm says whether a token is in another form altogether. What is wrong
// with such a token in detail would mislead; no token that has passed is one,
// so that only those are looked at in which something is wrong.
func checkForm(compact string) error {
	if strings.HasPrefix(strings.TrimLeft(compact, " \t\r\n"), "{") {
		return fault.New(fault.TokenSerialization, "the token is written as JSON, the compact serialization is due")
	}
	if i := strings.IndexAny(compact, " \t\r\n\v\f"); i >= 0 {
		return fault.New(fault.TokenWhiteSpace, "white space stands at byte "+strconv.Itoa(i)+" of the token: remove it")
	}
	return nil
}

func checkSize(size, most int) error {
	if size <= most {
		return nil
	}
	return fault.New(fault.TokenTooLarge, "the token has "+strconv.Itoa(size)+" bytes, at most "+strconv.Itoa(most)+" are read")
}

// decodePart decodes one part, which may not be empty, into dst if it has room.
func decodePart(dst []byte, name, text string) ([]byte, error) {
	if text == "" {
		return nil, fault.New(fault.TokenMalformed, "the token's "+name+" is empty")
	}
	decoded, err := decodeBase64URL(dst, text)
	if err != nil {
		return nil, fault.New(fault.TokenEncoding, "the token's "+name+" is "+fault.DetailOf(err))
	}
	return decoded, nil
}
