package main

func validCases() []testCase {
	var cases []testCase
	for _, k := range []key{es256, es384, eddsa, rs256, rs384, ps256, hs256} {
		cases = append(cases, good("valid-"+lower(k.alg), k.alg+" with a key that fits it.", k, k.header(), claims()))
	}
	k := es256
	header := func(changes ...string) string { return k.header(changes...) }
	cases = append(cases,
		good("aud-array", "RFC 7519 section 4.1.3: aud may be an array, and one of its values is due.", k, header(), claims(`aud=["wss://other.example/ws","`+audience+`"]`)),
		good("required-claims-only", "Only iss, aud, exp and subscription are required.", k, header(), claims("sub=", "iat=", "nbf=", "jti=", "fhir=")),
		good("further-claims", "Claims that are not understood are ignored (RFC 7519 section 4) and handed on.", k, header(), claims(`note={"a":[1,null,true]}`)),
		good("typ-upper-case", "Media types are compared without regard to case (RFC 7515 section 4.1.9).", k, header(`typ="FHIR-WS-Binding+JWT"`), claims()),
		good("typ-with-application", "application/ may be left out and may be written (RFC 7515 section 4.1.9).", k, header(`typ="application/fhir-ws-binding+jwt"`), claims()),
		good("typ-of-the-callers-choice", "The caller may expect another typ.", k, header(`typ="application/example+jwt"`), claims()).withTyp("example+jwt"),
		good("typ-any-absent", "An empty typ accepts a token that has none.", k, header("typ="), claims()).withTyp(""),
		good("typ-any-other", "An empty typ accepts any.", k, header(`typ="JWT"`), claims()).withTyp(""),
		good("no-kid-only-key", "A token without kid is tried against the set's only key of its algorithm.", k, header("kid="), claims()).
			alter(func(c *testCase) { c.Keys = set(es384, es256, rs256) }),
		good("header-thumbprints", "x5t and x5t#S256 only name a certificate: they are ignored.", k, header(`x5t="dGh1bWJwcmludC1vZi0yMGI"`, `x5t#S256="x"`), claims()),
		good("header-further-members", "Header members that are not understood are ignored (RFC 7515 section 4).", k, header(`cty="x"`, `foo={"bar":[1.5e3,null]}`, `nonce="n"`), claims()),
		good("header-b64-true", "b64 true is what holds without it (RFC 7797 section 3).", k, header("b64=true"), claims()),
		good("header-white-space-in-json", "White space within the JSON of header and claims is theirs to have.", k, "{ \"typ\" : \""+typ+"\",\r\n \"kid\":\"es-1\" , \"alg\":\"ES256\"\t}\n", "\n"+claims()+" \n"),
		good("header-escaped-names", "A name means the same when it is spelled with escapes.", k, `{"\u0061lg":"ES\u003256","kid":"es\u002d1","typ":"`+typ+`"}`, claims()),
		good("subscription-one", "One id is an array of one.", k, header(), claims(`subscription=["a"]`)),
		good("subscription-longest-id", "A FHIR id has 1 to 64 characters.", k, header(), claims(`subscription=["`+repeat("x", 64)+`"]`)),
		good("subscription-thousand-ids", "A token may list 1000 ids.", k, header(), claims("subscription="+ids(1000))),
		good("sub-unicode", "sub is any text.", k, header(), claims(`sub="Łukasz 🩺"`)),
		good("fhir-r5", "The release may be any of the three.", k, header(), claims(`fhir="R5"`)),
		good("several-algorithms-allowed", "The allow-list may have several algorithms.", k, header(), claims()).allow("EdDSA", "ES256", "RS256"),
		good("algorithms-default", "Without an allow-list all seven are allowed: each key fits one kind only.", k, header(), claims()).allow(),
		good("issuer-and-audience-not-given", "Without issuer and audience any are accepted: the tool that inspects tokens wants that.", k, header(), claims(`iss="https://elsewhere.example"`, `aud="wss://elsewhere.example"`)).
			alter(func(c *testCase) { c.Issuer, c.Audience = "", "" }),
		good("private-jwk-verifies", "A private JWK verifies by its public half.", hs256, hs256.header(), claims()).
			alter(func(c *testCase) { c.Keys = set(hs256.with(map[string]any{"key_ops": []string{"sign", "verify"}})) }),
	)
	return cases
}

func ids(n int) string {
	text := "["
	for i := range n {
		if i > 0 {
			text += ","
		}
		text += `"s` + itoa(i) + `"`
	}
	return text + "]"
}
