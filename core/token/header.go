package token

import (
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxDepth bounds how deep a header or a claims set is nested.
const maxDepth = 16

// parseObject reads one part as a JSON object, strictly.
func parseObject(doc *jsonscan.Document, name string, text []byte) (jsonscan.Value, error) {
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

// headerMembers are those that a rule is about.
type headerMembers struct {
	alg, kid, typ, b64, crit, nonce jsonscan.Value
	key                             string // the name of one that brings or names a key
	others                          bool   // there is a value that is no string
}

func readMembers(object jsonscan.Value) (m headerMembers) {
	var scratch [16]byte
	for member := object.FirstMember(); member.Exists(); member = member.Next() {
		name, value := member.Name(), member.Value()
		m.others = m.others || value.Kind() != jsonscan.String
		switch string(name.Bytes(scratch[:0])) {
		case "alg":
			m.alg = value
		case "kid":
			m.kid = value
		case "typ":
			m.typ = value
		case "b64":
			m.b64 = value
		case "crit":
			m.crit = value
		case "nonce":
			m.nonce = value
		case "jwk", "jku", "x5u", "x5c":
			if m.key == "" {
				m.key = name.Text()
			}
		}
	}
	return m
}

// readHeader applies every rule on the protected header. [Policy.Inspect] applies
// the same, in the same order.
func (p *Policy) readHeader(doc *jsonscan.Document, text []byte) (header, error) {
	object, err := parseObject(doc, "header", text)
	if err != nil {
		return header{}, err
	}
	m := readMembers(object)
	var h header
	if h.algorithm, err = p.readAlgorithm(m.alg); err != nil {
		return header{}, err
	}
	if err := m.checkKey(); err != nil {
		return header{}, err
	}
	if err := m.checkExtensions(object); err != nil {
		return header{}, err
	}
	if err := m.checkKeyID(); err != nil {
		return header{}, err
	}
	h.keyID, h.hasKeyID = m.kid.Text(), m.kid.Exists()
	return h, p.checkType(m.typ)
}

func (p *Policy) readAlgorithm(alg jsonscan.Value) (Algorithm, error) {
	if alg.Kind() != jsonscan.String {
		return "", fault.New(fault.TokenAlgorithm, "header alg is "+alg.Kind().String()+", the name of an algorithm is due")
	}
	for _, a := range p.Algorithms {
		if alg.Is(string(a)) && a.Known() {
			return a, nil
		}
	}
	return "", fault.New(fault.TokenAlgorithm, p.aboutAlgorithm(alg))
}

func (p *Policy) aboutAlgorithm(alg jsonscan.Value) string {
	return "header alg is " + fault.Quote(alg.Text()) + ", allowed here: " + names(p.Algorithms)
}

// checkKey refuses a token that brings or names its own key, even where that key
// would not be used.
func (m *headerMembers) checkKey() error {
	if m.key == "" {
		return nil
	}
	return fault.New(fault.TokenEmbeddedKey, "header "+m.key+": a token may not bring or name its own key; kid alone picks one of ours")
}

func (m *headerMembers) checkKeyID() error {
	if !m.kid.Exists() || m.kid.Kind() == jsonscan.String {
		return nil
	}
	return fault.New(fault.TokenHeader, "header kid is "+m.kid.Kind().String()+", a string is due")
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

// checkExtensions refuses crit, since no extension is understood, and a payload
// that is not encoded (RFC 7797), before the rest can be misread. Members that
// are not understood are ignored (RFC 7515 section 4) as long as every JSON
// library can read them: a number beyond a double, or a nonce (RFC 8555) that
// is no string, stops some.
func (m *headerMembers) checkExtensions(object jsonscan.Value) error {
	if m.b64.Exists() && m.b64.Kind() != jsonscan.True {
		return fault.New(fault.TokenUnencoded, "header b64 is not true: the payload of a token is always encoded (RFC 7797 section 7)")
	}
	if m.crit.Exists() {
		return fault.New(fault.TokenCritical, "header crit: no extension is understood here")
	}
	if m.nonce.Exists() && m.nonce.Kind() != jsonscan.String {
		return fault.New(fault.TokenHeader, "header nonce is "+m.nonce.Kind().String()+", a string is due")
	}
	if !m.others {
		return nil
	}
	for member := object.FirstMember(); member.Exists(); member = member.Next() {
		if !finite(member.Value()) {
			return fault.New(fault.TokenHeader, "header "+fault.Quote(member.Name().Text())+" holds a number that no double can hold")
		}
	}
	return nil
}

func finite(v jsonscan.Value) bool {
	switch v.Kind() {
	case jsonscan.Number:
		return fitsDouble(string(v.Raw()))
	case jsonscan.Array:
		for e := v.First(); e.Exists(); e = e.Next() {
			if !finite(e.Value) {
				return false
			}
		}
	case jsonscan.Object:
		for m := v.FirstMember(); m.Exists(); m = m.Next() {
			if !finite(m.Value()) {
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
	if due := p.typ(); typ.Is(due) || typ.Exists() && sameMediaType(typ.Text(), due) {
		return nil
	}
	return fault.New(fault.TokenType, p.aboutType(typ))
}

func (p *Policy) aboutType(typ jsonscan.Value) string {
	return aboutMember("typ", typ) + ", " + due(p.typ(), p.AnyType)
}

func aboutMember(name string, v jsonscan.Value) string {
	if !v.Exists() {
		return "the header has no " + name
	}
	return "header " + name + " is " + fault.Quote(v.Text())
}

// sameMediaType compares media types, of which "application/" may be left out
// where no other slash is. Only ASCII letters have case in a media type: U+212A,
// the Kelvin sign, is no k.
func sameMediaType(a, b string) bool {
	a, b = shortType(a), shortType(b)
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func shortType(typ string) string {
	const prefix = "application/"
	if len(typ) < len(prefix) || strings.Contains(typ[len(prefix):], "/") {
		return typ
	}
	for i := range len(prefix) {
		if lower(typ[i]) != prefix[i] {
			return typ
		}
	}
	return typ[len(prefix):]
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
