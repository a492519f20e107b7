package token

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// badIDs says what is wrong with the ids of a token, or "".
func badIDs(ids []string) string {
	if len(ids) == 0 {
		return noIDs
	}
	if len(ids) > MaxSubscriptions {
		return tooMany(len(ids))
	}
	for _, id := range ids {
		if !IsID(id) {
			return notAnID(id)
		}
	}
	return ""
}

const noIDs = "is empty, a token never covers none"

func tooMany(n int) string {
	return "has " + strconv.Itoa(n) + " ids, at most " + strconv.Itoa(MaxSubscriptions) + " are accepted"
}

func notAnID(id string) string { return "holds " + fault.Quote(id) + ", which is no FHIR id" }

// maxID is how many characters a FHIR id has at most.
const maxID = 64

// IsID reports whether s is a FHIR id: 1 to 64 of A-Z a-z 0-9 - and dot.
func IsID(s string) bool {
	if len(s) < 1 || len(s) > maxID {
		return false
	}
	for i := range len(s) {
		// Base64url has _ where an id has the dot.
		if c := s[i]; c != '.' && (c == '_' || sextets[c] == notInAlphabet) {
			return false
		}
	}
	return true
}

// Distinct returns ids without repetitions, each where it first stood: a
// Subscription that is named twice is bound once.
func Distinct(ids []string) []string {
	if len(ids) <= fewIDs {
		for i, id := range ids {
			if slices.Contains(ids[:i], id) {
				return distinct(ids)
			}
		}
		return slices.Clone(ids)
	}
	return distinct(ids)
}

// fewIDs is the number of ids up to which comparing each with each is quicker
// than sorting.
const fewIDs = 8

func distinct(ids []string) []string {
	order := make([]uint32, len(ids))
	for i := range order {
		order[i] = uint32(i)
	}
	jsonscan.Order(order, func(a, b uint32) int { return strings.Compare(ids[a], ids[b]) })
	repeated := make([]bool, len(ids))
	for i := 1; i < len(order); i++ {
		repeated[order[i]] = ids[order[i]] == ids[order[i-1]]
	}
	distinct := make([]string, 0, len(ids))
	for i, id := range ids {
		if !repeated[i] {
			distinct = append(distinct, id)
		}
	}
	return distinct
}
