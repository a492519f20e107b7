package search

import (
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// interval is a period of time from low up to, but not including, high.
type interval struct{ low, high time.Time }

// precision is how long what a date names lasts: one year, month or day, or a
// part of a day.
type precision struct {
	years, months, days int
	part                time.Duration
}

// after returns the time n such lengths after t.
func (p precision) after(t time.Time, n int) time.Time {
	return t.AddDate(n*p.years, n*p.months, n*p.days).Add(time.Duration(n) * p.part)
}

// The ends of open periods lie beyond every date of FHIR.
var (
	everBefore = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)
	everAfter  = time.Date(10001, 1, 1, 0, 0, 0, 0, time.UTC)
)

func dateTest(t Term, cmp, value string) (test, error) {
	around := 0
	if cmp == "ap" {
		around = 1
	}
	want, ok := parseAround(unescape(value), around)
	if !ok {
		return nil, refuse(t, "has the value "+fault.Quote(value)+", expected is a date such as 2024, 2024-05, 2024-05-31 or 2024-05-31T13:28:17Z")
	}
	return func(_ *path, element jsonscan.Value) bool {
		got, ok := intervalOf(element)
		return ok && want.compare(cmp, got)
	}, nil
}

// compare applies a prefix to the period of the search and that of the element.
func (want interval) compare(cmp string, got interval) bool {
	within := !got.low.Before(want.low) && !got.high.After(want.high)
	above, below := got.high.After(want.high), got.low.Before(want.low)
	switch cmp {
	case "eq":
		return within
	case "ne":
		return !within
	case "gt":
		return above
	case "ge":
		return above || within
	case "lt":
		return below
	case "le":
		return below || within
	case "sa":
		return !got.low.Before(want.high)
	case "eb":
		return !got.high.After(want.low)
	}
	return got.low.Before(want.high) && want.low.Before(got.high) // ap
}

// intervalOf reads a date, dateTime, instant, Period or Timing. Of a Timing
// only the outer limits count: its events, or else its boundsPeriod.
func intervalOf(element jsonscan.Value) (interval, bool) {
	if element.Kind() == jsonscan.String {
		return parseDate(element.Text())
	}
	if element.Get("start").Exists() || element.Get("end").Exists() {
		return period(element)
	}
	outer, found := interval{everAfter, everBefore}, false
	for e := range element.Get("event").Elements() {
		if one, ok := parseDate(e.Text()); ok {
			found = true
			if one.low.Before(outer.low) {
				outer.low = one.low
			}
			if one.high.After(outer.high) {
				outer.high = one.high
			}
		}
	}
	if found {
		return outer, true
	}
	if bounds := element.Get("repeat").Get("boundsPeriod"); bounds.Exists() {
		return period(bounds)
	}
	return interval{}, false
}

func period(v jsonscan.Value) (interval, bool) {
	start, end := v.Get("start"), v.Get("end")
	i := interval{everBefore, everAfter}
	if start.Exists() {
		first, ok := parseDate(start.Text())
		if !ok {
			return i, false
		}
		i.low = first.low
	}
	if end.Exists() {
		last, ok := parseDate(end.Text())
		if !ok {
			return i, false
		}
		i.high = last.high
	}
	return i, start.Exists() || end.Exists()
}

// dateReader reads a date from the left.
type dateReader struct {
	rest string
	ok   bool
}

// number reads exactly n digits.
func (d *dateReader) number(n int) int {
	if len(d.rest) < n {
		d.ok = false
		return 0
	}
	value := 0
	for i := range n {
		c := d.rest[i]
		if c < '0' || c > '9' {
			d.ok = false
			return 0
		}
		value = value*10 + int(c-'0')
	}
	d.rest = d.rest[n:]
	return value
}

func (d *dateReader) skip(c byte) bool {
	if d.rest == "" || d.rest[0] != c {
		return false
	}
	d.rest = d.rest[1:]
	return true
}

// parseDate reads a date as resources and searches write it: a year, month,
// day, minute (searches only), second or fraction, and an optional offset. The
// plus sign of an offset may have become a space, as it does in a URL. The
// interval is as long as what is written is precise, to the nanosecond.
func parseDate(s string) (interval, bool) { return parseAround(s, 0) }

// parseAround is parseDate for an interval that is longer at both ends, each
// time by what is written or a multiple of it.
func parseAround(s string, around int) (interval, bool) {
	d := &dateReader{rest: s, ok: true}
	year, month, day := d.number(4), 1, 1
	length := precision{years: 1}
	if d.part() {
		month, length = d.number(2), precision{months: 1}
		if d.part() {
			day, length = d.number(2), precision{days: 1}
		}
	}
	if !d.ok || year == 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return interval{}, false
	}
	start := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if length.days == 1 && d.skip('T') {
		var clock time.Duration
		clock, length.part = d.clock()
		start, length.days = start.Add(clock), 0
	}
	offset := d.offset() // only now: months differ in length
	return interval{
		low:  length.after(start, -around).Add(-offset),
		high: length.after(start, 1+around).Add(-offset),
	}, d.ok && d.rest == ""
}

// part skips the hyphen before a month or day, and tells it from an offset.
func (d *dateReader) part() bool {
	if len(d.rest) > 3 && d.rest[3] == ':' {
		return false
	}
	return d.skip('-')
}

// clock reads a time of day and returns it with the length of its precision.
func (d *dateReader) clock() (sinceMidnight, precision time.Duration) {
	hour := d.number(2)
	d.ok = d.ok && d.skip(':')
	minute := d.number(2)
	second, nano := 0, time.Duration(0)
	precision = time.Minute
	if d.skip(':') {
		second, precision = d.number(2), time.Second
		if d.skip('.') {
			nano, precision = d.fraction()
		}
	}
	d.ok = d.ok && hour < 24 && minute < 60 && second <= 60
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + nano, precision
}

// fraction reads the digits behind a second. Those after the ninth are read
// but do not count.
func (d *dateReader) fraction() (nano, precision time.Duration) {
	precision = time.Second
	n := 0
	for ; n < len(d.rest) && d.rest[n] >= '0' && d.rest[n] <= '9'; n++ {
		if precision > 1 {
			precision /= 10
			nano += time.Duration(d.rest[n]-'0') * precision
		}
	}
	d.ok = d.ok && n > 0
	d.rest = d.rest[n:]
	return nano, precision
}

// offset reads Z or an offset from UTC; none means UTC.
func (d *dateReader) offset() time.Duration {
	if d.rest == "" || d.skip('Z') {
		return 0
	}
	sign := time.Duration(1)
	if d.skip('-') {
		sign = -1
	} else if !d.skip('+') && !d.skip(' ') {
		d.ok = false
	}
	hours := d.number(2)
	d.ok = d.ok && d.skip(':')
	minutes := d.number(2)
	d.ok = d.ok && hours <= 14 && minutes < 60
	return sign * (time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
