//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// median returns the middle of a list, or the mean of the two in the middle.
func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// ratios divides round by round.
func ratios(ours, theirs []float64) []float64 {
	list := make([]float64, min(len(ours), len(theirs)))
	for i := range list {
		list[i] = ours[i] / theirs[i]
	}
	return list
}

// each picks one number of every sample.
func each[T any](samples []T, pick func(T) float64) []float64 {
	list := make([]float64, len(samples))
	for i, s := range samples {
		list[i] = pick(s)
	}
	return list
}

// grouped writes a whole number with commas: 12,345.
func grouped(f float64) string {
	digits := strconv.FormatInt(int64(f+0.5), 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// short writes a number with about three digits.
func short(f float64) string {
	switch {
	case f >= 1000:
		return grouped(f)
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// result is a row of the table.
type result struct {
	row
	value   float64
	figures string // what the ratio is made of
}

// subject is what was measured, where no row above says it.
func (r result) subject() string {
	switch r.what {
	case same:
		return "frames a second"
	case sameSingle:
		return "frames/s, one event at a time"
	}
	return r.what
}

// missed reports whether a row falls short. Two digits are what a run can tell, and
// what is compared.
func (r result) missed() bool {
	value, _ := strconv.ParseFloat(fmt.Sprintf("%.2f", r.value), 64)
	if r.atMost {
		return value > r.reach
	}
	return value < r.reach
}

// due says what is to be reached, and measured what was.
func (r result) due() string {
	if r.atMost {
		return "at most " + r.amount(r.reach, 'g')
	}
	return "at least " + r.amount(r.reach, 'g')
}

func (r result) measured() string {
	text := r.amount(r.value, 'f')
	if r.missed() {
		text += " ✗"
	}
	return text
}

func (r result) amount(f float64, format byte) string {
	if r.unit == "ms" {
		return fmt.Sprintf("%.0f ms", f)
	}
	if format == 'g' {
		return strconv.FormatFloat(f, 'g', -1, 64) + " ×"
	}
	return fmt.Sprintf("%.2f ×", f)
}

// share is how much of what is to be reached was: 1 is just enough, more is better.
func (r result) share() float64 {
	if r.value == 0 || r.reach == 0 {
		return 0
	}
	if r.atMost {
		return r.reach / r.value
	}
	return r.value / r.reach
}
