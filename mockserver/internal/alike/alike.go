// Package alike finds the word that was meant where another was typed.
package alike

import "strings"

// Nearest returns the word of a list that was probably meant, or "" where none
// is alike.
func Nearest(word string, known []string) string {
	const longest = 64
	best, least := "", 1+max(1, min(len(word), longest)/3)
	for _, k := range known {
		if len(word) > longest {
			break
		}
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if contains := len(word) > 3 && len(k) > 3 && (strings.Contains(k, word) || strings.Contains(word, k)); contains {
			d = min(d, 1)
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, to remove, to replace, or to swap with
// their neighbour, that make b of a.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
