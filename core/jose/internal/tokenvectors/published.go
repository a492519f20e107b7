package main

import (
	"encoding/json"
	"strings"
)

// The JWS examples that are verified here are short quotations of published
// test data, each with its source.
const (
	joe       = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
	joePart   = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	frodo     = "It\u2019s a dangerous business, Frodo, going out your door. You step onto the road, and if you don't keep your feet, there\u2019s no knowing where you might be swept off to."
	frodoPart = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"

	rfc7515K   = `{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`
	rfc7515EC  = `{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
	rfc8037Key = `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	rfc7520RSA = `{"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw","e":"AQAB"}`
	rfc7520EC  = `{"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521","x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt","y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"}`
	rfc7520K   = `{"kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"}`

	wycheproofHS = `{"alg":"HS256","use":"sig","k":"-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE","kid":"kid-aes-sign","kty":"oct"}`
	wycheproofES = `{"alg":"ES256","use":"sig","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw","crv":"P-256","kid":"kid-ec-sign","kty":"EC"}`
	wycheproofRS = `{"alg":"RS256","use":"sig","n":"kqGboBfAWttWPCA-0cGRgsY6SaYoIARt0B_PkaEcIq9HPYNdu9n6UuWHuuTHrjF_ZoQW97r5HaAorNvrMEGTGdxCHZdEtkHvNVVmrtxTBLiQCbCozXhFoIrVcr3qUBrdGnNn_M3jJi7Wg7p_-x62nS5gNG875oyheRkutHsQXikFZwsN3q_TsPNOVlCiHy8mxzaFTUQGm-X8UYexFyAivlDSjgDJLAZSWfxd7k9Gxuwa3AUfQqQcVcegmgKGCaErQ3qQbh1x7WB6iopE3_-GZ8HMAVtR9AmrVscqYsnjhaCehfAI0iKKs8zXr8tISc0ORbaalrkk03H1ZrsEnDKEWQ","e":"AQAB","kid":"kid-rsa-sign","kty":"RSA"}`

	hsJWS  = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + joePart + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	rsJWS  = "eyJhbGciOiJSUzI1NiJ9." + joePart + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
	esJWS  = "eyJhbGciOiJFUzI1NiJ9." + joePart + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	edJWS  = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	hobbit = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + frodoPart + ".MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"

	wycheproof = "https://github.com/C2SP/wycheproof testvectors_v1/json_web_signature_test.json"
)

// example is a published JWS, verified raw; code is "" where it is accepted.
func example(name, why, source, alg, jwk, token, payload, code string) testCase {
	c := testCase{Name: name, Why: why, Source: source, Token: token, Algorithms: []string{alg}, Now: json.Number(at(0)),
		Keys: json.RawMessage(`{"keys":[` + jwk + `]}`), Code: code}
	return c.raw(payload)
}

func publishedCases() []testCase {
	rsa7515 := `{"kty":"RSA","n":"` + rfc7515N + `","e":"AQAB"}`
	cases := []testCase{
		example("rfc7515-a1", "The HS256 example.", "RFC 7515 appendix A.1", "HS256", rfc7515K, hsJWS, joe, ""),
		example("rfc7515-a2", "The RS256 example.", "RFC 7515 appendix A.2", "RS256", rsa7515, rsJWS, joe, ""),
		example("rfc7515-a3", "The ES256 example.", "RFC 7515 appendix A.3", "ES256", rfc7515EC, esJWS, joe, ""),
		example("rfc7515-a4", "ES512 is not supported.", "RFC 7515 appendix A.4", "ES512", rfc7520EC,
			"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn", "", "algorithm-not-allowed"),
		example("rfc7515-a5", "The unsecured example.", "RFC 7515 appendix A.5", "ES256", rfc7515EC, "eyJhbGciOiJub25lIn0."+joePart+".", "", "algorithm-not-allowed"),
		example("rfc7515-a7", "The example of flattened JSON serialization.", "RFC 7515 appendix A.7", "ES256", rfc7515EC,
			`{"payload":"`+joePart+`","protected":"eyJhbGciOiJFUzI1NiJ9","header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":"`+cutFront(esJWS)+`"}`, "", "json-serialization"),
		example("rfc7515-appendix-e", "The negative test case for crit.", "RFC 7515 appendix E", "HS256", rfc7515K,
			"eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.", "", "algorithm-not-allowed"),
		example("rfc7515-a1-as-binding-token", "Its typ is JWT.", "RFC 7515 appendix A.1", "HS256", rfc7515K, hsJWS, "", "wrong-typ").
			alter(func(c *testCase) { c.Raw, c.Typ = false, nil }),
		example("rfc7515-a1-any-typ", "It names no audience and no Subscription.", "RFC 7515 appendix A.1", "HS256", rfc7515K, hsJWS, "", "missing-claim").
			alter(func(c *testCase) { c.Raw, c.Now = false, "1300819379" }),
		example("rfc7515-a1-other-key", "Another key of the same kind.", "RFC 7515 appendix A.1", "HS256", `{"kty":"oct","k":"`+b64(sum256("another"))+`"}`, hsJWS, "", "bad-signature"),
		example("rfc7515-a2-key-for-hs256", "The public key of A.2 is no secret for A.1.", "RFC 7515 appendix A.1", "HS256", rsa7515, hsJWS, "", "key-algorithm-mismatch"),
		example("rfc7520-4-1", "RSA v1.5 signature.", "RFC 7520 section 4.1", "RS256", rfc7520RSA, hobbit, frodo, ""),
		example("rfc7520-4-2", "PS384 is not supported.", "RFC 7520 section 4.2", "PS256", rfc7520RSA,
			"eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."+frodoPart+".cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw", "", "algorithm-not-allowed"),
		example("rfc7520-4-3", "ES512 is not supported.", "RFC 7520 section 4.3", "ES512", rfc7520EC,
			"eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."+frodoPart+".AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2", "", "algorithm-not-allowed"),
		example("rfc7520-4-4", "HMAC-SHA2 integrity protection.", "RFC 7520 section 4.4", "HS256", rfc7520K,
			"eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9."+frodoPart+".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0", frodo, ""),
		example("rfc7520-4-5", "Detached content leaves the payload empty.", "RFC 7520 section 4.5", "HS256", rfc7520K,
			"eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9..s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0", "", "malformed-token"),
		example("rfc7797-4-2", "Unencoded payload.", "RFC 7797 section 4.2", "HS256", rfc7515K,
			"eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY", "", "unencoded-payload"),
		example("rfc8037-a4", "The EdDSA example, verified as in A.5.", "RFC 8037 appendix A.4", "EdDSA", rfc8037Key, edJWS, "Example of Ed25519 signing", ""),
		example("rfc8037-a4-changed", "One character of the signature is another.", "RFC 8037 appendix A.4", "EdDSA", rfc8037Key, strings.Replace(edJWS, ".hgyY", ".hgyX", 1), "", "bad-signature"),
		example("rfc8037-a4-key-for-es256", "An Ed25519 key is no key for ES256.", "RFC 7515 appendix A.3", "ES256", rfc8037Key, esJWS, "", "key-algorithm-mismatch"),
	}
	return append(cases, wycheproofCases()...)
}

// wycheproofCases are the structural cases of Project Wycheproof.
func wycheproofCases() []testCase {
	const hsHeader, hsMAC = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1hZXMtc2lnbiJ9", "TD37p4c_0jmreSrBSDmE0F3mYSPtkZ3WrSyI5wb_KTg"
	hs := func(name, why, token, code string) testCase {
		return example("wycheproof-hs256-"+name, why, wycheproof, "HS256", wycheproofHS, token, "foo", code)
	}
	es := func(name, why, token, code string, allowed ...string) testCase {
		return example("wycheproof-es256-"+name, why, wycheproof, "ES256", wycheproofES, token, "foo", code).allow(append(allowed, "ES256")...)
	}
	const esHeader, esSignature = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0", "cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA"
	const rsHeader = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtpZC1yc2Etc2lnbiJ9"
	return []testCase{
		hs("valid", "Wycheproof's acceptsValid for HS256.", hsHeader+".Zm9v."+hsMAC, ""),
		hs("modified-signature", "A MAC with another first byte.", hsHeader+".Zm9v.X"+hsMAC[1:], "bad-signature"),
		hs("missing-signature", "The MAC is stripped, its dot is left.", hsHeader+".Zm9v.", "malformed-token"),
		hs("missing-separator", "The MAC is stripped with its dot.", hsHeader+".Zm9v", "malformed-token"),
		hs("modified-payload", "The MAC belongs to another payload.", hsHeader+".WG9v."+hsMAC, "bad-signature"),
		hs("missing-payload", "The payload is stripped.", hsHeader+".."+hsMAC, "malformed-token"),
		hs("modified-header", "The kid of the header is another.", "eyJhbGciOiJIUzI1NiIsImtpZCI6IlhpZC1hZXMtc2lnbiJ9.Zm9v."+hsMAC, "unknown-key"),
		hs("missing-header", "The header is stripped.", ".Zm9v."+hsMAC, "malformed-token"),
		hs("extra-empty-component", "A fourth part, which is empty.", hsHeader+".Zm9v."+hsMAC+".", "malformed-token"),
		hs("extra-component", "A fourth part.", hsHeader+".Zm9v."+hsMAC+".foo", "malformed-token"),
		hs("none", "Algorithm none without a signature.", "eyJhbGciOiJub25lIiwia2lkIjoia2lkLWFlcy1zaWduIn0.Zm9v.", "algorithm-not-allowed"),
		hs("json", "JSON serialization, and an unprotected header in it.", `{"payload":"Zm9v","signatures":[{"protected":"`+hsHeader+`","header":{"unknown":"untrustworthy"},"signature":"`+hsMAC+`"}]}`, "json-serialization"),
		es("valid", "Wycheproof's acceptsValid for ES256.", esHeader+".Zm9v.5"+esSignature, ""),
		es("modified-signature", "A signature with another first byte.", esHeader+".Zm9v.X"+esSignature, "bad-signature"),
		es("modified-payload", "The signature belongs to another payload.", esHeader+".WG9v.5"+esSignature, "bad-signature"),
		es("symmetry-confusion", "A MAC made with the bytes of the public key.", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0.Zm9v.TgWtz2FIRukBQ_mA5sgHa0Ybtgn7bl-YBPAi7Z0XdHU", "key-algorithm-mismatch", "HS256"),
		es("embedded-jwk", "The attacker brings their own key.", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIiwiandrIjp7Imt0eSI6IkVDIiwia2lkIjoia2lkLWVjLXNpZ24iLCJ1c2UiOiJzaWciLCJhbGciOiJFUzI1NiIsIngiOiJNZG5UWkRJaERKYmZBU2RGcWFtY3BPMkNoOUdOS0sybTBNUWxoNDAyU3BvIiwieSI6Ijdhdko0bHFfV3l4LW5MUERCUTJZcHl0dUh5TWlvMDdCVXl2bDNqYUMtMVkiLCJjcnYiOiJQLTI1NiJ9fQ.Zm9v.4jmsollQD8ZxvySzXYnIEYA4fwaZi2ZbC0aI1J4LYmW2Bn31NhKdjms2N6o51Dff5-InWXQF9m45VtTexl6yjg", "embedded-key"),
		example("wycheproof-rs256-valid", "Wycheproof's acceptsValid for RS256.", wycheproof, "RS256", wycheproofRS, rsHeader+".Zm9v.HUwxI1-cZrZgcuOgBQ7G7NE-GrqK79l6GV1KT4DKXnSMFwC8pfZCzE7pmLE7mYpLCIvzC87yuOjuhT0uW5oe6aaAEtR978cm-q8dfly45flqMrd_ifhi9GCsMlyi8dpQ42Ou1etZljFZuWjfyk8CN1c5DaHRwhqjScAPIFp6xmzKIRUJ_xdQfUSfSlujLaixtScU518EoNP4oo1v7E8RAz6ZO4g2N4Xqs8OvSxYydcoTEg42QnLHe9JnXgI37Q5gSwinwaPsG3Ry56UYiLoL8mCUa74S51y02VsIgVmmGWgaXjM-i_lCiKQDBiBnvWlka4XhVuvd6ZWibM9cbCPtPg", "foo", ""),
		example("wycheproof-rs256-long-form-length", "The DER within the padding has a length in long form: PKCS #1 has one encoding.", wycheproof, "RS256", wycheproofRS, rsHeader+".Zm9v.KudI1-Bo-NhWAmNYu-aEGQA3ciNp-gKgGJETRino-l25uRh9peU1GWjmFfnda0SSZK8msCFMQ-ibIZxkwC1CUjxBRNwG1LqVtBa2mHtedT3lxKaS0nAQAzhsg0XWAEUjgnH1qtsYXknGzh-Vi_uVsu2yfPy6YhH9_8Ian984VRMzitHDzeNVcm1jc4vcB6iFicSl4cXWSijLxJSlVkDqMi8Neb3Zw-NQI3mQIt_3Eq51MncS-1vLBr0_qdAFREXVduyb-gRzgGSrE2pMxEO4Bbp5fvYnjaKsSdtNVvzayKwBDO418mfGzRbQyzpR2EeAFGIAkVRb_Mfh7Uil8nhBeg", "", "bad-signature"),
		example("wycheproof-rs256-appended-null", "The DER within the padding has one more NULL: PKCS #1 has one encoding.", wycheproof, "RS256", wycheproofRS, rsHeader+".Zm9v.SCja7biLhyEy6reFpKR7aqpAcoeqMPHh5ZEFaM9zqsA2RT34pDbcGSoUEuzo6h-niwzIxzd_jUaRWdWNdRdiGZBx0iiMAj6A4zo8cMgqSOeGzsSuucuClzITi5w9YrDmlZ374EI--Y8BmwB3sXioLgNVAAlCMZqFxDdE_-c5LaD1otiSmGRt_mDX-plGUJBlCvNQGlMwrkL3DZSDm-hLUmzi0X41SgHuopJryo1zDHmLdqaZ63D2BsZLXbRxwrPT4-QjHUzP2nxCN8_tSJqNsDsqT5z7q2P6lnjNNmcez7TMyIrtuGTo7b-9WnsIDUNdT-xzDq3f3iKX_QAJgEfXUQ", "", "bad-signature"),
	}
}
