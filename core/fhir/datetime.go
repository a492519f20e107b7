package fhir

// A calendar reads dates and times from the left. Each method consumes what it
// names and reports whether that stood there.
type calendar struct {
	rest             []byte
	year, month, day int
}

const (
	ruleDate     = "it looks like 2015, 2015-02 or 2015-02-07, and must be a date of the calendar"
	ruleDateTime = "it looks like 2015, 2015-02, 2015-02-07 or 2015-02-07T13:28:17+02:00: a time has seconds and an offset, the date must exist"
	ruleInstant  = "it looks like 2015-02-07T13:28:17.239+02:00 or 2015-02-07T13:28:17Z, and must be a date of the calendar"
	ruleTime     = "it looks like 13:28:17, between 00:00:00 and 23:59:60"
	ruleFraction = "R5 allows at most 9 digits in a fraction of a second"
)

func checkDate(s []byte) string {
	c := calendar{rest: s}
	if !c.date() || len(c.rest) > 0 {
		return ruleDate
	}
	return ""
}

// checkDateTime lets an offset follow a date or a month in R5 only, and a time
// without an offset nowhere, whatever R5's published expression says.
func checkDateTime(r Release, s []byte) string {
	c := calendar{rest: s}
	if !c.date() {
		return ruleDateTime
	}
	switch {
	case len(c.rest) == 0:
		return ""
	case c.rest[0] != 'T':
		if r != R5 || c.month == 0 || !c.offset() {
			return ruleDateTime
		}
	case c.day == 0:
		return ruleDateTime
	default:
		return c.timeAndOffset(r, ruleDateTime)
	}
	return c.end(ruleDateTime)
}

func checkInstant(r Release, s []byte) string {
	c := calendar{rest: s}
	if !c.date() || c.day == 0 {
		return ruleInstant
	}
	return c.timeAndOffset(r, ruleInstant)
}

func checkTimeOfDay(r Release, s []byte) string {
	c := calendar{rest: s}
	fraction, ok := c.time()
	if !ok || len(c.rest) > 0 {
		return ruleTime
	}
	if fraction > 9 && r == R5 {
		return ruleFraction
	}
	return ""
}

// timeAndOffset reads what follows a full date to the end of the value.
func (c *calendar) timeAndOffset(r Release, rule string) string {
	if !c.literal('T') {
		return rule
	}
	fraction, ok := c.time()
	if !ok || !c.offset() {
		return rule
	}
	if fraction > 9 && r == R5 {
		return ruleFraction
	}
	return c.end(rule)
}

func (c *calendar) end(rule string) string {
	if len(c.rest) > 0 {
		return rule
	}
	return ""
}

// date reads YYYY, YYYY-MM or YYYY-MM-DD; month and day stay 0 where absent.
// What follows a year or a month may be an offset, which is left to the caller.
func (c *calendar) date() bool {
	var ok bool
	if c.year, ok = c.digits(4, 1, 9999); !ok {
		return false
	}
	if !c.datePart() {
		return true
	}
	c.literal('-')
	if c.month, ok = c.digits(2, 1, 12); !ok {
		return false
	}
	if !c.datePart() {
		return true
	}
	c.literal('-')
	c.day, ok = c.digits(2, 1, daysIn(c.year, c.month))
	return ok
}

// datePart tells "-MM" or "-DD" from the offset "-MM:SS".
func (c *calendar) datePart() bool {
	return len(c.rest) > 0 && c.rest[0] == '-' && !(len(c.rest) > 3 && c.rest[3] == ':')
}

// time reads hh:mm:ss with an optional fraction, of which it returns the
// number of digits. The second 60 is a leap second; 24:00 is not allowed.
func (c *calendar) time() (fraction int, ok bool) {
	if _, ok = c.digits(2, 0, 23); !ok || !c.literal(':') {
		return 0, false
	}
	if _, ok = c.digits(2, 0, 59); !ok || !c.literal(':') {
		return 0, false
	}
	if _, ok = c.digits(2, 0, 60); !ok {
		return 0, false
	}
	if !c.literal('.') {
		return 0, true
	}
	for fraction < len(c.rest) && isDigit(c.rest[fraction]) {
		fraction++
	}
	c.rest = c.rest[fraction:]
	return fraction, fraction > 0
}

// offset reads Z or an offset of at most 14 hours.
func (c *calendar) offset() bool {
	if c.literal('Z') {
		return true
	}
	if !c.literal('+') && !c.literal('-') {
		return false
	}
	hours, ok := c.digits(2, 0, 14)
	if !ok || !c.literal(':') {
		return false
	}
	minutes, ok := c.digits(2, 0, 59)
	return ok && hours*60+minutes <= 14*60
}

// digits reads exactly n digits of a number within bounds.
func (c *calendar) digits(n, low, high int) (value int, ok bool) {
	if len(c.rest) < n {
		return 0, false
	}
	for _, d := range c.rest[:n] {
		if !isDigit(d) {
			return 0, false
		}
		value = value*10 + int(d-'0')
	}
	c.rest = c.rest[n:]
	return value, low <= value && value <= high
}

func (c *calendar) literal(b byte) bool {
	if len(c.rest) == 0 || c.rest[0] != b {
		return false
	}
	c.rest = c.rest[1:]
	return true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
