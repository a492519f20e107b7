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

// maxExponent is more than any double needs. farExponent stands for all that is
// farther than any number of digits could take back, and keeps the sums small.
const (
	maxExponent = 400
	farExponent = 1 << 30
)

// parseDate reads a NumericDate (RFC 7519 section 2) from the text of a JSON
// number: seconds since 1970, possibly with a fraction, of which nanoseconds
// are kept. It reports false for dates outside 1970 to 9999.
func parseDate(text string) (time.Time, bool) {
	if len(text) > maxDateText || strings.HasPrefix(text, "-") {
		return time.Time{}, false
	}
	if seconds, ok := wholeSeconds(text); ok {
		return time.Unix(seconds, 0).UTC(), seconds <= maxDate
	}
	digits, point := parseNumber(text)
	if point < -maxExponent || point > len("253402300799") {
		return time.Time{}, false
	}
	seconds := number(digits, 0, point)
	nanoseconds := number(digits, point, point+9)
	return time.Unix(seconds, nanoseconds).UTC(), seconds <= maxDate
}

// parseNumber takes the text of a JSON number apart: its magnitude is 0.digits
// times ten to the power of point, and digits have no zero in front.
func parseNumber(text string) (digits string, point int) {
	mantissa, exponent := strings.TrimPrefix(text, "-"), 0
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		// An exponent beyond an int is the largest int, of its sign.
		exponent, _ = strconv.Atoi(mantissa[i+1:])
		exponent = max(-farExponent, min(exponent, farExponent))
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "", 0
	}
	return digits, len(digits) - len(fraction) + exponent
}

// fitsDouble reports whether a number is within the range of a double. One so
// small that a double has zero for it is.
func fitsDouble(text string) bool {
	const largest, magnitude = "17976931348623157", 309 // 1.7976931348623157e308
	digits, point := parseNumber(text)
	return point < magnitude || point == magnitude && digits[:min(len(digits), len(largest))] <= largest
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

// wholeSeconds reads what nearly every date is: a few digits.
func wholeSeconds(text string) (int64, bool) {
	const most = 18 // digits that 64 bits hold
	if len(text) > most {
		return 0, false
	}
	n := int64(0)
	for i := range len(text) {
		if c := text[i]; c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(text[i]-'0')
	}
	return n, true
}

// instant writes a time as RFC 3339 does, in UTC, with as many digits of a
// fraction as it has. Together with lifetime it keeps the formats of package
// time, what reads them, and time zones out of the WebAssembly module.
func instant(t time.Time) string {
	days, second := divide(t.Unix(), 24*60*60)
	year, month, day := calendar(days)
	text := appendDigits(nil, year, 4)
	text = appendDigits(append(text, '-'), month, 2)
	text = appendDigits(append(text, '-'), day, 2)
	text = appendDigits(append(text, 'T'), second/3600, 2)
	text = appendDigits(append(text, ':'), second/60%60, 2)
	text = appendDigits(append(text, ':'), second%60, 2)
	return string(appendFraction(text, t.Nanosecond())) + "Z"
}

// calendar returns the date that is so many days after 1970 began. Years begin in
// March here, so that the leap day is the last of its year, and the days before a
// month follow one line of 153/5.
func calendar(days int64) (year, month, day int) {
	const marchToEpoch = 719468 // from March of the year 0 to 1970
	const cycle = 146097        // the days of 400 years
	cycles, n := divide(days+marchToEpoch, cycle)
	years := (n - n/1460 + n/36524 - n/(cycle-1)) / 365 // without the leap days before
	n -= years*365 + years/4 - years/100
	month = (5*n + 2) / 153
	day = n - (153*month+2)/5 + 1
	year = int(cycles)*400 + years
	if month += 3; month > 12 {
		year, month = year+1, month-12
	}
	return year, month, day
}

// divide rounds down, before 1970 as well.
func divide(n, by int64) (quotient int64, rest int) {
	quotient, r := n/by, n%by
	if r < 0 {
		quotient, r = quotient-1, r+by
	}
	return quotient, int(r)
}

// lifetime writes a duration as [time.Duration.String] does from a second on.
func lifetime(d time.Duration) string {
	text := []byte(nil)
	hours, minutes := int(d/time.Hour), int(d/time.Minute%60)
	if hours > 0 {
		text = append(strconv.AppendInt(text, int64(hours), 10), 'h')
	}
	if hours > 0 || minutes > 0 {
		text = append(strconv.AppendInt(text, int64(minutes), 10), 'm')
	}
	text = strconv.AppendInt(text, int64(d/time.Second%60), 10)
	return string(appendFraction(text, int(d%time.Second))) + "s"
}

// appendDigits writes a number with leading zeros.
func appendDigits(dst []byte, n, width int) []byte {
	digits := strconv.Itoa(n)
	for range width - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// appendFraction writes nanoseconds behind a point, without zeros at the end.
func appendFraction(dst []byte, nanoseconds int) []byte {
	if nanoseconds == 0 {
		return dst
	}
	dst = appendDigits(append(dst, '.'), nanoseconds, 9)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}
