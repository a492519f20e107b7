package token

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// parts are the three of a compact serialization, still encoded.
type parts struct{ header, payload, signature []byte }

// split takes a compact serialization apart. Parts may be empty yet: an
// unsecured JWS has no signature, and is to be refused for its algorithm.
func split(compact []byte) (parts, error) {
	header, rest, _ := bytes.Cut(compact, dot)
	payload, signature, found := bytes.Cut(rest, dot)
	if !found || bytes.IndexByte(signature, '.') >= 0 {
		n := bytes.Count(compact, dot) + 1
		return parts{}, fault.New(fault.TokenMalformed, "the token has "+strconv.Itoa(n)+" parts between dots, 3 are due")
	}
	return parts{header, payload, signature}, nil
}

var dot = []byte{'.'}

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
	return fault.New(fault.TokenTooLarge, aboutSize(size, most))
}

func aboutSize(size, most int) string {
	return "the token has " + strconv.Itoa(size) + " bytes, at most " + strconv.Itoa(most) + " are read"
}

// decodePart decodes one part, which may not be empty, into dst if it has room.
func decodePart(dst []byte, name string, text []byte) ([]byte, error) {
	if len(text) == 0 {
		return nil, fault.New(fault.TokenMalformed, "the token's "+name+" is empty")
	}
	decoded, err := decodeBase64URL(dst, text)
	if err != nil {
		return nil, fault.New(fault.TokenEncoding, "the token's "+name+" is "+fault.DetailOf(err))
	}
	return decoded, nil
}
