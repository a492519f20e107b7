package token

import (
	"slices"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxKeyBytes bounds a JWK or a JWK Set.
const maxKeyBytes = 1 << 20

// JWK is what a JWK (RFC 7517) says of its key: everything but the arithmetic,
// which is left to whoever uses the key. They refuse numbers that are no key
// (a point off its curve, a private half of another key) with [JWK.Broken].
type JWK struct {
	ID         string      // kid, "" if there is none
	Name       string      // the kind of key, as a diagnostic names it: "P-256 key"
	Algorithms []Algorithm // what the key may be used with, by its kty, crv and alg
	Sign       bool        // it holds what signing needs, and use and key_ops allow it
	Verify     bool        // use and key_ops allow it

	// Unusable says why the key may not be used at all; nil if it may.
	// RFC 7517 section 5 wants such a JWK of a set ignored, and a token that
	// names it should be told why.
	Unusable error

	kind   kind
	object jsonscan.Value
}

// kind is what one type of key may be used with and which members make it up.
type kind struct {
	kty, crv, name string
	algorithms     []Algorithm
	public         []string // required members
	private        []string // members of the private key, all or none
	size           int      // bytes of each member; 0 if they vary
}

var kinds = [...]kind{
	{"EC", "P-256", "P-256 key", []Algorithm{ES256}, []string{"x", "y"}, []string{"d"}, 32},
	{"EC", "P-384", "P-384 key", []Algorithm{ES384}, []string{"x", "y"}, []string{"d"}, 48},
	{"OKP", "Ed25519", "Ed25519 key", []Algorithm{EdDSA}, []string{"x"}, []string{"d"}, 32},
	{"RSA", "", "RSA key", []Algorithm{RS256, RS384, PS256}, []string{"n", "e"}, []string{"d", "p", "q", "dp", "dq", "qi"}, 0},
	{"oct", "", "secret", []Algorithm{HS256}, []string{"k"}, nil, 0},
}

// ReadKey reads one JWK, public, private or secret. The error has the code
// [fault.InvalidKey] and says what is wrong without showing the key.
func ReadKey(text []byte) (JWK, error) {
	root, err := readJWKs(text)
	if err != nil {
		return JWK{}, err
	}
	k := readKey(root)
	return k, k.Unusable
}

// Broken is the error of numbers that are no key together.
func (k *JWK) Broken() error {
	return invalidKey("the " + k.Name + " cannot be used: its numbers are no key")
}

// Material returns a JWK of the members that make up the key, with alg and kid
// and no others: certificates, URLs or anything else reach no other reader.
func (k *JWK) Material() []byte {
	var w jsonscan.Writer
	w.Object("")
	for _, name := range slices.Concat([]string{"kty", "crv", "alg", "kid"}, k.kind.public, k.kind.private) {
		if v := k.object.Get(name); v.Exists() {
			w.String(name, v.Text())
		}
	}
	w.EndObject()
	return w.Text
}

// invalidKey returns an error about a JWK. what never holds key material.
func invalidKey(what string) error { return fault.New(fault.InvalidKey, what) }

func readJWKs(text []byte) (jsonscan.Value, error) {
	doc := new(jsonscan.Document)
	if err := doc.Parse(text, jsonscan.Limits{MaxBytes: maxKeyBytes, MaxDepth: maxDepth}); err != nil {
		// Without the reader's sentence, which may quote the text.
		return jsonscan.Value{}, invalidKey("the key is not JSON: " + fault.CodeOf(err).Meaning())
	}
	if kind := doc.Root().Kind(); kind != jsonscan.Object {
		return jsonscan.Value{}, invalidKey("the key is " + kind.String() + ", an object is due")
	}
	return doc.Root(), nil
}

// readKey reads a JWK, and whatever stands where one is due.
func readKey(object jsonscan.Value) JWK {
	k := JWK{ID: object.Get("kid").Text(), object: object}
	k.Unusable = k.read()
	return k
}

func (k *JWK) read() error {
	if k.object.Kind() != jsonscan.Object {
		return invalidKey("the key is " + k.object.Kind().String() + ", an object is due")
	}
	for _, name := range []string{"kty", "crv", "kid", "alg", "use"} {
		if v := k.object.Get(name); v.Exists() && v.Kind() != jsonscan.String {
			return invalidKey("member " + name + " is " + v.Kind().String() + ", a string is due")
		}
	}
	if err := k.readKind(); err != nil {
		return err
	}
	private, err := k.readMembers()
	if err != nil {
		return err
	}
	if err := k.bind(); err != nil {
		return err
	}
	return k.restrict(private)
}

func (k *JWK) readKind() error {
	kty, crv := k.object.Get("kty").Text(), k.object.Get("crv").Text()
	for _, kind := range kinds {
		if kind.kty == kty && (kind.crv == crv || kind.crv == "") {
			k.kind, k.Name, k.Algorithms = kind, kind.name, kind.algorithms
			return nil
		}
	}
	return invalidKey("kty " + fault.Quote(kty) + " with crv " + fault.Quote(crv) +
		" is not supported: EC with P-256 or P-384, OKP with Ed25519, RSA and oct are")
}

// readMembers checks the members that make up the key, and reports whether they
// are enough to sign.
func (k *JWK) readMembers() (private bool, err error) {
	private = k.kind.private != nil && k.object.Get(k.kind.private[0]).Exists()
	for _, name := range slices.Concat(k.kind.public, k.kind.private) {
		v := k.object.Get(name)
		if !v.Exists() {
			if slices.Contains(k.kind.public, name) || private {
				return false, invalidKey("member " + name + " of the " + k.Name + " is missing")
			}
			continue
		}
		if err := k.checkMember(name, v); err != nil {
			return false, err
		}
	}
	if !private && slices.ContainsFunc(k.kind.private, func(name string) bool { return k.object.Get(name).Exists() }) {
		return false, invalidKey("the " + k.Name + " has some of the members of a private key, but no d")
	}
	if k.kind.kty == "RSA" && k.object.Get("oth").Exists() {
		return false, invalidKey("the RSA key has more than two primes")
	}
	return private || k.kind.kty == "oct", nil
}

// checkMember checks one number or secret of a key: canonical base64url of a
// size that is secure.
func (k *JWK) checkMember(name string, v jsonscan.Value) error {
	if v.Kind() != jsonscan.String {
		return invalidKey("member " + name + " is " + v.Kind().String() + ", a string is due")
	}
	value, err := DecodeBase64URL(v.Text())
	if err != nil || len(value) == 0 {
		return invalidKey("member " + name + " of the " + k.Name + " is not canonical base64url")
	}
	switch {
	case k.kind.size != 0 && len(value) != k.kind.size:
		return invalidKey("member " + name + " of the " + k.Name + " has " + strconv.Itoa(len(value)) +
			" bytes, " + strconv.Itoa(k.kind.size) + " are due")
	case k.kind.kty == "OKP" && name == "x" && isLowOrder(value):
		return invalidKey("the Ed25519 key is a point of low order, for which anybody can sign")
	case k.kind.kty == "RSA" && value[0] == 0:
		return invalidKey("member " + name + " of the RSA key starts with a zero byte (RFC 7518 section 2)")
	case name == "n" && bitLen(value) < 8*minRSASignature, name == "n" && bitLen(value) > 8*maxRSASignature:
		return invalidKey("the RSA key has " + strconv.Itoa(bitLen(value)) + " bits, 2048 to 4096 are due")
	case name == "n" && value[len(value)-1]&1 == 0:
		return invalidKey("the RSA key's modulus is even, and no product of two primes")
	case name == "e" && !slices.Contains(exponents[:], string(value)):
		return invalidKey("the RSA key's exponent is none of 3, 17 and 65537")
	case name == "k" && len(value) < 32:
		return invalidKey("the secret has " + strconv.Itoa(len(value)) + " bytes, at least 32 are due (RFC 7518 section 3.2)")
	}
	return nil
}

// exponents are those of RSA keys, which all that are made today have. workerd
// computes with no others, and a key is one everywhere or nowhere.
var exponents = [...]string{"\x03", "\x11", "\x01\x00\x01"}

// bitLen returns the length of a number without leading zero bytes.
func bitLen(number []byte) int {
	n := 8 * len(number)
	for bit := byte(0x80); bit != 0 && number[0]&bit == 0; bit >>= 1 {
		n--
	}
	return n
}

// lowOrder are the y coordinates of the points whose order divides 8, in the
// byte order of Ed25519, also those written as a number not below the prime.
var lowOrder = [...]string{
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
	"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
	"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
	"\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
	"\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
}

// isLowOrder reports whether 32 bytes are a point of low order of Ed25519, whose
// last bit is the sign of x. Libraries differ in whether they check it.
func isLowOrder(point []byte) bool {
	y := []byte(string(point))
	y[31] &= 0x7F
	return slices.Contains(lowOrder[:], string(y))
}

// bind narrows the algorithms to the JWK's alg.
func (k *JWK) bind() error {
	alg := k.object.Get("alg")
	if !alg.Exists() {
		return nil
	}
	algorithm := Algorithm(alg.Text())
	if !slices.Contains(k.Algorithms, algorithm) {
		return invalidKey("alg " + fault.Quote(string(algorithm)) + " does not fit the " + k.Name + ", one of " + names(k.Algorithms) + " does")
	}
	k.Algorithms = []Algorithm{algorithm}
	return nil
}

// restrict applies use and key_ops (RFC 7517 sections 4.2 and 4.3). able says
// that the key has what signing needs. A private key that may sign has a public
// half that may verify.
func (k *JWK) restrict(able bool) error {
	k.Sign, k.Verify = able, true
	if use := k.object.Get("use"); use.Exists() && !use.Is("sig") {
		return invalidKey("use is " + fault.Quote(use.Text()) + ", sig is due")
	}
	ops := k.object.Get("key_ops")
	if !ops.Exists() {
		return nil
	}
	if ops.Kind() != jsonscan.Array {
		return invalidKey("key_ops is " + ops.Kind().String() + ", an array is due")
	}
	var list []string
	for op := ops.First(); op.Exists(); op = op.Next() {
		if op.Kind() != jsonscan.String {
			return invalidKey("key_ops holds " + op.Kind().String() + ", names are due")
		}
		list = append(list, op.Text())
	}
	if len(Distinct(list)) < len(list) {
		return invalidKey("key_ops names an operation twice")
	}
	k.Sign = able && slices.Contains(list, "sign")
	k.Verify = slices.Contains(list, "verify") || k.Sign && k.kind.kty != "oct"
	if !k.Sign && !k.Verify {
		return invalidKey("key_ops allows neither sign nor verify")
	}
	return nil
}
