package jose

import (
	"crypto/ecdsa"
	"slices"
	"strconv"

	"github.com/go-jose/go-jose/v4"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// maxKeyBytes bounds a JWK or JWK Set: some thousand public keys.
const maxKeyBytes = 1 << 20

// kind is what one type of key may be used with and which members make it up.
type kind struct {
	kty, crv, name string
	algorithms     []token.Algorithm
	public         []string // required members
	private        []string // members of the private key, all or none
}

var kinds = []kind{
	{"EC", "P-256", "P-256 key", []token.Algorithm{token.ES256}, []string{"x", "y"}, []string{"d"}},
	{"EC", "P-384", "P-384 key", []token.Algorithm{token.ES384}, []string{"x", "y"}, []string{"d"}},
	{"OKP", "Ed25519", "Ed25519 key", []token.Algorithm{token.EdDSA}, []string{"x"}, []string{"d"}},
	{"RSA", "", "RSA key", []token.Algorithm{token.RS256, token.RS384, token.PS256}, []string{"n", "e"}, []string{"d", "p", "q", "dp", "dq", "qi"}},
	{"oct", "", "secret", []token.Algorithm{token.HS256}, []string{"k"}, nil},
}

// ParseKey reads one JWK (RFC 7517), public, private or secret. The error has
// the code [fault.InvalidKey] and says what is wrong without showing the key.
func ParseKey(text []byte) (Key, error) {
	root, err := parse(text)
	if err != nil {
		return Key{}, err
	}
	return readKey(root)
}

func parse(text []byte) (jsonscan.Value, error) {
	doc := new(jsonscan.Document)
	if err := doc.Parse(text, jsonscan.Limits{MaxBytes: maxKeyBytes, MaxDepth: 16}); err != nil {
		// Without the reader's sentence, which may quote the text.
		return jsonscan.Value{}, invalidKey("the key is not JSON: " + fault.CodeOf(err).Meaning())
	}
	if kind := doc.Root().Kind(); kind != jsonscan.Object {
		return jsonscan.Value{}, invalidKey("the key is " + kind.String() + ", an object is due")
	}
	return doc.Root(), nil
}

// readKey makes a key of a JWK.
func readKey(object jsonscan.Value) (Key, error) {
	if object.Kind() != jsonscan.Object {
		return Key{}, invalidKey("the key is " + object.Kind().String() + ", an object is due")
	}
	for _, name := range []string{"kty", "crv", "kid", "alg", "use"} {
		if v := object.Get(name); v.Exists() && v.Kind() != jsonscan.String {
			return Key{}, invalidKey("member " + name + " is " + v.Kind().String() + ", a string is due")
		}
	}
	kind, err := kindOf(object)
	if err != nil {
		return Key{}, err
	}
	members, private, err := kind.read(object)
	if err != nil {
		return Key{}, err
	}
	k := Key{jwk: new(jose.JSONWebKey), kind: kind.name, algorithms: kind.algorithms}
	if err := k.jwk.UnmarshalJSON(members); err != nil {
		return Key{}, invalidKey("the " + kind.name + " cannot be used: " + reason(err))
	}
	k.jwk.KeyID = object.Get("kid").Text()
	if err := k.checkPair(); err != nil {
		return Key{}, err
	}
	if err := k.bind(object); err != nil {
		return Key{}, err
	}
	if err := k.restrict(object, private || kind.kty == "oct"); err != nil {
		return Key{}, err
	}
	return k, nil
}

func kindOf(object jsonscan.Value) (kind, error) {
	kty, crv := object.Get("kty").Text(), object.Get("crv").Text()
	for _, k := range kinds {
		if k.kty == kty && (k.crv == crv || k.crv == "") {
			return k, nil
		}
	}
	return kind{}, invalidKey("kty " + fault.Quote(kty) + " with crv " + fault.Quote(crv) +
		" is not supported: EC with P-256 or P-384, OKP with Ed25519, RSA and oct are")
}

// read checks the members that make up the key and writes a JWK of these
// alone: go-jose never sees certificates, URLs or anything else.
func (k kind) read(object jsonscan.Value) (jwk []byte, private bool, err error) {
	jwk = append(append([]byte(`{"kty":"`), k.kty...), '"')
	if k.crv != "" {
		jwk = append(append(append(jwk, `,"crv":"`...), k.crv...), '"')
	}
	private = k.private != nil && object.Get(k.private[0]).Exists()
	for _, name := range slices.Concat(k.public, k.private) {
		v := object.Get(name)
		if !v.Exists() {
			if slices.Contains(k.public, name) || private {
				return nil, false, invalidKey("member " + name + " of the " + k.name + " is missing")
			}
			continue
		}
		if err := k.checkMember(name, v); err != nil {
			return nil, false, err
		}
		jwk = append(append(append(jwk, `,"`...), name...), `":`...)
		jwk = jsonscan.AppendString(jwk, v.Text())
	}
	if !private && k.kty != "oct" && slices.ContainsFunc(k.private, func(name string) bool { return object.Get(name).Exists() }) {
		return nil, false, invalidKey("the " + k.name + " has some of the members of a private key, but no d")
	}
	if object.Get("oth").Exists() && k.kty == "RSA" {
		return nil, false, invalidKey("the RSA key has more than two primes")
	}
	return append(jwk, '}'), private, nil
}

// checkMember checks one number or secret of a key: canonical base64url of a
// size that is secure.
func (k kind) checkMember(name string, v jsonscan.Value) error {
	if v.Kind() != jsonscan.String {
		return invalidKey("member " + name + " is " + v.Kind().String() + ", a string is due")
	}
	value, err := token.DecodeBase64URL(v.Text())
	if err != nil || len(value) == 0 {
		return invalidKey("member " + name + " of the " + k.name + " is not canonical base64url")
	}
	switch {
	case k.kty == "RSA" && value[0] == 0:
		return invalidKey("member " + name + " of the RSA key starts with a zero byte (RFC 7518 section 2)")
	case name == "n" && bitLen(value) < 2048, name == "n" && bitLen(value) > 4096:
		return invalidKey("the RSA key has " + strconv.Itoa(bitLen(value)) + " bits, 2048 to 4096 are due")
	case name == "e" && (len(value) > 4 || len(value) == 4 && value[0] > 0x7F || value[len(value)-1]&1 == 0 || bitLen(value) < 2):
		return invalidKey("the RSA key's exponent is not an odd number from 3 to 2147483647")
	case name == "k" && len(value) < 32:
		return invalidKey("the secret has " + strconv.Itoa(len(value)) + " bytes, at least 32 are due (RFC 7518 section 3.2)")
	}
	return nil
}

// bitLen returns the length of a number without leading zero bytes.
func bitLen(number []byte) int {
	n := 8 * len(number)
	for bit := byte(0x80); bit != 0 && number[0]&bit == 0; bit >>= 1 {
		n--
	}
	return n
}

// checkPair refuses an EC private key that does not belong to its public half.
// go-jose checks this for Ed25519 and RSA.
func (k Key) checkPair() error {
	private, ok := k.jwk.Key.(*ecdsa.PrivateKey)
	if !ok {
		return nil
	}
	derived, err := private.ECDH()
	if err != nil {
		return invalidKey("the " + k.kind + " cannot be used: d is out of range")
	}
	public, err := private.PublicKey.ECDH()
	if err != nil || !derived.PublicKey().Equal(public) {
		return invalidKey("the " + k.kind + " cannot be used: x and y do not match d")
	}
	return nil
}

// bind narrows the algorithms to the JWK's alg.
func (k *Key) bind(object jsonscan.Value) error {
	alg := object.Get("alg")
	if !alg.Exists() {
		return nil
	}
	algorithm := token.Algorithm(alg.Text())
	if !slices.Contains(k.algorithms, algorithm) {
		return invalidKey("alg " + fault.Quote(string(algorithm)) + " does not fit the " + k.kind + ", one of " + list(k.algorithms) + " does")
	}
	k.algorithms = []token.Algorithm{algorithm}
	k.jwk.Algorithm = string(algorithm)
	return nil
}

// restrict applies use and key_ops (RFC 7517 sections 4.2 and 4.3). able says
// that the key has what signing needs. A private key that may sign has a public
// half that may verify.
func (k *Key) restrict(object jsonscan.Value, able bool) error {
	k.sign, k.verify = able, true
	if use := object.Get("use"); use.Exists() && !use.Is("sig") {
		return invalidKey("use is " + fault.Quote(use.Text()) + ", sig is due")
	}
	ops := object.Get("key_ops")
	if !ops.Exists() {
		return nil
	}
	if ops.Kind() != jsonscan.Array {
		return invalidKey("key_ops is " + ops.Kind().String() + ", an array is due")
	}
	var names []string
	for op := range ops.Elements() {
		if op.Kind() != jsonscan.String {
			return invalidKey("key_ops holds " + op.Kind().String() + ", names are due")
		}
		names = append(names, op.Text())
	}
	if len(token.Distinct(names)) < len(names) {
		return invalidKey("key_ops names an operation twice")
	}
	maySign, mayVerify := slices.Contains(names, "sign"), slices.Contains(names, "verify")
	_, symmetric := k.jwk.Key.([]byte)
	k.sign = able && maySign
	k.verify = mayVerify || k.sign && !symmetric
	if !k.sign && !k.verify {
		return invalidKey("key_ops allows neither sign nor verify")
	}
	return nil
}

func list(algorithms []token.Algorithm) string {
	text := ""
	for i, a := range algorithms {
		if i > 0 {
			text += ", "
		}
		text += string(a)
	}
	return text
}
