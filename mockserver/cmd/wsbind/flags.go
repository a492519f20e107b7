package main

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/wsbind/wsbind/core/fhir"
)

// What a flag or a member of a request may say. Both are read here, so that
// both mean the same.

func parseRelease(word string) (fhir.Release, error) {
	if r, ok := fhir.ParseRelease(word); ok {
		return r, nil
	}
	return 0, fmt.Errorf("%q is no FHIR release known here: R4, R4B or R5", word)
}

// parseAnyRelease also reads "", which stands for any release.
func parseAnyRelease(word string) (fhir.Release, error) {
	if word == "" {
		return 0, nil
	}
	return parseRelease(word)
}

// parseInstant reads a time: seconds since 1970, or RFC 3339.
func parseInstant(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	seconds, nanoseconds, err := parseSeconds(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time: seconds since 1970, or such as 2026-03-01T12:00:00Z", text)
	}
	return time.Unix(seconds, nanoseconds).UTC(), nil
}

// maxTolerance is more than any clock is wrong, and fits a time.Duration.
const maxTolerance = 100 * 365 * 24 * time.Hour

// parseTolerance reads a duration: seconds, or such as 30s.
func parseTolerance(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		var seconds, nanoseconds int64
		seconds, nanoseconds, err = parseSeconds(text)
		if seconds > int64(maxTolerance/time.Second) {
			err = errSeconds
		}
		d = time.Duration(seconds)*time.Second + time.Duration(nanoseconds)
	}
	if err != nil || d < 0 || d > maxTolerance {
		return 0, fmt.Errorf("%q is no tolerance: seconds from 0 on, or such as 30s or 1m", text)
	}
	return d, nil
}

// maxSeconds is the last second of the year 9999.
const maxSeconds = 253402300799

var errSeconds = errors.New("not a number of seconds from 1970 to 9999")

// parseSeconds reads a number as JSON writes it, exact to the nanosecond.
func parseSeconds(text string) (seconds, nanoseconds int64, err error) {
	const longest = 64 // of a text worth reading; it bounds the exponent too
	near, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > longest || !(near >= 0 && near < maxSeconds+1) {
		return 0, 0, errSeconds
	}
	if near < 1e-9 {
		return 0, 0, nil
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, 0, errSeconds
	}
	exact.Mul(exact, big.NewRat(int64(time.Second), 1))
	total := new(big.Int).Quo(exact.Num(), exact.Denom())
	whole, rest := total.QuoRem(total, big.NewInt(int64(time.Second)), new(big.Int))
	return whole.Int64(), rest.Int64(), nil
}
