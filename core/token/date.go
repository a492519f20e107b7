package token

import (
	"strconv"
	"strings"
	"time"
)

// maxDate is the last second of the year 9999: FHIR and RFC 3339 write four
// digits of a year, and no honest token lives longer.
const maxDate = 253402300799

// maxDateText bounds the text of a date. A double needs 24 characters at most,
// so that more is only written to be difficult.
const maxDateText = 40

// maxExponent is more than any double needs, and keeps the arithmetic small.
const maxExponent = 400

// parseDate reads a NumericDate (RFC 7519 section 2) from the text of a JSON
// number: seconds since 1970, possibly with a fraction, of which nanoseconds
// are kept. It reports false for dates outside 1970 to 9999.
func parseDate(text string) (time.Time, bool) {
	if len(text) > maxDateText || strings.HasPrefix(text, "-") {
		return time.Time{}, false
	}
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		var err error
		exponent, err = strconv.Atoi(text[i+1:])
		if err != nil || exponent > maxExponent || exponent < -maxExponent {
			return time.Time{}, false
		}
		mantissa = text[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return time.Unix(0, 0).UTC(), true
	}
	// The value is 0.digits times ten to the power of point.
	point := len(digits) - len(fraction) + exponent
	if point > len("253402300799") {
		return time.Time{}, false
	}
	seconds := number(digits, 0, point)
	nanoseconds := number(digits, point, point+9)
	return time.Unix(seconds, nanoseconds).UTC(), seconds <= maxDate
}

// number reads the digits from one index up to another as an integer, with
// zeros wherever there is no digit.
func number(digits string, from, to int) int64 {
	n := int64(0)
	for i := from; i < to; i++ {
		n *= 10
		if 0 <= i && i < len(digits) {
			n += int64(digits[i] - '0')
		}
	}
	return n
}
