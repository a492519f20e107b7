package main

import "encoding/json"

func dateCases() []testCase {
	k := es256
	at1 := func(name, why, code string, seconds json.Number, tolerance json.Number, changes ...string) testCase {
		c := bad(name, why, code, k, k.token(changes...))
		if code == "" {
			c = good(name, why, k, k.header(), claims(changes...))
		}
		c.Now, c.ClockTolerance = seconds, tolerance
		return c
	}
	usual := json.Number(at(1))
	date := func(name, why, text string) testCase {
		return at1(name, why, "date-out-of-range", usual, "", "exp="+text)
	}
	clock := func(seconds int) json.Number { return json.Number(at(seconds)) }
	return []testCase{
		at1("exp-one-second-left", "The last second before exp.", "", clock(299), ""),
		at1("exp-a-moment-left", "Seconds have fractions.", "", json.Number(at(299)+".75"), ""),
		at1("exp-now", "exp equal to now is expired (RFC 7519 section 4.1.4).", "expired-token", clock(300), ""),
		at1("exp-past", "The token has expired.", "expired-token", clock(301), ""),
		at1("exp-long-past", "A token of the year 1970.", "expired-token", usual, "", "exp=1", "iat=0", "nbf=0"),
		at1("exp-zero", "Zero is a date, and long past.", "expired-token", usual, "", "exp=0", "iat=", "nbf="),
		at1("exp-within-tolerance", "The tolerance is added to exp.", "", clock(309), "10"),
		at1("exp-at-tolerance", "And no more than it.", "expired-token", clock(310), "10"),
		at1("exp-fraction", "A NumericDate may have a fraction (RFC 7519 section 2).", "", clock(300), "", "exp="+at(300)+".5"),
		at1("exp-fraction-past", "The fraction counts.", "expired-token", json.Number(at(300)+".5"), "", "exp="+at(300)+".5"),
		at1("exp-exponent", "A NumericDate is a JSON number, which may have an exponent.", "", usual, "", "exp=17673555e2", "iat="+at(0)+"0e-1"),
		at1("exp-zeros", "Zeros after the point change nothing.", "", usual, "", "exp="+at(300)+".000000"),
		at1("exp-long-fraction", "More digits than a nanosecond has are cut.", "", usual, "", "exp="+at(300)+".123456789012345"),
		at1("exp-missing", "A token that never expires is none.", "missing-claim", usual, "", "exp="),
		at1("exp-string", "A number as a string is no number.", "invalid-claim", usual, "", `exp="`+at(300)+`"`),
		at1("exp-date-time", "A date is a number of seconds, no dateTime.", "invalid-claim", usual, "", `exp="2026-01-02T12:05:00Z"`),
		at1("exp-null", "A null is no number.", "invalid-claim", usual, "", "exp=null"),
		at1("exp-boolean", "A boolean is no number.", "invalid-claim", usual, "", "exp=true"),
		at1("exp-array", "An array is no number.", "invalid-claim", usual, "", "exp=["+at(300)+"]"),
		at1("iat-string", "A number as a string is no number.", "invalid-claim", usual, "", `iat="`+at(0)+`"`),
		at1("nbf-string", "A number as a string is no number.", "invalid-claim", usual, "", `nbf="`+at(0)+`"`),
		date("exp-negative", "Nothing expired before 1970.", "-1"),
		date("exp-negative-fraction", "Not even a moment before.", "-0.5"),
		date("exp-year-10000", "Years have four digits.", "253402300800"),
		date("exp-1e20", "Beyond every calendar.", "1e20"),
		date("exp-1e400", "No double can hold it: some libraries read infinity.", "1e400"),
		date("exp-twenty-digits", "Beyond 64 bits: some libraries wrap around.", "18446744073709551617"),
		date("exp-absurd-exponent", "The exponent itself is beyond 64 bits.", "1e99999999999999999999"),
		date("exp-exponent-wraps", "The exponent is the largest of 64 bits.", "1e9223372036854775807"),
		date("exp-huge-fraction", "More characters than any double needs are refused.", at(300)+"."+repeat("1", 100)),
		date("exp-huge-mantissa", "Many digits and an exponent that takes them back.", repeat("1", 60)+"e-50"),
		at1("exp-milliseconds", "Milliseconds are a date of the year 57976.", "date-out-of-range", usual, "", "exp="+at(300)+"000"),
		at1("iat-1e20", "iat is checked where it is present.", "date-out-of-range", usual, "", "iat=1e20"),
		at1("nbf-negative", "nbf is checked where it is present.", "date-out-of-range", usual, "", "nbf=-1"),
		at1("nbf-now", "A token is valid from nbf.", "", clock(0), ""),
		at1("nbf-future", "The token is not valid yet.", "not-yet-valid", clock(-1), ""),
		at1("nbf-later-than-iat", "nbf may be later than iat, and counts.", "not-yet-valid", usual, "", "nbf="+at(60)),
		at1("nbf-within-tolerance", "The tolerance is taken from nbf.", "", clock(-10), "10"),
		at1("nbf-beyond-tolerance", "And no more than it.", "not-yet-valid", clock(-11), "10"),
		at1("nbf-fraction", "The fraction counts.", "not-yet-valid", usual, "", "nbf="+at(1)+".001"),
		at1("iat-future", "A token from the future is not valid yet.", "not-yet-valid", usual, "", "iat="+at(60), "nbf="),
		at1("tolerance-fraction", "The tolerance may have a fraction.", "", json.Number(at(300)+".25"), "0.5"),
		at1("lifetime-24-hours", "A token may live for 24 hours.", "", usual, "", "exp="+at(86400)),
		at1("lifetime-too-long", "And no longer.", "lifetime-too-long", usual, "", "exp="+at(86401)),
		at1("lifetime-a-moment-too-long", "Fractions count.", "lifetime-too-long", usual, "", "exp="+at(86400)+".001"),
		at1("lifetime-since-iat", "Lifetime is counted from iat, however little is left.", "lifetime-too-long", usual, "", "iat="+at(-86400), "nbf="),
		at1("lifetime-since-nbf", "Without iat it is counted from nbf.", "lifetime-too-long", usual, "", "iat=", "nbf="+at(-86400)),
		at1("lifetime-from-now", "Without both it is counted from now.", "lifetime-too-long", usual, "", "iat=", "nbf=", "exp="+at(86402)),
		at1("lifetime-from-now-24-hours", "Without both 24 hours may be left.", "", usual, "", "iat=", "nbf=", "exp="+at(86401)),
		at1("lifetime-year-9999", "A date in range, and far too late.", "lifetime-too-long", usual, "", "exp=253402300799"),
		at1("iat-after-exp", "A token that ends before it starts was never valid.", "not-yet-valid", usual, "", "iat="+at(600), "nbf="),
	}
}
