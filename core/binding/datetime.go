package binding

import "time"

// parseDateTime reads a FHIR dateTime that was found valid, as a point in time:
// of a year, a month or a date the first instant, in UTC where there is no
// offset. R5 allows an offset on a date and on a month. It reports false for
// what was not found valid, so far as the value cannot be made out.
//
// It is written by hand because time.Parse, with time zones by name and all,
// weighs 20 kB in WebAssembly.
func parseDateTime(text string) (time.Time, bool) {
	r := dateReader{rest: text, ok: true}
	year, month, day := r.number(4), 1, 1
	if r.part('-') {
		month = r.number(2)
		if r.part('-') {
			day = r.number(2)
		}
	}
	hour, minute, second, nanosecond := 0, 0, 0, 0
	if r.literal('T') {
		hour = r.number(2)
		r.due(':')
		minute = r.number(2)
		r.due(':')
		// A leap second is a time in FHIR but not in Go: the second before is as near.
		second = min(r.number(2), 59)
		nanosecond = r.fraction()
	}
	offset := r.offset()
	if !r.ok || r.rest != "" || month < 1 || month > 12 {
		return time.Time{}, false
	}
	seconds := int64(daysBefore(year, month)+day-1)*86400 + int64(hour*3600+minute*60+second-offset)
	return time.Unix(seconds, int64(nanosecond)).UTC(), true
}

// daysBefore counts the days from 1970 to the first of a month, which is
// negative before. Years begin in March here, so that the leap day is the last
// of its year, and the days before a month follow one line of 153/5.
func daysBefore(year, month int) int {
	month -= 3
	if month < 0 {
		year, month = year-1, month+12
	}
	const marchToEpoch = 719468 // from March of the year 0 to 1970
	return year*365 + year/4 - year/100 + year/400 + (153*month+2)/5 - marchToEpoch
}

// formatDateTime writes a time between 1970 and 9999 to the second, in UTC. It is
// written by hand for the reason that parseDateTime is.
func formatDateTime(at time.Time) string {
	const day = 86400 // seconds
	days, second := int(at.Unix()/day), int(at.Unix()%day)
	year, month, date := civil(days)
	text := appendDigits(nil, year, 4)
	for _, part := range [...]struct {
		before byte
		value  int
	}{{'-', month}, {'-', date}, {'T', second / 3600}, {':', second / 60 % 60}, {':', second % 60}} {
		text = appendDigits(append(text, part.before), part.value, 2)
	}
	return string(append(text, 'Z'))
}

// civil returns the date that is so many days after 1970 began.
func civil(days int) (year, month, day int) {
	year = 1970 + days/366 // or a later one
	for daysBefore(year+1, 1) <= days {
		year++
	}
	month = 1
	for month < 12 && daysBefore(year, month+1) <= days {
		month++
	}
	return year, month, days - daysBefore(year, month) + 1
}

// appendDigits appends the last n digits of a number.
func appendDigits(dst []byte, value, n int) []byte {
	for range n {
		dst = append(dst, 0)
	}
	for i := 1; i <= n; i++ {
		dst[len(dst)-i] = byte('0' + value%10)
		value /= 10
	}
	return dst
}

// A dateReader reads a date from the left. It stays at ok false once something
// is missing.
type dateReader struct {
	rest string
	ok   bool
}

// number reads n digits.
func (r *dateReader) number(n int) (value int) {
	for range n {
		if r.rest == "" || !isDigit(r.rest[0]) {
			r.ok = false
			return 0
		}
		value = value*10 + int(r.rest[0]-'0')
		r.rest = r.rest[1:]
	}
	return value
}

func (r *dateReader) literal(c byte) bool {
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *dateReader) due(c byte) { r.ok = r.literal(c) && r.ok }

// part reads a hyphen, unless it starts an offset such as -05:00.
func (r *dateReader) part(hyphen byte) bool {
	return !(len(r.rest) > 3 && r.rest[3] == ':') && r.literal(hyphen)
}

// fraction reads a fraction of a second as nanoseconds.
func (r *dateReader) fraction() (nanoseconds int) {
	if !r.literal('.') {
		return 0
	}
	for unit := 100_000_000; r.rest != "" && isDigit(r.rest[0]); unit /= 10 {
		nanoseconds += unit * int(r.rest[0]-'0')
		r.rest = r.rest[1:]
	}
	return nanoseconds
}

// offset reads Z, an offset from UTC or nothing, as seconds.
func (r *dateReader) offset() int {
	sign := 1
	switch {
	case r.rest == "", r.literal('Z'):
		return 0
	case r.literal('-'):
		sign = -1
	default:
		r.due('+')
	}
	hours := r.number(2)
	r.due(':')
	return sign * (hours*3600 + r.number(2)*60)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
