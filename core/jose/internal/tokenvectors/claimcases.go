package main

func claimCases() []testCase {
	k := es256
	refused := func(name, why, code string, changes ...string) testCase {
		return bad(name, why, code, k, k.token(changes...))
	}
	shape := func(name, why string, changes ...string) testCase {
		return refused(name, why, "invalid-claim", changes...)
	}
	access := `{"iss":"` + issuer + `","aud":"` + audience + `","exp":` + at(300) + `,"sub":"u1","client_id":"c1","iat":` + at(0) + `,"jti":"x","scope":"user/*.read"}`
	return []testCase{
		refused("iss-missing", "iss is required.", "missing-claim", "iss="),
		shape("iss-number", "iss is a string.", "iss=1"),
		shape("iss-null", "A null is no string.", "iss=null"),
		shape("iss-empty", "iss names somebody.", `iss=""`),
		refused("iss-other", "The token is another server's.", "wrong-issuer", `iss="https://evil.example/R4"`),
		refused("iss-slash", "Issuers are compared character by character.", "wrong-issuer", `iss="`+issuer+`/"`),
		refused("iss-case", "Issuers are compared with regard to case.", "wrong-issuer", `iss="https://FHIR.example/R4"`),
		shape("iss-array", "One issuer issues a token.", `iss=["`+issuer+`"]`),
		refused("aud-missing", "aud is required.", "missing-claim", "aud="),
		shape("aud-number", "aud is a string or an array.", "aud=1"),
		shape("aud-object", "aud is a string or an array.", "aud={}"),
		shape("aud-empty", "aud names somebody.", `aud=""`),
		shape("aud-empty-array", "aud names somebody.", "aud=[]"),
		shape("aud-array-of-numbers", "The values of aud are strings.", `aud=["`+audience+`",1]`),
		shape("aud-nested-array", "The values of aud are strings.", `aud=[["`+audience+`"]]`),
		refused("aud-other", "The token is for another websocket.", "wrong-audience", `aud="wss://evil.example/ws"`),
		refused("aud-array-without", "None of the values is due.", "wrong-audience", `aud=["wss://evil.example/ws","wss://fhir.example"]`),
		refused("aud-prefix", "Audiences are compared as a whole.", "wrong-audience", `aud="`+audience+`/2"`),
		shape("sub-number", "sub is a string.", "sub=7"),
		shape("sub-empty", "sub is left out where there is none.", `sub=""`),
		shape("jti-number", "jti is a string.", "jti=7"),
		shape("jti-null", "jti is left out where there is none.", "jti=null"),
		shape("fhir-unknown", "R4, R4B and R5 are the releases.", `fhir="R3"`),
		shape("fhir-version", "The release is named, not its version.", `fhir="4.0.1"`),
		shape("fhir-number", "fhir is a string.", "fhir=4"),
		bad("access-token", "An ordinary access token (RFC 9068) says so in its typ.", "wrong-typ", k, k.compact(k.header(`typ="at+jwt"`), access)).from("RFC 9068 section 2"),
		bad("access-token-any-typ", "And where any typ is accepted, it names no Subscription.", "missing-claim", k, k.compact(k.header(`typ="at+jwt"`), access)).withTyp("").from("RFC 9068 section 2"),
		refused("subscription-missing", "A token names what it binds.", "missing-claim", "subscription="),
		shape("subscription-null", "A null names nothing.", "subscription=null"),
		shape("subscription-string", "The ids are an array.", `subscription="a"`),
		shape("subscription-object", "The ids are an array.", `subscription={"0":"a"}`),
		shape("subscription-empty", "A token never covers none.", "subscription=[]"),
		shape("subscription-number", "Ids are strings.", "subscription=[1]"),
		shape("subscription-null-id", "Ids are strings.", `subscription=["a",null]`),
		shape("subscription-empty-id", "A FHIR id has a character.", `subscription=[""]`),
		shape("subscription-reference", "Bare ids are listed, not references.", `subscription=["Subscription/a"]`),
		shape("subscription-underscore", "A FHIR id has no underscore.", `subscription=["a_b"]`),
		shape("subscription-path", "A FHIR id has no slash.", `subscription=["../a"]`),
		shape("subscription-unicode", "A FHIR id is ASCII.", `subscription=["ä"]`),
		shape("subscription-long-id", "A FHIR id has at most 64 characters.", `subscription=["`+repeat("x", 65)+`"]`),
		shape("subscription-line-feed", "A regular expression with $ would let it through.", `subscription=["a\n"]`),
		shape("subscription-too-many", "A token lists at most 1000 ids.", "subscription="+ids(1001)),
		shape("subscription-absurdly-many", "The bound holds before anything is done with them.", "subscription="+ids(5000)),
		refused("claims-of-other-names", "Names of claims are compared with regard to case.", "missing-claim", "exp=", "EXP="+at(300)),
		bad("key-before-claims", "Nor before the key is found.", "unknown-key", k, k.compact(k.header(`kid="es-9"`), claims("exp=1", `iss="x"`))),
		bad("signature-before-json", "Not even whether it is JSON.", "bad-signature", k, flip(k.compact(k.header(), "no claims"), 3)),
		bad("signature-before-duplicates", "Nor whether a claim stands twice.", "bad-signature", k, flip(k.compact(k.header(), `{"exp":1,"exp":2}`), 3)),
		bad("signature-before-claims", "No claim is looked at before the signature is checked.", "bad-signature", k, flip(k.token("exp=1", `iss="x"`), 3)),
	}
}
