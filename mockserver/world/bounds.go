package world

import (
	"math"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
)

// numbers reads the bounds eventsSinceNumber and eventsUntilNumber, inclusive.
func numbers(since, until string) (first, last int64, err error) {
	if first, err = number("eventsSinceNumber", since, 0); err != nil {
		return 0, 0, err
	}
	if last, err = number("eventsUntilNumber", until, math.MaxInt64); err != nil {
		return 0, 0, err
	}
	if first > last {
		return 0, 0, fault.At(fault.InvalidQuery, parameter("eventsUntilNumber"), "the range ends at "+until+", before it begins at "+since)
	}
	return first, last, nil
}

// number reads a whole number of decimal digits; otherwise stands for none.
func number(name, text string, otherwise int64) (int64, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || text[0] == '+' || text[0] == '-' {
		return 0, fault.At(fault.InvalidQuery, parameter(name), fault.Quote(text)+" is no event number: decimal digits are due, 0 to 9223372036854775807")
	}
	return n, nil
}

// instants reads the bounds eventsSinceInstant and eventsUntilInstant; the zero
// time stands for none.
func (w *World) instants(since, until string) (first, last time.Time, err error) {
	if first, err = w.instantBound("eventsSinceInstant", since); err != nil {
		return first, last, err
	}
	if last, err = w.instantBound("eventsUntilInstant", until); err != nil {
		return first, last, err
	}
	if !last.IsZero() && last.Before(first) {
		return first, last, fault.At(fault.InvalidQuery, parameter("eventsUntilInstant"), "the range ends at "+until+", before it begins at "+since)
	}
	return first, last, nil
}

func (w *World) instantBound(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if p := fhir.CheckText(w.cfg.Release, "instant", text); p.Code != "" {
		return time.Time{}, fault.At(fault.InvalidQuery, parameter(name), p.Text)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil { // a leap second, which Go does not know
		return time.Time{}, fault.At(fault.InvalidQuery, parameter(name), fault.Quote(text)+" is no instant that this server can compare")
	}
	return t, nil
}
