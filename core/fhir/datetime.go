package fhir

const (
	ruleDate     = "it looks like 2015, 2015-02 or 2015-02-07, and must be a date of the calendar"
	ruleDateTime = "it looks like 2015, 2015-02, 2015-02-07 or 2015-02-07T13:28:17+02:00: a time has seconds and an offset, the date must exist"
	ruleInstant  = "it looks like 2015-02-07T13:28:17.239+02:00 or 2015-02-07T13:28:17Z, and must be a date of the calendar"
	ruleTime     = "it looks like 13:28:17, between 00:00:00 and 23:59:60"
	ruleFraction = "R5 allows at most 9 digits in a fraction of a second"
)

func checkDate(s []byte) string {
	if parts, rest := date(s); parts == 0 || len(rest) > 0 {
		return ruleDate
	}
	return ""
}

// checkDateTime lets an offset follow a date or a month in R5 only, and a time
// without an offset nowhere, whatever R5's published expression says.
func checkDateTime(r Release, s []byte) string {
	parts, rest := date(s)
	switch {
	case parts == 0:
		return ruleDateTime
	case len(rest) == 0:
		return ""
	case rest[0] == 'T' && parts == 3:
		return checkTimeAndOffset(r, rest[1:], ruleDateTime)
	case rest[0] == 'T' || r != R5 || parts == 1:
		return ruleDateTime
	}
	if rest, ok := offset(rest); !ok || len(rest) > 0 {
		return ruleDateTime
	}
	return ""
}

func checkInstant(r Release, s []byte) string {
	parts, rest := date(s)
	if parts < 3 || len(rest) == 0 || rest[0] != 'T' {
		return ruleInstant
	}
	return checkTimeAndOffset(r, rest[1:], ruleInstant)
}

func checkTimeOfDay(r Release, s []byte) string {
	fraction, rest, ok := timeOfDay(s)
	if !ok || len(rest) > 0 {
		return ruleTime
	}
	if fraction > 9 && r == R5 {
		return ruleFraction
	}
	return ""
}

// checkTimeAndOffset reads what follows a full date to the end of the value.
func checkTimeAndOffset(r Release, s []byte, rule string) string {
	fraction, rest, ok := timeOfDay(s)
	if !ok {
		return rule
	}
	if rest, ok = offset(rest); !ok {
		return rule
	}
	if fraction > 9 && r == R5 {
		return ruleFraction
	}
	if len(rest) > 0 {
		return rule
	}
	return ""
}

// date reads YYYY, YYYY-MM or YYYY-MM-DD and returns how many parts there are, 0
// for what is no date, and what follows. Behind a year or a month that may be
// an offset.
func date(s []byte) (parts int, rest []byte) {
	if len(s) < 4 {
		return 0, nil
	}
	year := 100*two(s, 0) + two(s, 2)
	if year < 1 || year > 9999 {
		return 0, nil
	}
	if !datePart(s, 4) {
		return 1, s[4:]
	}
	if len(s) < 7 {
		return 0, nil
	}
	month := two(s, 5)
	if month < 1 || month > 12 {
		return 0, nil
	}
	if !datePart(s, 7) {
		return 2, s[7:]
	}
	if len(s) < 10 {
		return 0, nil
	}
	if day := two(s, 8); day < 1 || day > daysIn(year, month) {
		return 0, nil
	}
	return 3, s[10:]
}

// datePart tells "-MM" or "-DD" at i from the offset "-hh:mm".
func datePart(s []byte, i int) bool {
	return i < len(s) && s[i] == '-' && !(i+3 < len(s) && s[i+3] == ':')
}

// timeOfDay reads hh:mm:ss with an optional fraction, and returns the number of
// its digits and what follows. The second 60 is a leap second; 24:00 is not
// allowed.
func timeOfDay(s []byte) (fraction int, rest []byte, ok bool) {
	if len(s) < 8 || two(s, 0) > 23 || s[2] != ':' || two(s, 3) > 59 || s[5] != ':' || two(s, 6) > 60 {
		return 0, nil, false
	}
	if rest = s[8:]; len(rest) == 0 || rest[0] != '.' {
		return 0, rest, true
	}
	rest = rest[1:]
	for fraction < len(rest) && isDigit(rest[fraction]) {
		fraction++
	}
	return fraction, rest[fraction:], fraction > 0
}

// offset reads Z or an offset of at most 14 hours, and returns what follows.
func offset(s []byte) (rest []byte, ok bool) {
	if len(s) > 0 && s[0] == 'Z' {
		return s[1:], true
	}
	if len(s) < 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return nil, false
	}
	hours, minutes := two(s, 1), two(s, 4)
	return s[6:], minutes <= 59 && hours*60+minutes <= 14*60
}

// two reads the two digits at i. What is none is beyond every bound.
func two(s []byte, i int) int {
	tens, ones := s[i]-'0', s[i+1]-'0'
	if tens > 9 || ones > 9 {
		return 10_000
	}
	return 10*int(tens) + int(ones)
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
