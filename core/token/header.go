package token

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxDepth bounds how deep a header or a claims set is nested.
const maxDepth = 16

// parseObject reads one part as a JSON object, strictly.
func parseObject(name string, text []byte) (jsonscan.Value, error) {
	doc := new(jsonscan.Document)
	err := doc.Parse(text, jsonscan.Limits{MaxDepth: maxDepth})
	switch {
	case fault.CodeOf(err) == fault.DuplicateName:
		return jsonscan.Value{}, fault.New(fault.TokenDuplicateMember, "the token's "+name+": "+fault.DetailOf(err))
	case err != nil:
		return jsonscan.Value{}, fault.New(fault.TokenMalformed, "the token's "+name+" is not JSON: "+fault.DetailOf(err))
	case doc.Root().Kind() != jsonscan.Object:
		return jsonscan.Value{}, fault.New(fault.TokenMalformed, "the token's "+name+" is "+doc.Root().Kind().String()+", an object is due")
	}
	return doc.Root(), nil
}

// header is what the protected header says, after the policy let it pass.
type header struct {
	algorithm Algorithm
	keyID     string
	hasKeyID  bool
}

// readHeader applies every rule on the protected header.
func (p *Policy) readHeader(text []byte) (header, error) {
	object, err := parseObject("header", text)
	if err != nil {
		return header{}, err
	}
	var h header
	if h.algorithm, err = p.readAlgorithm(object.Get("alg")); err != nil {
		return header{}, err
	}
	if err := checkNoKeys(object); err != nil {
		return header{}, err
	}
	if err := checkExtensions(object); err != nil {
		return header{}, err
	}
	if kid := object.Get("kid"); kid.Exists() {
		if kid.Kind() != jsonscan.String {
			return header{}, fault.New(fault.TokenHeader, "header kid is "+kid.Kind().String()+", a string is due")
		}
		h.keyID, h.hasKeyID = kid.Text(), true
	}
	return h, p.checkType(object.Get("typ"))
}

func (p *Policy) readAlgorithm(alg jsonscan.Value) (Algorithm, error) {
	if alg.Kind() != jsonscan.String {
		return "", fault.New(fault.TokenAlgorithm, "header alg is "+alg.Kind().String()+", the name of an algorithm is due")
	}
	a := Algorithm(alg.Text())
	if !a.Known() || !slices.Contains(p.Algorithms, a) {
		return "", fault.New(fault.TokenAlgorithm, "header alg is "+fault.Quote(string(a))+", allowed here: "+names(p.Algorithms))
	}
	return a, nil
}

func names(algorithms []Algorithm) string {
	if len(algorithms) == 0 {
		return "none, for no list was given"
	}
	list := make([]string, len(algorithms))
	for i, a := range algorithms {
		list[i] = string(a)
	}
	return strings.Join(list, ", ")
}

// checkNoKeys refuses a token that brings its own key or says where to find
// one, even where that key would not be used.
func checkNoKeys(object jsonscan.Value) error {
	for _, name := range []string{"jwk", "jku", "x5u", "x5c"} {
		if object.Get(name).Exists() {
			return fault.New(fault.TokenEmbeddedKey, "header "+name+": a token may not bring or name its own key; kid alone picks one of ours")
		}
	}
	return nil
}

// checkExtensions refuses crit, since no extension is understood, and a payload
// that is not encoded (RFC 7797), before the rest can be misread. Members that
// are not understood are ignored (RFC 7515 section 4) as long as every JSON
// library can read them: a number beyond a double, or a nonce (RFC 8555) that
// is no string, stops some.
func checkExtensions(object jsonscan.Value) error {
	if b64 := object.Get("b64"); b64.Exists() && b64.Kind() != jsonscan.True {
		return fault.New(fault.TokenUnencoded, "header b64 is not true: the payload of a token is always encoded (RFC 7797 section 7)")
	}
	if object.Get("crit").Exists() {
		return fault.New(fault.TokenCritical, "header crit: no extension is understood here")
	}
	if nonce := object.Get("nonce"); nonce.Exists() && nonce.Kind() != jsonscan.String {
		return fault.New(fault.TokenHeader, "header nonce is "+nonce.Kind().String()+", a string is due")
	}
	for name, member := range object.Members() {
		if !finite(member) {
			return fault.New(fault.TokenHeader, "header "+fault.Quote(name.Text())+" holds a number that no double can hold")
		}
	}
	return nil
}

func finite(v jsonscan.Value) bool {
	switch v.Kind() {
	case jsonscan.Number:
		_, err := strconv.ParseFloat(string(v.Raw()), 64)
		return err == nil
	case jsonscan.Array:
		for element := range v.Elements() {
			if !finite(element) {
				return false
			}
		}
	case jsonscan.Object:
		for _, member := range v.Members() {
			if !finite(member) {
				return false
			}
		}
	}
	return true
}

// checkType compares typ as a media type. It is what tells a binding token from
// an access token or an ID token of the same issuer (RFC 8725 section 3.11).
func (p *Policy) checkType(typ jsonscan.Value) error {
	if typ.Exists() && typ.Kind() != jsonscan.String {
		return fault.New(fault.TokenType, "header typ is "+typ.Kind().String()+", a string is due")
	}
	if p.AnyType {
		return nil
	}
	due := p.Type
	if due == "" {
		due = Type
	}
	switch {
	case !typ.Exists():
		return fault.New(fault.TokenType, "the token has no typ, "+fault.Quote(due)+" is due")
	case mediaType(typ.Text()) != mediaType(due):
		return fault.New(fault.TokenType, "header typ is "+fault.Quote(typ.Text())+", "+fault.Quote(due)+" is due")
	}
	return nil
}

// mediaType returns the full name of a media type in lower case. Only ASCII
// letters have case in a media type: U+212A, the Kelvin sign, is no k.
func mediaType(typ string) string {
	if !strings.Contains(typ, "/") {
		typ = "application/" + typ
	}
	lower := []byte(typ)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}
